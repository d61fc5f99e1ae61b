"""Checks of cells: numbers written as text, marks for 'missing', spellings of one level."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from core.formats import count, shorten
from core.tables.columns import label_of
from core.tables.doctor.check_numbers import check_open_numbers
from core.tables.doctor.finding import Finding, quoted
from core.tables.doctor.fixes import MarkMissing, MergeLevels, ParseNumbers
from core.tables.doctor.scaled_numbers import check_scaled
from core.tables.read.numerals import CANDIDATES, NumberFormat, matches, with_units
from core.tables.roles.column_profile import ColumnProfile
from core.types import BoolArray, FloatArray, IntArray

#: Texts that stand for 'missing' though the reader keeps them as typed.
MARKS = frozenset(
    ["-", "--", "---", "\u2013", "\u2014", ".", "..", "...", "?", "??", "n.a.", "n.a", "na", "n/a",
     "#n/a", "nan", "null", "missing", "(missing)", "<missing>", "not available", "no data", "nil",
     "unknown value", "not reported", "<na>", "none", "k.a.", "nd", "n.d.", "tbd", "*", "x", "#",
     "n/a.", "n.a", "don't know", "dont know", "dk", "refused", "no answer", "not known", "n/k",
     "-9", "-99", "-999", "-9999", "999", "9999"]
)  # fmt: skip
#: Of these, the ones that in a column of categories may as well be a level.
_MAYBE_LEVELS = frozenset(["none", "*", "x", "#", "nd", "nil", "na"])
_SENTINELS = frozenset(
    [-7, -8, -9, -99, -999, -9999, -99999, -88, -888, -77, -777, 99, 999, 9999, 99999, 888, 8888]
)  # fmt: skip
#: Runs of nines: even one, far from all others, hardly is a value.
_LONE = frozenset([-99, -999, -9999, -99999, 999, 9999, 99999])
_WHOLE = re.compile(r"\s*[+-]?\d+\s*")
_WHOLE_WITH_UNIT = re.compile(r"\s*[+-]?\d+\s*(?:[^\W\d_]+\.?\s*)?")
_MOST_LABELS = 12
#: Different numbers, and the share of other cells, where these are slips among numbers.
_LEAST_DOSES, _SLIPS = 3, 0.03
_LEADING_ZERO = re.compile(r"\s*0\d")
_NUMBER_SHARE = 0.7
#: Marks over and under Latin, Greek and Cyrillic letters; signs without width.
_ACCENTS = re.compile("[\u0300-\u036f]")
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LATIN = re.compile("[a-z]")
_BETWEEN_WORDS = re.compile(r"_+|(?<=[^\W\d_])-(?=[^\W\d_])")
_SIGNS = str.maketrans("\u2018\u2019\u02bc\u201c\u201d\u2010\u2011\u2012\u2013", "'''\"\"----")
#: Cyrillic letters that look like Latin ones, for words that mix both.
_LOOKALIKES = str.maketrans("\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456", "aeopcyxi")
_MOST_LEVELS = 20_000
_MANY_NAMES = 30
_MAYBE_SHARE = 0.4
_MOST_SENTINELS = 4
_LEAST_OTHERS = 5
_PROBE = 2_000


def _are_marks(texts: pa.Array) -> BoolArray:
    """Return which texts say 'missing', shape (n,)."""
    bare = pc.utf8_lower(pc.utf8_trim_whitespace(texts))
    found = pc.is_in(bare, value_set=pa.array(sorted(MARKS)))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.bool_)


def check_numeric_text(column: ColumnProfile) -> Finding | None:
    """Find numbers that count as text because of how they are written, or of a few odd cells."""
    if not column.is_text or column.is_date:
        return None
    if (asked := check_open_numbers(column)) is not None:
        return asked
    texts = column.texts
    is_mark = _are_marks(texts)
    form, found = _best_format(texts, column.counts, is_mark)
    if form is None:
        return check_scaled(column)
    levels = texts.to_pylist()
    numbers = [levels[i] for i in np.flatnonzero(found)]
    odd = [levels[i] for i in np.flatnonzero(~found & ~is_mark)]
    n_odd = int(column.counts[~found & ~is_mark].sum())
    is_slip = len(numbers) >= _LEAST_DOSES and n_odd <= max(1, _SLIPS * column.n_present)
    if _are_labels(numbers, odd, bool(is_mark.any()), is_slip=is_slip):
        return None
    if odd and (column.cues.group or column.cues.id):
        return None
    sample = next((text for text in numbers if not _WHOLE.fullmatch(text)), numbers[0])
    message = f"'{shorten(column.name)}' holds numbers as text, such as '{shorten(sample)}'"
    if not found.all():
        n_cells = int(column.counts[~found].sum())
        others = [levels[i] for i in np.flatnonzero(~found)]
        verb = "is none and becomes" if n_cells == 1 else "are none and become"
        message += f"; {count(n_cells, 'cell')} ({quoted(others, 3)}) {verb} missing"
    fix = ParseNumbers(column.name, form)
    return Finding("numeric_text", column.name, message + ".", fix, "problem")


def _best_format(
    texts: pa.Array, weights: IntArray, is_mark: BoolArray
) -> tuple[NumberFormat | None, BoolArray]:
    """Return the first format that reads most cells, and which levels it reads."""
    cells = max(int(weights[~is_mark].sum()), 1)
    best: NumberFormat | None = None
    best_found, best_share = np.zeros(len(texts), dtype=bool), _NUMBER_SHARE
    probe = texts.slice(0, _PROBE)
    for form in (*CANDIDATES, *with_units(probe)):
        if matches(probe, form).mean() < 0.3:
            continue
        found = matches(texts, form)
        share = float(weights[found].sum()) / cells
        if share > best_share + 1e-12 or (best is None and share >= best_share):
            best, best_found, best_share = form, found, share
    if best is not None and best_share < 1.0:  # the rest may bear footnote marks
        marked = replace(best, marked=True)
        found = matches(texts, marked)
        if float(weights[found].sum()) / cells > best_share:
            best, best_found = marked, found
    return best, best_found


def _are_labels(
    numbers: Sequence[str], odd: Sequence[str], marked: bool, *, is_slip: bool = False
) -> bool:
    """Whether texts are labels or codes rather than numbers.

    Whole numbers alone are labels, and so are a few of them beside words; a leading zero is
    that of a code ('01001').
    """
    if any(_LEADING_ZERO.match(text) for text in numbers[:_PROBE]):
        return True
    if odd and len(numbers) <= _MOST_LABELS and all(map(_WHOLE_WITH_UNIT.fullmatch, numbers)):
        # '8 hours' beside '10 or more hours'; '100m' beside 'Mile'; but a single odd cell is a slip
        return not (is_slip and all(map(_WHOLE.fullmatch, numbers)))
    whole = all(map(_WHOLE.fullmatch, numbers)) and all(map(str.isascii, numbers))
    return whole and not (odd or marked)


def check_missing_tokens(column: ColumnProfile) -> Finding | None:
    """Find cells that say 'missing' in words, in marks or by an impossible number."""
    if column.is_numeric:
        return _check_sentinels(column)
    if column.kind in ("empty", "date", "free text") or column.n_levels > _MOST_LEVELS:
        return None
    levels, is_mark = column.texts.to_pylist(), _are_marks(column.texts)
    marks = [i for i, level in enumerate(levels) if is_mark[i] or not level.strip()]
    if _are_mostly_numbers(column.texts.filter(pa.array(~is_mark))):
        # A number such as 999 is judged by the others once they count as numbers.
        marks = [i for i in marks if not levels[i].strip().isdecimal()]
        marks = [i for i in marks if not _may_be_level(column, i, levels[i], most=_MAYBE_SHARE)]
    else:
        marks = [i for i in marks if not _may_be_level(column, i, levels[i], most=0.0)]
        marks = [i for i in marks if not _is_level_like(column, i, levels)]
        if not any(char.isalnum() for level in levels for char in level):
            return None  # symbols, such as '+' and '-'
    if not marks or len(marks) == len(levels):
        return None
    named = [levels[i].strip() for i in marks]
    n_cells = int(column.counts[marks].sum())
    shown = "A blank" if named == [""] else quoted([name or "blank" for name in named], 4)
    message = (
        f"{shown} in '{shorten(column.name)}' ({count(n_cells, 'cell')}) probably "
        f"{'means' if len(named) == 1 else 'mean'} 'missing'."
    )
    return Finding("missing_tokens", column.name, message, MarkMissing(column.name, tuple(named)))


def _may_be_level(column: ColumnProfile, code: int, level: str, *, most: float) -> bool:
    """Whether a mark may as well be a level, unless it is no more than a share of the cells."""
    known = level.strip().casefold() in _MAYBE_LEVELS
    return known and column.counts[code] > most * column.n_present


def _is_level_like(column: ColumnProfile, code: int, levels: Sequence[str]) -> bool:
    """Whether a word for 'missing' is a name among names: a title, an abbreviation, an answer."""
    level = levels[code].strip()
    used = column.counts > 0
    if not level.isalpha() and not (level[:1].isalpha() and column.n_distinct > _MANY_NAMES):
        return False
    if column.n_distinct == 2:
        return True
    shape = [len(other) == len(level) and other.isupper() for other in levels]
    if level.isupper() and np.mean(shape) > 0.8:
        return True
    return column.n_distinct > _MANY_NAMES and column.counts[code] < max(
        2.0, float(np.median(column.counts[used]))
    )


def _are_mostly_numbers(texts: pa.Array) -> bool:
    shares = (matches(texts.slice(0, _PROBE), form).mean() for form in CANDIDATES)
    return len(texts) > 0 and any(share >= _NUMBER_SHARE for share in shares)


def _check_sentinels(column: ColumnProfile) -> Finding | None:
    """Find -99, 999 and the like, where they lie far from all other values."""
    values = column.present
    if len(values) < 5 or column.cues.id or column.cues.group:
        return None
    found = _sentinels_of(values)
    if not found:
        return None
    rest = values[~np.isin(values, found)]
    low, high = float(rest.min()), float(rest.max())
    names, others = " and ".join(map(label_of, found)), f"{label_of(low)} to {label_of(high)}"
    lies, means = ("lies", "means") if len(found) == 1 else ("lie", "mean")
    message = (
        f"{names} in '{shorten(column.name)}' ({count(len(values) - len(rest), 'cell')}) {lies} "
        f"apart from all other values ({others}) and probably {means} 'missing'."
    )
    fix = MarkMissing(column.name, tuple(found))
    return Finding("missing_tokens", column.name, message, fix, "problem")


def _sentinels_of(values: FloatArray) -> list[float]:
    """Return the impossible numbers at the ends of a column, from the outermost inwards."""
    rest, found = values, []
    for _ in range(_MOST_SENTINELS):
        ends = [float(rest.min()), float(rest.max())]
        one = next((v for v in ends if v in _SENTINELS and _is_sentinel(v, rest)), None)
        if one is None:
            break
        found.append(one)
        rest = rest[rest != one]
    return found


def _is_sentinel(value: float, values: FloatArray) -> bool:
    """Whether a number is out of the range of the others in a way that chance does not explain."""
    inside = values[values != value]
    if value < 0 and np.isin(values[values < 0], sorted(_SENTINELS)).all():
        inside = values[values >= 0]  # several such numbers do not vouch for each other
    count = int((values == value).sum())
    if len(inside) < _LEAST_OTHERS or count > 0.5 * len(values):
        return False
    low, high = float(inside.min()), float(inside.max())
    gap = low - value if value < low else value - high
    if gap <= 0:
        return False
    if count > 1 and gap > 1.5 * (high - low):
        return True
    if value in _LONE and len(inside) >= 20 and gap > 3.0 * max(high - low, abs(high), abs(low)):
        return True
    if value >= 0 or low < 0:
        return False
    # A negative number in a column that else has none.
    enough = count >= 3 and len(inside) >= 20 and value.is_integer()
    return enough or (gap > 0.05 * (high - low) and (count > 1 or value < -9))


def check_spellings(column: ColumnProfile) -> Finding | None:
    """Find levels that differ only in capitals, spaces or the form of a letter."""
    if column.kind not in ("category", "identifier") or column.is_numeric or column.is_unique:
        return None
    if column.n_levels > _MOST_LEVELS:
        return None
    keys = [_spelled(str(level)) for level in column.levels]
    used = [i for i in range(column.n_levels) if column.counts[i]]
    # Where most levels occur once, 'Westside' and 'West Side' are two places.
    if len({keys[i].replace(" ", "") for i in used}) <= 0.5 * column.n_present:
        keys = [key.replace(" ", "") for key in keys]
    variants: dict[str, list[int]] = defaultdict(list)
    for i in used:
        variants[keys[i]].append(i)
    merges: list[tuple[str, str]] = []
    for members in variants.values():
        merges += _merges(column, members)
    if not merges:
        return None
    first, kept = merges[0]
    shown = (shorten(first), shorten(kept))
    many = len(merges) > 1
    message = (
        f"'{shown[0]}' and '{shown[1]}' in '{shorten(column.name)}' differ only in capitals, "
        "spaces or accents"
        if shown[0] != shown[1]
        else f"'{shown[0]}' in '{shorten(column.name)}' is written in ways that differ only in "
        "blanks or signs that cannot be seen"
    )
    message += f" ({count(len(merges) - 1, 'more such spelling')})" if many else ""
    message += ": they count as different levels."
    return Finding(
        "near_duplicate_levels",
        column.name,
        message,
        MergeLevels(column.name, tuple(merges)),
        "problem",
    )


def _spelled(level: str) -> str:
    """Return a level without what only its writing adds: capitals, accents, kinds of blanks."""
    folded = unicodedata.normalize("NFKD", level.translate(_SIGNS)).casefold()
    folded = _ACCENTS.sub("", folded)
    if _LATIN.search(folded):
        folded = folded.translate(_LOOKALIKES)
    folded = _BETWEEN_WORDS.sub(" ", _UNSEEN.sub("", folded))
    return " ".join(folded.split())


def _merges(column: ColumnProfile, members: Sequence[int]) -> list[tuple[str, str]]:
    """Return (variant, spelling to keep): the most frequent one, without blanks at its ends."""
    if len(members) < 2:
        return []
    counts = column.counts[list(members)]
    levels = [str(column.levels[i]) for i in members]
    single = all(len(level.strip()) <= 2 for level in levels)
    if (
        single
        and len({level.strip() for level in levels}) > 1
        and counts.min() > 0.5 * counts.max()
    ):
        return []  # 'a' and 'A' in like numbers are symbols
    kept = levels[int(np.argmax(counts))]
    bare = " ".join(_UNSEEN.sub("", kept).split())
    return [(level, bare) for level in levels if level != bare]
