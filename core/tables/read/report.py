"""What a reader was asked to do (``ReadOptions``) and what it found (``ReadReport``)."""

from __future__ import annotations

import codecs
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import pandas as pd

from core.exceptions import DataError
from core.formats import shorten
from core.tables.repairs.repair import Repair

REPORT_KEY = "read_report"

# Tokens that mean 'missing' wherever they stand. 'None', '-' and '.' are left to the doctor:
# they are levels as often as gaps.
MISSING_TOKENS: tuple[str, ...] = (
    "",
    "NA",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "NaN",
    "nan",
    "NaT",
    "NULL",
    "null",
    "#NULL!",
    "#DIV/0!",
    "#VALUE!",
    "#REF!",
    "#NUM!",
    "#NAME?",
)


@dataclass(frozen=True)
class ReadOptions:
    """Corrections by the user of what the reader would find out by itself (None = find out).

    Parameters
    ----------
    encoding : str, optional
        Name of a text encoding, such as ``"cp1252"``.
    delimiter : str, optional
        One character between the cells; ``""`` for a file of one column.
    quote : str, optional
        Quotation mark around cells; ``""`` for none.
    decimal : {".", ","}, optional
    thousands : str, optional
        Mark between thousands, such as ``"."``; numbers written with it are read as numbers.
    comment : str, optional
        Lines that start with this are skipped; ``""`` for none.
    header_row : int, optional
        Line of the file (or row of the sheet), from 1, that holds the column names; 0 when
        there is none.
    missing_tokens : tuple of str, optional
        Cells that mean 'missing', in place of ``MISSING_TOKENS``.
    text_columns : tuple of str
        Columns to keep as text though their cells look like numbers.
    sheet : str, optional
        Sheet of a workbook.
    member : str, optional
        File inside an archive, or data frame inside an R file.
    repair : bool
        Whether what is wrong beyond doubt is put right (see ``ReadReport.repairs``).
    as_typed : tuple of str
        Keys of repairs not to be made, as ``Repair.key`` names them.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    comment: str | None = None
    header_row: int | None = None
    missing_tokens: tuple[str, ...] | None = None
    text_columns: tuple[str, ...] = ()
    sheet: str | None = None
    member: str | None = None
    repair: bool = True
    as_typed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("missing_tokens", "text_columns", "as_typed"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, (value,) if isinstance(value, str) else tuple(value))
        for name in ("delimiter", "quote", "comment", "thousands"):
            value = getattr(self, name)
            if value is not None and (len(value) > 1 or value in ("\n", "\r", "\0")):
                raise DataError(f"The {name} must be one character, not {value!r}.")
        if self.delimiter and self.delimiter == self.quote:
            raise DataError("The delimiter and the quotation mark must differ.")
        if self.decimal not in (None, ".", ","):
            raise DataError(f"The decimal mark must be '.' or ',', not {self.decimal!r}.")
        if self.encoding is not None:
            _check_encoding(self.encoding)

    def allows(self, code: str, column: str | None = None) -> bool:
        """Whether a repair is wanted."""
        key = code if column is None else f"{code}:{column}"
        return self.repair and key not in self.as_typed


def without_repair(options: ReadOptions, repair: Repair) -> ReadOptions:
    """Return how to read a file again without one of its repairs.

    Parameters
    ----------
    options : ReadOptions
        How the file was read.
    repair : Repair
        One of ``read_report(table).repairs``.
    """
    kept = tuple(dict.fromkeys((*options.as_typed, repair.key)))
    return replace(options, as_typed=kept)


def _check_encoding(name: str) -> None:
    """Refuse names of codecs that are unknown or do not decode bytes to text."""
    try:
        is_text = getattr(codecs.lookup(name), "_is_text_encoding", True)
    except (LookupError, ValueError):
        is_text = False
    if not is_text:
        raise DataError(f"There is no text encoding called {name!r}; try 'utf-8' or 'cp1252'.")


@dataclass(frozen=True)
class ReadReport:
    """How a table was read: what was found out, changed or left out.

    Attributes
    ----------
    name, format : str
        The file, and what it turned out to be (``"csv"``, ``"xlsx"``, ...).
    encoding, delimiter, quote, decimal, thousands, comment : str
        Empty where they do not apply.
    encoding_is_guess : bool
        Whether the encoding was judged by the letters alone; ``ReadOptions.encoding`` corrects it.
    header_row : int
        Line (or sheet row) of the column names, from 1; 0 for none.
    skipped_lines : int
        Lines before the header that are no part of the table, comments included.
    sheet, member : str
        What was opened inside a workbook or archive; ``sheets`` and ``members`` list the choice.
    n_rows, n_columns : int
    renamed : tuple of (str, str)
        Column names as typed, and what they became.
    notes : tuple of str
        Sentences for the reader about everything else that was changed.
    above : tuple of tuple of str
        Cells of the lines above the column names.
    gaps : tuple of int
        Columns before which the file has a blank one.
    has_blank_lines : bool
        Whether lines hold nothing but delimiters.
    description : tuple of str
        Titles above the table and remarks below it, as typed.
    repairs : tuple of Repair
        What was put right, in the order in which it was done.
    as_typed : tuple of str
        Keys of the repairs that the reader has taken back.
    units : tuple of (str, str)
        Column and unit, where the file tells it.
    labels : tuple of (str, tuple of (str, str))
        Column, and the words that the file has for some of its numbers.
    """

    name: str
    format: str
    encoding: str = ""
    delimiter: str = ""
    quote: str = ""
    decimal: str = ""
    thousands: str = ""
    comment: str = ""
    encoding_is_guess: bool = False
    header_row: int = 0
    skipped_lines: int = 0
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    member: str = ""
    members: tuple[str, ...] = ()
    n_rows: int = 0
    n_columns: int = 0
    renamed: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    above: tuple[tuple[str, ...], ...] = ()
    gaps: tuple[int, ...] = ()
    has_blank_lines: bool = False
    description: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    as_typed: tuple[str, ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain values only (pandas copies and serialises ``attrs``)."""
        return asdict(self)

    def keep_with(self, table: pd.DataFrame) -> None:
        """Write the report into the ``attrs`` of a table, where ``read_report`` finds it."""
        table.attrs[REPORT_KEY] = Kept(self.to_dict())


