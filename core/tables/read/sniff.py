"""Finds out how a text file is written: encoding, delimiter, quotes, header, decimal mark."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.exceptions import DataError
from core.tables.limits import LIMITS
from core.tables.read.report import MISSING_TOKENS, ReadOptions
from core.tables.repairs.mark_evidence import Evidence, decide, weigh

DELIMITERS = (",", ";", "\t", "|", " ")
SAMPLE_CHARS = 400_000
SAMPLE_LINES = 300

# Every pattern has one way to match a run of digits or blanks: two of them side by side would take
# the square of its length where the match fails.
NUMBER = re.compile(r"[+\-−]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+\-]?\d+)?%?")
_COMMA_DECIMAL = re.compile(r"[+\-−]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+(?:[eE][+\-]?\d+)?")
_RULE = re.compile(r"\s*(?::?[-=]{2,}:?\s*)?")


@dataclass(frozen=True)
class Layout:
    """How the cells of a text file are laid out.

    Attributes
    ----------
    delimiter : str
        ``""`` for a file of one column, ``" "`` for runs of spaces.
    header_row : int
        Line of the column names from 1; 0 for none.
    names : tuple of str
        Cells of the header as typed, padded to the width of the rows.
    first_line : int
        Line of the first row of data, from 0.
    keeps_remarks : bool
        Whether lines of one cell below the table are rows.
    above : tuple of tuple of str
        Cells of the lines above the names.
    below : tuple of str
        Remarks below the table, which are no rows of it.
    open_columns : tuple of int
        Columns whose numbers may be thousands with a mark or may be decimals, as far as the
        first rows tell.
    """

    delimiter: str
    quote: str
    escape: str
    comment: str
    decimal: str
    header_row: int
    names: tuple[str, ...]
    first_line: int
    keeps_remarks: bool = False
    above: tuple[tuple[str, ...], ...] = ()
    below: tuple[str, ...] = ()
    open_columns: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Cut:
    """One way to cut the sample: rows, the line each begins on, and one line past the last."""

    delimiter: str
    rows: list[list[str]]
    lines: list[int]
    width: int
    agreement: float
    start: int


def sniff(sample: str, options: ReadOptions, name: str, *, whole: bool) -> Layout:
    """Return the layout of a text file from its beginning.

    Parameters
    ----------
    sample : str
        Beginning of the file with ``\\n`` line ends.
    options : ReadOptions
        What the user has fixed; the rest is found out.
    name : str
        The file's name, for messages.
    whole : bool
        Whether the sample is the whole file (else its last line may be cut off).

    Raises
    ------
    DataError
        When there is no line of data, or a row has more columns than the limit.
    """
    lines = sample.split("\n")
    lines = lines[: min(SAMPLE_LINES, len(lines) if whole else max(len(lines) - 1, 1))]
    delimiter, first = _directive(lines, options)
    comment = _find_comment(lines, options)
    quote, escape = _find_quote(lines, options)
    kept = [
        (number, line)
        for number, line in enumerate(lines)
        if number >= first and line.strip() and not (comment and line.startswith(comment))
    ]
    if not kept:
        raise DataError(f"'{name}' holds no rows of data.", code="empty")
    _check_width(kept[0][1], name)
    cut = _best_cut(kept, delimiter, quote, escape)
    if escape:  # a backslash before a quotation mark may as well end a cell
        plain = _best_cut(kept, delimiter, quote, "")
        if (plain.agreement, plain.width) > (cut.agreement, cut.width):
            cut, escape = plain, ""
    LIMITS.check_shape(1, cut.width, name)
    return _layout(cut, options, (quote, escape, comment))


def _directive(lines: Sequence[str], options: ReadOptions) -> tuple[str | None, int]:
    """Return the fixed delimiter, if any, and the first line after Excel's ``sep=`` line."""
    match = re.fullmatch(r'"?sep=(.)"?', lines[0].strip("\r ")) if lines else None
    if options.delimiter is not None:
        return options.delimiter, 1 if match else 0
    return (match[1], 1) if match else (None, 0)


def _find_comment(lines: Sequence[str], options: ReadOptions) -> str:
    """Return the mark of comment lines, when the file begins with such lines.

    A single marked line with as many cells as the next is a header that begins with '#'.
    """
    if options.comment is not None:
        return options.comment
    marked = 0
    while marked < len(lines) and lines[marked].startswith("#"):
        marked += 1
    if marked == 0:
        return ""
    if marked == len(lines):
        return "#"
    last, after = lines[marked - 1], lines[marked]
    for delimiter in DELIMITERS[:4]:
        cells = last.count(delimiter)
        if marked == 1 and cells and cells == after.count(delimiter):
            return ""
    return "#"


