"""Which mark is a file's decimal mark: what its numbers prove, and what they leave open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.tables.read.numerals import SPACES

_SIGN = "[+\\-\u2212(]?"
_MONEY = r"(?:[A-Za-z$€£¥₹]{1,4}\.?)?"
_BLANK = f"[{SPACES}\t]*"
#: A number with at most a sign, a currency, brackets, a mark or a short unit around it.
_AROUND = re.compile(
    rf"{_BLANK}{_SIGN}{_BLANK}{_MONEY}{_BLANK}{_SIGN}"
    rf"(?P<core>\d[\d.,'’{SPACES}]*\d|[.,]?\d+)(?P<power>[eE][+\-]?\d+)?"
    rf"(?:[.,]?[\-−–—]{{1,2}})?{_BLANK}\)?{_BLANK}[^\d\s.,;:/\-]{{0,12}}{_BLANK}"
)
_GROUPED = re.compile(rf"\d{{1,3}}(?:[{SPACES}'’]\d{{3}})+")
_THREES = {mark: re.compile(rf"\d{{1,3}}(?:[{mark}]\d{{3}})+") for mark in ".,"}
_INDIAN = re.compile(r"\d{1,2}(?:,\d{2})+,\d{3}")
_OTHER = {".": ",", ",": "."}
#: Characters of the longest cell that is looked at: the pattern is slow on long runs of blanks.
_LONGEST = 40


@dataclass(frozen=True)
class Evidence:
    """What the numbers of one column say about the marks in them.

    Attributes
    ----------
    points, commas : int
        Cells that prove the point, or the comma, to be the decimal mark.
    open_points, open_commas : int
        Cells such as 1.234 or 1,234, which are a thousand or one and a part.
    small : int
        Whole numbers of at most three digits.
    large : int
        Whole numbers of four digits or more without any mark.
    others : int
        Cells that are no numbers.
    """

    points: int = 0
    commas: int = 0
    open_points: int = 0
    open_commas: int = 0
    small: int = 0
    large: int = 0
    others: int = 0

    @property
    def numbers(self) -> int:
        """Cells that hold numbers."""
        marked = self.points + self.commas + self.open_points + self.open_commas
        return marked + self.small + self.large

    @property
    def is_numeric(self) -> bool:
        """Whether most cells hold numbers."""
        return self.numbers > 0 and self.numbers >= self.others

    @property
    def mark(self) -> str:
        """The decimal mark that the column proves; '' where it proves none, or both."""
        if bool(self.points) == bool(self.commas):
            return ""
        return "." if self.points else ","

    @property
    def contradicts_itself(self) -> bool:
        """Whether some cells prove the point and others the comma."""
        return bool(self.points and self.commas)

    @property
    def open_mark(self) -> str:
        """The mark whose meaning the column leaves open; '' where there is none."""
        if (
            self.points
            or self.commas
            or self.large
            or bool(self.open_points) == bool(self.open_commas)
        ):
            return ""
        return "." if self.open_points else ","

    @property
    def is_mixed(self) -> bool:
        """Whether small whole numbers stand beside 1.234, as thousands with a mark look."""
        return bool(self.open_mark) and self.small > 0


def weigh(cells: Iterable[str]) -> Evidence:
    """Return what the cells of a column say about the marks in its numbers."""
    count = dict.fromkeys(
        ("points", "commas", "open_points", "open_commas", "small", "large", "others"), 0
    )
    for cell in cells:
        count[_kind(cell)] += 1
    return Evidence(**count)


def _kind(cell: str) -> str:
    if cell.isdecimal():
        return "small" if len(cell) <= 3 else "large"
    match = _AROUND.fullmatch(cell) if len(cell) <= _LONGEST else None
    if match is None:
        return "others"
    core = match["core"]
    grouped = _GROUPED.match(core)
    if grouped is not None:
        rest = core[grouped.end() :]
        if not rest:
            return "small"  # spaces and apostrophes leave nothing open
        is_decimal = rest[0] in ".," and rest[1:].isdigit()
        return ("points" if rest[0] == "." else "commas") if is_decimal else "others"
    if not all(char in "0123456789.," for char in core):
        return "others"
    kind = _kind_of_marks(core)
    if match["power"]:  # nobody writes thousands with a mark and a power of ten
        return kind.removeprefix("open_") if kind != "small" else "large"
    return kind


def _kind_of_marks(core: str) -> str:
    """Judge digits with points and commas among them."""
    marks = [char for char in core if char in ".,"]
    if not marks:
        return "small" if len(core) <= 3 else "large"
    last = marks[-1]
    if marks.count(last) == 1:
        whole, part = core.rsplit(last, 1)
        if len(marks) == 1:
            is_open = _THREES[last].fullmatch(core) is not None and whole[0] != "0"
            return _named("open_", last) if is_open else _named("", last)
        inner = _OTHER[last]
        if set(marks[:-1]) == {inner} and part and _is_grouped(whole, inner):
            return _named("", last)
    elif set(marks) == {last} and _is_grouped(core, last):
        return _named("", _OTHER[last])
    return "others"


def _is_grouped(digits: str, mark: str) -> bool:
    three = _THREES[mark].fullmatch(digits) is not None and digits[0] != "0"
    return three or (mark == "," and _INDIAN.fullmatch(digits) is not None)


def _named(prefix: str, mark: str) -> str:
    return prefix + ("points" if mark == "." else "commas")


def decide(columns: Sequence[Evidence], *, delimiter: str) -> str:
    """Return the decimal mark of a file: that which most columns prove; '' where none proves one.

    Parameters
    ----------
    columns : sequence of Evidence
    delimiter : str
        Where nothing is proved, semicolons between the cells speak for commas in numbers, and
        commas between them for none.
    """
    votes = [column.mark for column in columns if column.is_numeric]
    points, commas = votes.count("."), votes.count(",")
    if points != commas:
        return "." if points > commas else ","
    if points:
        cells = sum(column.points - column.commas for column in columns if column.is_numeric)
        return "." if cells >= 0 else ","
    open_marks = {column.open_mark for column in columns if column.is_numeric} - {""}
    return "," if delimiter == ";" and open_marks == {","} else ""