class Kept(dict[str, Any]):
    """A dict that is never changed, and so never copied.

    pandas makes a deep copy of ``attrs`` with every column that is taken out of a table, which
    for two thousand renamed columns is ten times the work of looking at them.
    """

    def __deepcopy__(self, _: dict[int, Any]) -> Kept:
        return self


def choice_note(names: tuple[str, ...], chosen: str) -> tuple[str, ...]:
    """Return a sentence on which of several tables was opened; none when there is one."""
    others = [f"'{shorten(name)}'" for name in names if name != chosen]
    if not others:
        return ()
    listed = ", ".join(others[:5]) + (", …" if len(others) > 5 else "")
    return (f"'{shorten(chosen)}' was opened; the file also holds {listed}.",)


def read_report(table: pd.DataFrame) -> ReadReport | None:
    """Return how a table was read, or None when ``core`` did not read it.

    Parameters
    ----------
    table : DataFrame
        As returned by ``read_table``, or a copy of it.
    """
    stored = table.attrs.get(REPORT_KEY)
    if not isinstance(stored, dict):
        return None
    known = {f.name for f in fields(ReadReport)}
    values = {key: _tupled(value) for key, value in stored.items() if key in known}
    repairs = tuple(Repair(**repair) for repair in stored.get("repairs", ()))
    return ReadReport(**(values | {"repairs": _with_tuples(repairs)}))


def _with_tuples(repairs: tuple[Repair, ...]) -> tuple[Repair, ...]:
    return tuple(replace(repair, rows=tuple(repair.rows)) for repair in repairs)


def _tupled(value: Any) -> Any:
    return tuple(_tupled(item) for item in value) if isinstance(value, list | tuple) else value
