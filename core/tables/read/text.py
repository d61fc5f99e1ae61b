"""Reads text tables: the plain ones in one fast pass, the odd ones after rewriting them."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from core.exceptions import DataError
from core.formats import shorten
from core.tables.limits import LIMITS, NotHere
from core.tables.names import unique_names
from core.tables.read.blank_lines import has_blank_lines
from core.tables.read.encoding import Encoding, find_encoding
from core.tables.read.finish import RawTable
from core.tables.read.report import MISSING_TOKENS, ReadOptions, ReadReport
from core.tables.read.sniff import SAMPLE_CHARS, SAMPLE_LINES, Layout, sniff
from core.tables.repairs.open_marks import keep_text
from core.tables.repairs.repair import Repair
from core.tables.repairs.unclosed_quotes import close_quotes
from core.tables.sizes import CELL

_REMARK = re.compile(r"\s*(?:source|notes?|data from|last updated|quelle|fuente|\*|†|©)", re.I)
_FIELD_LIMIT = "field limit"
_BLOCK = 1 << 22
_BAD_ROWS_SHARE = 0.05
_ROWS_UNTIL_CHECKED = 1_000
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1b-\x1e\x7f]")  # x1a stands for a lost letter


def read_text(data: bytes, name: str, options: ReadOptions, *, is_here: bool = False) -> RawTable:
    """Return the columns of a delimited text file and how they were found.

    Parameters
    ----------
    data : bytes
        The whole file, in any encoding.
    name : str
        For messages and the report.
    options : ReadOptions
    is_here : bool
        Whether this process holds more than this file, so that little may be made of it.

    Raises
    ------
    NotHere
        When rows of few cells would be filled up to more than ``cells_here``.
    DataError
        When the file is empty, not text, beyond the limits, or its lines disagree on the
        number of cells.
    """
    found = Encoding(options.encoding) if options.encoding else find_encoding(data)
    plain, note = _to_utf8(data, found.name)
    plain = plain.rstrip(b"\x1a")  # DOS programs end a text with it
    repairs: tuple[Repair, ...] = ()
    if options.allows("unclosed_quote") and _seems_unclosed(plain[:SAMPLE_CHARS], plain):
        plain, repairs = close_quotes(plain)
    layout = _sniff_file(plain, options, name)
    returns = plain.count(b"\r")
    rows = plain.count(b"\n") + (returns - plain.count(b"\r\n") if returns else 0)
    LIMITS.check_shape(max(rows - 1, 0), 1, name)
    LIMITS.check_shape(min(rows, len(plain) // len(layout.names)), len(layout.names), name)
    if is_here and rows * len(layout.names) > max(LIMITS.cells_here, 2 * len(plain)):
        raise NotHere
    notes = [note] if note else []
    try:
        columns, left_open = _read_plain(plain, layout, options)
        if options.allows("unclosed_quote") and not repairs and _has_line_ends(columns, plain):
            plain, repairs = close_quotes(plain)
            if repairs:
                columns, left_open = _read_plain(plain, layout, options)
    except pa.ArrowInvalid:
        if options.allows("unclosed_quote") and not repairs:
            plain, repairs = close_quotes(plain)
        plain, rewritten, more = _rewrite(plain, layout, name)
        layout = replace(layout, below=rewritten.below)
        notes += more
        try:
            columns, left_open = _read_plain(plain, rewritten, options, header_lines=0)
        except pa.ArrowInvalid as error:
            raise _unreadable(name, str(error)) from error
    report = ReadReport(
        name=name,
        format={"\t": "tsv"}.get(layout.delimiter, "csv"),
        encoding=found.name,
        encoding_is_guess=found.is_guess,
        delimiter=layout.delimiter,
        quote=layout.quote,
        decimal=layout.decimal,
        thousands=options.thousands or "",
        comment=layout.comment,
        header_row=layout.header_row,
        skipped_lines=max(layout.header_row - 1, 0) if layout.header_row else layout.first_line,
        notes=tuple(notes),
        above=layout.above,
        description=layout.below,
        has_blank_lines=has_blank_lines(plain, layout),
        repairs=repairs,
    )
    return RawTable(columns, layout.names, report, left_open)


def decode_text(data: bytes, options: ReadOptions) -> str:
    """Return the text of a file in the encoding that the user names or its bytes show."""
    plain, _ = _to_utf8(data, options.encoding or find_encoding(data).name)
    return plain.decode("utf-8", errors="replace")


def first_lines(data: bytes, encoding: str, most: int = 6) -> str:
    """Return the beginning of a text file as it was typed, for somebody to look at."""
    text = data[: 400 * most].decode(encoding or "utf-8", errors="replace")
    lines = text.removeprefix("\ufeff").splitlines()[:most]
    return "\n".join(shorten(line.replace("\t", "⇥"), 160) for line in lines)


def _to_utf8(data: bytes, encoding: str) -> tuple[bytes, str]:
    """Return the file as UTF-8 without byte order mark, and a note on bytes that do not fit."""
    if encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig"):
        data = data.removeprefix(b"\xef\xbb\xbf")
        if data.isascii():
            return _without_nul(data), ""
        encoding = "utf-8"
    try:
        plain, strays = _transcode(data, encoding)
    except (UnicodeError, LookupError, ValueError) as error:
        raise DataError(
            f"The file cannot be decoded as {encoding} ({shorten(str(error), 80)}). "
            "Choose another encoding, or save the table as UTF-8."
        ) from error
    note = ""
    if strays:
        cells = "1 character" if strays == 1 else f"{strays:,} characters"
        note = f"{cells} could not be decoded as {encoding} and are shown as '\ufffd'."
    return _without_nul(plain), note


def _transcode(data: bytes, encoding: str) -> tuple[bytes, int]:
    """Return the text as UTF-8, piece by piece, and how many characters could not be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    out, strays = io.BytesIO(), 0
    for start in range(0, max(len(data), 1), _BLOCK):
        text = decoder.decode(data[start : start + _BLOCK], final=start + _BLOCK >= len(data))
        strays += text.count("\ufffd")
        out.write((text if start else text.removeprefix("\ufeff")).encode("utf-8", "replace"))
    return out.getvalue(), strays