def _find_quote(lines: Sequence[str], options: ReadOptions) -> tuple[str, str]:
    """Return the quotation mark and the escape character (``""`` when quotes are doubled)."""
    text = "\n".join(lines)
    quote = '"'
    if options.quote is not None:
        quote = options.quote
    elif '"' not in text:
        single = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|]|$)", text, re.MULTILINE))
        quote = "'" if single >= max(2, len(lines) // 2) else '"'
    escaped = quote and "\\" + quote in text and quote * 2 not in text.replace(quote * 3, "")
    return quote, "\\" if escaped else ""


def split_rows(
    lines: Sequence[str], delimiter: str, quote: str, escape: str
) -> tuple[list[list[str]], list[int]]:
    """Cut lines into cells, and return the place of each row's first line, then of the end.

    A line that the quotes do not close takes in the next ones.
    """
    space = delimiter == " "
    reader = csv.reader(
        (line + "\n" for line in lines),
        delimiter=delimiter or "\x1f",
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape or None,
        skipinitialspace=space,
    )
    rows, places = [], [0]
    for row in reader:
        rows.append(row[:-1] if space and len(row) > 1 and row[-1] == "" else row)
        places.append(reader.line_num)
    return rows, places


def _best_cut(
    kept: Sequence[tuple[int, str]], delimiter: str | None, quote: str, escape: str
) -> _Cut:
    """Return the cut whose rows agree best on their number of cells (at least two)."""
    marks = DELIMITERS if delimiter is None else (delimiter,)
    cuts = [cut for mark in marks if (cut := _cut(kept, mark, quote, escape)) is not None]
    if delimiter is not None and cuts:
        return cuts[0]
    usable = [cut for cut in cuts if cut.width > 1 and _is_plausible(cut, kept)]
    marked = [cut for cut in usable if cut.delimiter != " "]
    if not marked:
        marked = [cut for cut in usable if cut.agreement == 1.0]
    if marked:
        return max(marked, key=lambda cut: (round(cut.agreement, 1), cut.width))
    split = [cut for cut in cuts if cut.delimiter != " " and min(map(len, cut.rows)) > 1]
    if split:  # every line is cut somewhere, so this is a table of ragged rows, not one column
        return replace(split[0], width=len(split[0].rows[0]), start=0)
    whole = _cut(kept, "", quote, escape)
    if whole is None:
        raise LIMITS.long_cell("One of the first lines")
    return whole


def _check_width(first: str, name: str) -> None:
    """Refuse a header of far too many columns before anything is cut."""
    if len(first) > LIMITS.columns:
        LIMITS.check_shape(1, max(first.count(mark) for mark in DELIMITERS[:4]) + 1, name)


def _cut(kept: Sequence[tuple[int, str]], delimiter: str, quote: str, escape: str) -> _Cut | None:
    """Cut the sample one way; None when a cell would be longer than the limit."""
    try:
        rows, places = split_rows([line for _, line in kept], delimiter, quote, escape)
    except csv.Error:
        return None if not quote else _cut(kept, delimiter, "", "")
    numbers = [number for number, _ in kept] + [kept[-1][0] + 1]
    lines = [numbers[place] for place in places]
    counts = [len(row) for row in rows]
    width = Counter(counts[1:] or counts).most_common(1)[0][0]
    start = next((i for i, n in enumerate(counts) if n == width), 0)
    if start and _lacks_one_name(rows, start, width):
        return _Cut(delimiter, rows, lines, width, 1.0, start - 1)
    agreement = sum(n == width for n in counts[start:]) / len(counts[start:])
    return _Cut(delimiter, rows, lines, width, agreement, start)


def _lacks_one_name(rows: Sequence[Sequence[str]], start: int, width: int) -> bool:
    """Whether the row before names all columns but that of the row names (R's habit)."""
    names = rows[start - 1]
    regular = all(len(row) == width for row in rows[start:])
    return regular and width > 2 and len(names) == width - 1 and not any(map(is_number, names))


def _is_plausible(cut: _Cut, kept: Sequence[tuple[int, str]]) -> bool:
    """Whether a cut is more than marks that happen to stand in the text of one column."""
    if cut.agreement < 0.6 and cut.delimiter != "\t":
        return False
    if cut.start == 0 or cut.width > LIMITS.columns:
        return True
    lines = [line.strip() for _, line in kept[1:]]
    if cut.delimiter == "," and all(_COMMA_DECIMAL.fullmatch(line) for line in lines):
        return False
    first, body = cut.rows[cut.start], cut.rows[cut.start + 1 :]
    names, data = _evidence(first, body)
    return cut.lines[cut.start] - cut.lines[cut.start - 1] > 1 or names > data


def is_number(cell: str) -> bool:
    """Whether a cell looks like a number, with either decimal mark or a percent sign."""
    return NUMBER.fullmatch(cell.strip()) is not None


def is_header(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Tell names of columns from a row of data, by comparing each cell with those below it."""
    names, data = _evidence(first, body)
    if data and _counts_up([cell for cell in first if is_number(cell)]):
        return any(cell.strip() and not is_number(cell) for cell in first)
    if names or data:
        return names > data
    if not any(cell.strip() for cell in first) or all(map(is_number, first)):
        return False
    return not any(cell.strip() and cell in _below(body, j) for j, cell in enumerate(first))


def _evidence(first: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Count the numeric columns that a row names, and those that it gives a number for."""
    names = data = 0
    for j, cell in enumerate(first):
        cells = _below(body, j) if cell.strip() else []
        if cells and sum(map(is_number, cells)) >= 0.5 * len(cells):
            names += not is_number(cell) and cell.strip() not in MISSING_TOKENS
            data += is_number(cell)
    return names, data


def _below(body: Sequence[Sequence[str]], column: int) -> list[str]:
    cells = (row[column] for row in body if column < len(row))
    return [cell for cell in cells if cell.strip() not in MISSING_TOKENS]


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether cells are whole numbers in even steps, such as the years of a wide table."""
    if len(cells) < 2 or not all(len(c) < 300 and c.strip().isdecimal() for c in cells):
        return False
    numbers = [int(cell) for cell in cells]
    steps = {b - a for a, b in itertools.pairwise(numbers)}
    return len(steps) == 1 and steps != {0}


def _layout(cut: _Cut, options: ReadOptions, marks: tuple[str, str, str]) -> Layout:
    """Settle header, width and decimal mark of the chosen cut."""
    quote, escape, comment = marks
    start, rows, width = cut.start, cut.rows, cut.width
    if options.header_row is not None:
        start = _row_at(cut, options.header_row - 1)
        has_header = options.header_row > 0
    elif "title_lines" in options.as_typed:
        start, has_header = 0, True
    else:
        start = _skip_titles(rows, start, width)
        has_header = is_header(rows[start], rows[start + 1 :])
    if has_header:
        names = [cell.removeprefix("#") if not j else cell for j, cell in enumerate(rows[start])]
        width = max(width, len(names)) if cut.agreement < 1 else width
        names = _fit_names(names, width)
        body = start + 1
        is_rule = body < len(rows) - 1 and all(map(_RULE.fullmatch, rows[body]))
        if is_rule and any(cell.strip() for cell in rows[body]):
            body += 1  # the line under the names, as in Markdown
    else:
        names, body = [""] * width, start
    columns = [weigh(_below(rows[body:], j)) for j in range(width)]
    return Layout(
        delimiter=cut.delimiter,
        quote=quote,
        escape=escape,
        comment=comment,
        decimal=options.decimal or find_decimal(columns, cut.delimiter),
        header_row=cut.lines[start] + 1 if has_header else 0,
        names=tuple(names),
        first_line=cut.lines[body],
        keeps_remarks="note_lines" in options.as_typed,
        above=tuple(tuple(row) for row in rows[:start] if any(cell.strip() for cell in row)),
        open_columns=tuple(j for j, c in enumerate(columns) if _may_be_thousands(c)),
    )


def _row_at(cut: _Cut, wanted: int) -> int:
    """Return the first row that begins on a line (from 0) or after it."""
    found = [i for i, line in enumerate(cut.lines[:-1]) if line >= wanted]
    if not found:
        raise DataError(
            f"The column names are looked for in the first {cut.lines[-1]:,} lines, so line "
            f"{wanted + 1:,} cannot hold them. Choose an earlier one."
        )
    return found[0]


def _skip_titles(rows: Sequence[Sequence[str]], start: int, width: int) -> int:
    """Pass over title lines padded with empty cells, as spreadsheets export them."""
    if width < 3:
        return start
    for place in range(start, min(start + 20, len(rows) - 1)):
        if sum(bool(cell.strip()) for cell in rows[place]) > width / 2:
            names, data = _evidence(rows[place], rows[place + 1 :])
            return place if place == start or names >= data else start
    return start


def _fit_names(names: list[str], width: int) -> list[str]:
    """Fit the header to the rows: a missing first name is the row names', others are empty."""
    if len(names) == width - 1:
        return ["row", *names]
    if not names[0].strip() and len(names) > 1 and all(name.strip() for name in names[1:]):
        return ["row", *names[1:]]
    while len(names) > width and not names[-1].strip():
        names = names[:-1]
    return names + [""] * (width - len(names))


def find_decimal(columns: Sequence[Evidence], delimiter: str) -> str:
    """Return the decimal mark that the columns of numbers prove, the point where none does."""
    return decide(columns, delimiter=delimiter) or "."


def _may_be_thousands(column: Evidence) -> bool:
    """Whether numbers may be thousands with a mark, as far as the first rows tell.

    Which may as well hold nothing but 959 where 1.234 follows.
    """
    return column.is_numeric and not (column.points or column.commas or column.large)
