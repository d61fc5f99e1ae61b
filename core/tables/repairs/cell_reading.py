"""Reads cells of text that stand for numbers, and says what keeps them from being sure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.tables.read.numerals import (
    SPACES,
    UNITS,
    NumberFormat,
    any_match,
    matches,
    matches_pattern,
    parse,
)
from core.tables.repairs.mark_evidence import Evidence, weigh
from core.tables.repairs.sheet import LIKE_NUMBER
from core.tables.roles.lexicon import words_in
from core.types import BoolArray, FloatArray, IntArray

CellKind: TypeAlias = Literal["number", "beside", "missing", "below", "above", "unknown"]
#: Why a column of numbers cannot be read without asking.
Question: TypeAlias = Literal[
    "", "open_mark", "contradiction", "unknown", "below", "above", "percent", "currency", "units",
    "negative", "labels", "alone",
]  # fmt: skip

#: Words and signs for 'not known' among numbers. A dash or 'nil' may be zero, 'nd' a small value:
#: of these only the dash is so common for 'not known' that it counts.
NOT_KNOWN = words_in(
    """
    - -- --- – — . .. ... : ? ?? n.a. n.a na n/a #n/a nan null missing (missing) <missing> nr n.r.
    n/r n.r k.a. k.a ka k/a s.d. s/d b/d n/v nv n.v. n/k tbd tba unknown unk unbekannt fehlt
    fehlend inconnu desconocido sconosciuto onbekend nieznane неизвестно 不明 未知 refused void
    blank empty
    """
) | {
    "not available", "no data", "not reported", "not recorded", "not measured", "not known",
    "not given", "not applicable", "no answer", "don't know", "dont know", "keine angabe",
    "keine daten", "sin dato", "sin datos", "no value", "no response", "not determined",
}  # fmt: skip
_CENSORED = re.compile(
    rf"[{SPACES}]*(?:(?P<below><=?|≤|⩽|below|under|less than|unter|kleiner|moins de|menos de)"
    r"|(?P<above>>=?|≥|⩾|above|over|more than|über|mehr als|plus de|más de))"
    rf"[{SPACES}]*(?P<number>[\d.,'{SPACES}]*\d)[{SPACES}]*\S{{0,12}}[{SPACES}]*|"
    rf"[{SPACES}]*(?P<atleast>[\d.,'{SPACES}]*\d)[{SPACES}]*\+[{SPACES}]*",
    re.IGNORECASE,
)
_SUFFIX = re.compile(rf"\d[{SPACES}]*([^\s\d.,{SPACES}][^\d]{{0,14}}?[²³23]?)[{SPACES}]*$")
_ORDINALS = frozenset(["st", "nd", "rd", "th", "er", "eme", "ème", "º", "ª", ".", "x"])
_MONEY_SIGN = re.compile(r"US\$|[A-Z]{1,2}\$|[$€£¥₹₽₺₩₪฿₫₴]|[A-Za-złčруб]{2,4}\.?|[円元원]")
#: Digits that are those of a code: a zero before others, or more than a float can hold.
_CODE = rf"^[\s{SPACES}]*[+\-]?(?:0\d|\d{{17}})"
_WHOLE = rf"^[\s{SPACES}]*[+\-−]?\d+[\s{SPACES}]*$"
_NUMBER_SHARE = 0.7
_FEW_NUMBERS, _FEW_ODD = 12, 0.05
_MOST_DISTINCT = 5_000
_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True, eq=False)
class CellReading:
    """How a column of text reads as numbers.

    Attributes
    ----------
    form : NumberFormat
        How the numbers are written.
    unit : str
        What stands beside each number: a unit, a currency, a percent sign.
    texts : pyarrow.Array
        The different cells.
    counts : IntArray
        How often each occurs.
    values : FloatArray
        The number each stands for, NaN where for none.
    kinds : tuple of CellKind
        A number as such or with something beside it; a word for 'missing'; below or above a
        limit; or unknown.
    question : Question
        Why the column cannot be read beyond doubt; '' where it can.
    """

    form: NumberFormat
    unit: str
    texts: pa.Array
    counts: IntArray
    values: FloatArray
    kinds: tuple[CellKind, ...]
    question: Question

    def cells(self, *kinds: CellKind) -> list[str]:
        """Return the different cells of some kinds."""
        levels = self.texts.to_pylist()
        return [text for text, kind in zip(levels, self.kinds, strict=True) if kind in kinds]

    def count(self, *kinds: CellKind) -> int:
        """Return how many cells are of some kinds."""
        chosen = np.array([kind in kinds for kind in self.kinds], dtype=np.bool_)
        return int(self.counts[chosen].sum())

    @property
    def is_plain(self) -> bool:
        """Whether every cell is a number written with nothing but digits and a point."""
        return self.form == NumberFormat() and set(self.kinds) <= {"number"} and not self.unit


def read_cells(
    column: pa.ChunkedArray, mark: str = "", *, delimiter: str = ""
) -> CellReading | None:
    """Return how a column of text reads as numbers, or None where it holds anything else.

    Parameters
    ----------
    column : pyarrow.ChunkedArray
        Text; missing cells are passed over.
    mark : {".", ",", ""}
        The file's decimal mark, as far as its columns prove one.
    delimiter : str
        Of the file: commas between cells leave no doubt about '1,234'.
    """
    counted = pc.value_counts(column.drop_null())
    texts, counts = counted.field(0), np.asarray(counted.field(1)).astype(np.intp)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    total = int(counts.sum())
    if not total or not _begins_like_numbers(texts, counts, total):
        return None
    evidence = weigh(text.strip() for text in texts.slice(0, _MOST_DISTINCT).to_pylist())
    decimal, question = _decimal(evidence, mark, delimiter)
    form, found = _plain_form(texts, counts, decimal)
    form, found, unit, doubt = _with_unit(texts, counts, form, found)
    if any_match(texts.filter(pa.array(found)), _CODE):
        return None
    marked = replace(form, marked=True)
    beside = matches(texts, marked) & ~found if not found.all() else ~found
    values = parse(texts, marked if beside.any() else form)
    kinds = _kinds(texts, found, beside)
    reading = CellReading(
        marked if beside.any() else form, unit, texts, counts, values, kinds, question or doubt
    )
    numbers = reading.count("number", "beside", "below", "above")
    known = total - reading.count("missing")
    if not known or numbers < _NUMBER_SHARE * known:
        return None
    return replace(reading, question=reading.question or _doubt(reading, found, total))


def _begins_like_numbers(texts: pa.Array, counts: IntArray, total: int) -> bool:
    """Whether half of the cells look like numbers, judged by the first different ones."""
    head = min(len(texts), _MOST_DISTINCT)
    like = matches_pattern(texts.slice(0, head), LIKE_NUMBER)
    weight = counts[:head]
    return bool(weight[like].sum() >= 0.5 * weight.sum()) and total > 0


def _decimal(evidence: Evidence, mark: str, delimiter: str) -> tuple[str, Question]:
    """Return the decimal mark of a column, and the question where it is left open."""
    if evidence.contradicts_itself:
        return ".,", "contradiction"
    if evidence.mark:
        return evidence.mark, ""
    open_mark = evidence.open_mark
    if not open_mark:
        if evidence.open_points and evidence.open_commas:
            return mark or ".", "contradiction"
        return mark or ".", ""
    if mark:
        return mark, ""
    if open_mark == "," and delimiter == ",":
        return ".", ""
    return _OTHER[open_mark], "open_mark"


def _plain_form(texts: pa.Array, counts: IntArray, decimal: str) -> tuple[NumberFormat, BoolArray]:
    """Return the format of most cells: which mark stands between thousands, if any."""
    best, best_found, most = NumberFormat(decimal=decimal), np.zeros(len(texts), np.bool_), -1
    marks = ("", " ", "'") if decimal == ".," else ("", _OTHER[decimal], " ", "'")
    for thousands in marks:
        for money in (False, True):
            form = NumberFormat(decimal, thousands, percent=money, currency=money)
            found = matches(texts, form)
            weight = int(counts[found].sum())
            if weight > most:
                best, best_found, most = form, found, weight
    return best, best_found


def _with_unit(
    texts: pa.Array, counts: IntArray, form: NumberFormat, found: BoolArray
) -> tuple[NumberFormat, BoolArray, str, Question]:
    """Return the format with the unit that stands beside the numbers, and what is unclear."""
    if form.percent or form.currency:
        return _money(texts, counts, form, found)
    rest = [text for text, is_found in zip(texts.to_pylist(), found, strict=True) if not is_found]
    ends = [match[1].strip() for text in rest if (match := _SUFFIX.search(text[-40:]))]
    spelled = Counter(_singular(end) for end in ends)
    if not spelled:
        return form, found, "", ""
    unit = spelled.most_common(1)[0][0]
    spellings = sorted({end for end in ends if _singular(end) == unit}, key=len, reverse=True)
    if not _may_be_unit(spellings, rest):
        return form, found, "", ""
    both = replace(form, unit="|".join(spellings[:4]))
    now = found | matches(texts, both)
    measured = int(counts[now & ~found].sum())
    if measured < 0.5 * counts.sum():
        return form, found, "", ""
    others = {_singular(end) for end in ends} - {unit}
    is_mixed = any(
        other in UNITS or _singular(other) in UNITS or (other.isalpha() and len(other) < 3)
        for other in others
    )
    shown = max(spellings, key=lambda spelling: sum(end == spelling for end in ends))
    return both, now, shown, "units" if is_mixed else ""


def _singular(unit: str) -> str:
    bare = unit.strip()
    long = len(bare) > 3 and bare.isalpha() and bare.islower()
    return bare[:-1] if long and bare.endswith("s") and not bare.endswith("ss") else bare


def _may_be_unit(spellings: Sequence[str], rest: Sequence[str]) -> bool:
    """Whether what follows numbers is a unit: a known one, or a word apart from the number."""
    if any(spelling in UNITS for spelling in spellings):
        return True
    word = spellings[0]
    if word.casefold().strip(".") in _ORDINALS or len(word) < 2 or not word[0].isalpha():
        return word[:1] in "°%‰µμ"
    apart = sum(text.rstrip().endswith(" " + word) for text in rest if word in text)
    return apart > 0 and len(word.split()) <= 3


def _money(
    texts: pa.Array, counts: IntArray, form: NumberFormat, found: BoolArray
) -> tuple[NumberFormat, BoolArray, str, Question]:
    """Return the currency or the percent sign of most numbers; a question where they differ."""
    signs: Counter[str] = Counter()
    for text, count, is_found in zip(texts.to_pylist(), counts, found, strict=True):
        if is_found:
            sign = "%" if "%" in text else next(iter(_MONEY_SIGN.findall(text)), "")
            signs[sign] += int(count)
    without = signs.pop("", 0)
    if not signs:
        return replace(form, percent=False, currency=False), found, "", ""
    if len(signs) > 1:
        return form, found, "", "currency"
    unit = next(iter(signs))
    doubt: Question = "percent" if unit == "%" and without else ""
    return form, found, unit, doubt


def _kinds(texts: pa.Array, found: BoolArray, beside: BoolArray) -> tuple[CellKind, ...]:
    kinds: list[CellKind] = ["number"] * len(found)
    odd = np.flatnonzero(~found)
    levels = texts.take(pa.array(odd)).to_pylist() if len(odd) else []
    for place, text in zip(odd, levels, strict=True):
        kinds[place] = "beside" if beside[place] else _odd_kind(text)
    return tuple(kinds)


def _odd_kind(text: str) -> CellKind:
    bare = " ".join(text.casefold().split())
    if bare in NOT_KNOWN or not bare:
        return "missing"
    match = _CENSORED.fullmatch(text) if len(text) < 60 else None
    if match is None:
        return "unknown"
    return "below" if match["below"] else "above"


def limit_of(text: str, form: NumberFormat) -> float:
    """Return the limit that '<0.5' or '>100' names; NaN where it names none."""
    match = _CENSORED.fullmatch(text) if len(text) < 60 else None
    if match is None:
        return float("nan")
    number = match["number"] or match["atleast"]
    return float(parse(pa.array([number.strip()]), replace(form, unit="", marked=False))[0])


def _doubt(reading: CellReading, found: BoolArray, total: int) -> Question:
    """Return what keeps a column from being read as numbers beyond doubt."""
    kinds = set(reading.kinds)
    odd = total - reading.count("number", "beside")
    is_whole = not any_match(reading.texts.filter(pa.array(found)), r"\d[.,]\d")
    few = int(found.sum()) <= _FEW_NUMBERS and is_whole
    if few and odd > max(1, _FEW_ODD * total):
        return "labels"
    if "unknown" in kinds:
        return "unknown"
    if "below" in kinds:
        return "below"
    if "above" in kinds and reading.count("above") > max(1, 0.01 * total):
        return "above"
    if "beside" in kinds and _are_brackets_unclear(reading):
        return "negative"
    return _doubt_of_unit(reading, found, total)


def _are_brackets_unclear(reading: CellReading) -> bool:
    """Whether numbers in brackets may be anything but negative ones."""
    inside = [text for text in reading.cells("beside") if "(" in text and text.strip()[-1] == ")"]
    inside = [text for text in inside if re.search(r"\(\D*\d", text)]
    if not inside:
        return False
    has_minus = any_match(reading.texts, rf"^[\s{SPACES}]*[\-−]\s?\d")
    return has_minus or len(inside) > 0.8 * len(reading.texts)


def _doubt_of_unit(reading: CellReading, found: BoolArray, total: int) -> Question:
    """Whether few whole numbers with a unit may be labels, such as '5 mg' and '10 mg'."""
    if not reading.unit:
        return ""
    numbers = np.unique(reading.values[np.isfinite(reading.values)])
    many = len(numbers) > _FEW_NUMBERS or len(numbers) >= 0.5 * total
    return "" if many or (numbers != np.round(numbers)).any() else "alone"