def _without_nul(data: bytes) -> bytes:
    if b"\0" in data:
        raise DataError(
            "The file holds NUL characters, so it is damaged or no text table. Save it as CSV.",
            code="not_a_table",
        )
    return data


def _sniff_file(plain: bytes, options: ReadOptions, name: str) -> Layout:
    """Sniff the beginning of the file, taking in at least one whole line."""
    end = SAMPLE_CHARS
    if len(plain) > end and b"\n" not in plain[:end] and b"\r" not in plain[:end]:
        end = min(len(plain), 20 * SAMPLE_CHARS)
    sample = plain[:end].decode("utf-8", errors="ignore")
    sample = sample.replace("\r\n", "\n").replace("\r", "\n")
    if len(_CONTROL.findall(sample)) > 0.02 * len(sample):
        raise DataError(
            "The file is no text table: it holds control characters. Save the table as CSV.",
            code="not_a_table",
        )
    return sniff(sample, options, name, whole=end >= len(plain))


def _read_plain(
    plain: bytes, layout: Layout, options: ReadOptions, *, header_lines: int | None = None
) -> pa.Table:
    """Read in the columnar engine; raises ArrowInvalid where rows are ragged."""
    if header_lines is None and (layout.delimiter == " " or layout.comment):
        raise pa.ArrowInvalid("needs rewriting")
    skip = layout.first_line if header_lines is None else header_lines
    keys = [str(j) for j in range(len(layout.names))]
    tokens = MISSING_TOKENS if options.missing_tokens is None else options.missing_tokens
    forced = {
        key: pa.string()
        for key, name in zip(keys, unique_names(layout.names)[0], strict=True)
        if name in options.text_columns
    }

    def read(types: dict[str, Any], include: list[str] | None = None) -> pa.Table:
        return pacsv.read_csv(
            pa.BufferReader(plain),
            pacsv.ReadOptions(column_names=keys, skip_rows=skip, block_size=_BLOCK),
            pacsv.ParseOptions(
                delimiter=layout.delimiter or "\x1f",
                quote_char=layout.quote or False,
                double_quote=True,
                escape_char=layout.escape or False,
                newlines_in_values=header_lines is not None,
            ),
            pacsv.ConvertOptions(
                column_types=types,
                include_columns=include,
                null_values=[*tokens, "None", "none"],
                decimal_point=layout.decimal,
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )

    table = read(forced)
    if layout.quote and plain.count(layout.quote.encode()) % 2 and _has_line_ends(table, plain):
        raise pa.ArrowInvalid("a quotation mark is never closed")
    settled = options.decimal is not None or options.thousands is not None
    return keep_text(
        table, read, forced, None if settled else (layout.open_columns, layout.delimiter)
    )


def _seems_unclosed(sample: bytes, plain: bytes) -> bool:
    """Whether the first lines, or the file as a whole, have an odd number of quotation marks."""
    if b'"' not in sample and b'"' not in plain:
        return False
    odd = any(line.count(b'"') % 2 for line in sample.split(b"\n")[:SAMPLE_LINES])
    return odd or plain.count(b'"') % 2 == 1


def _has_line_ends(table: pa.Table, plain: bytes) -> bool:
    """Whether cells hold line ends, as they do after a quotation mark that is never closed."""
    texts = (column for column in table.columns if pa.types.is_string(column.type))
    return b'"' in plain and any(
        pc.any(pc.match_substring(column, "\n")).as_py() for column in texts
    )


def _rewrite(plain: bytes, layout: Layout, name: str) -> tuple[bytes, Layout, list[str]]:
    """Cut an odd file row by row and write it anew in the plainest form.

    Where strict quoting fails, a backslash before a quotation mark is read the other way (as an
    escape, or as a letter), then quotation marks count as text, and last they count as csv's
    lenient rules have it.
    """
    problem: Exception = DataError("no row can be cut")
    rewritten = replace(layout, delimiter=",", quote='"', escape="", comment="")
    trials = [
        (layout.quote, layout.escape, True),
        ("", "", True),
        (layout.quote, layout.escape, False),
    ]
    if layout.quote and ("\\" + layout.quote).encode() in plain:
        trials.insert(1, (layout.quote, "" if layout.escape else "\\", True))
    for quote, escape, strict in trials:
        trial = replace(layout, quote=quote, escape=escape)
        try:
            body, notes, below = _regular_rows(plain, trial, name, strict)
        except (csv.Error, DataError) as error:
            if isinstance(error, DataError) and error.code == "too_large":
                raise
            if _FIELD_LIMIT in str(error) and not plain.count(b'"') % 2:
                raise LIMITS.long_cell(f"'{name}'") from error  # every quote is closed
            problem = problem if strict and not quote else error
            continue
        if not body:
            raise DataError(f"'{name}' holds no rows of data.", code="empty")
        if layout.quote and not quote:
            notes.append("A quotation mark is never closed, so quotation marks count as text.")
        return body, replace(rewritten, below=below), notes
    if isinstance(problem, DataError):
        raise problem
    if _FIELD_LIMIT in str(problem):
        raise LIMITS.long_cell(f"'{name}'")
    raise _unreadable(name, str(problem)) from problem


def _regular_rows(
    plain: bytes, layout: Layout, name: str, strict: bool
) -> tuple[bytes, list[str], tuple[str, ...]]:
    """Return the rows padded to one width as CSV, notes on what was changed, remarks below."""
    width = len(layout.names)
    out = io.BytesIO()
    text = io.TextIOWrapper(out, encoding="utf-8", errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    odd = _OddRows(width, len(plain), name)
    remarks: list[tuple[int, list[str]]] = []
    for number, row in _cells(plain, layout, strict):
        is_row = layout.keeps_remarks or width <= 2
        if not is_row and (len(row) == 1 or (len(row) < width and _REMARK.match(row[0]))):
            remarks.append((number, row))  # a note below the table, unless more rows follow
            continue
        for earlier in remarks:
            writer.writerow(odd.fit(*earlier))
        remarks.clear()
        if fitted := odd.fit(number, row):
            writer.writerow(fitted)
    text.flush()
    below = tuple(" ".join(cell for cell in row if cell.strip()) for _, row in remarks)
    return out.getvalue(), odd.notes(layout.delimiter, [line for line, _ in remarks]), below


class _OddRows:
    """Fits rows to one width and keeps count of those that did not have it."""

    def __init__(self, width: int, size: int, name: str) -> None:
        self.width = width
        self.size = size
        self.name = name
        self.n_rows = 0
        self.short: list[int] = []
        self.long: list[int] = []

    def fit(self, number: int, row: list[str]) -> list[str]:
        """Return the row padded or trimmed to the width; [] when it has cells too many."""
        self.n_rows += 1
        if self.n_rows % _ROWS_UNTIL_CHECKED == 0:
            made = CELL // 2 * self.n_rows * self.width
            LIMITS.check_made(self.n_rows, self.width, made, self.size, self.name)
        while len(row) > self.width and not row[-1].strip():
            row.pop()
        if len(row) > self.width:
            self.long.append(number)
            return []
        if len(row) < self.width:
            self.short.append(number)
        return row + [""] * (self.width - len(row))

    def notes(self, delimiter: str, remarks: list[int]) -> list[str]:
        """Return sentences on what was changed, or raise DataError when it is too much."""
        if len(self.long) > max(1, _BAD_ROWS_SHARE * self.n_rows):
            raise DataError(
                f"'{self.name}': {len(self.long):,} of {self.n_rows:,} rows have more cells than "
                f"the header has names ({self.width}), the first on line {self.long[0]:,}. Check "
                f"the delimiter ({delimiter!r}) and the header row.",
                code="ragged",
            )
        said = (
            (self.long, f"Left out for having more than {self.width} cells"),
            (self.short, f"Filled up with missing cells for having fewer than {self.width}"),
            (remarks, "Left out as notes below the table"),
        )
        return [f"{what}: {_lines(numbers)}." for numbers, what in said if numbers]


def _cells(plain: bytes, layout: Layout, strict: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield line number and cells of every row of data, without blank and comment lines."""
    text = io.TextIOWrapper(io.BytesIO(plain), encoding="utf-8", errors="replace", newline="")
    lines = (
        line
        for number, line in enumerate(_universal(text))
        if number >= layout.first_line and not (layout.comment and line.startswith(layout.comment))
    )
    space = layout.delimiter == " "
    reader = csv.reader(
        lines,
        delimiter=layout.delimiter or "\x1f",
        quotechar=layout.quote or None,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
        escapechar=layout.escape or None,
        skipinitialspace=space,
        strict=strict,
    )
    for row in reader:
        if space and len(row) > 1 and row[-1] == "":
            row.pop()
        if any(cell.strip() for cell in row):
            yield layout.first_line + reader.line_num, row


def _universal(text: io.TextIOWrapper) -> Iterator[str]:
    """Yield lines whatever their ends are (csv itself splits only where it is told)."""
    for chunk in text:
        yield from (part + "\n" for part in chunk.rstrip("\r\n").split("\r"))


def _lines(numbers: list[int]) -> str:
    """Return '3 rows (lines 4, 17, 90)', naming at most five."""
    shown = ", ".join(f"{n:,}" for n in numbers[:5]) + (", …" if len(numbers) > 5 else "")
    if len(numbers) == 1:
        return f"1 row (line {shown})"
    return f"{len(numbers):,} rows (lines {shown})"


def _unreadable(name: str, detail: str) -> DataError:
    return DataError(
        f"'{name}' cannot be cut into rows and columns ({shorten(detail, 120)}). Check the "
        "delimiter and the quotation marks, or save the table as CSV again.",
        code="unreadable",
    )
