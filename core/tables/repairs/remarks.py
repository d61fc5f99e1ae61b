"""Takes out what stands among the rows and is none: blank rows, remarks, a second table."""

from __future__ import annotations

import re

import numpy as np

from core.tables.doctor.check_layout import check_repeated_header
from core.tables.repairs.repair import Repair
from core.tables.repairs.sheet import Sheet, like_numbers, present, quoted, rows_named
from core.types import BoolArray, IntArray

_REMARK = re.compile(
    r"\s*(?:\*|†|‡|§|¹|²|³|#|©|\(?\d\)|sources?\b|notes?\b|data from|last updated|updated|as of"
    r"|stand\b|quellen?\b|anmerkung|fuentes?\b|notas?\b|nb\b|n\.b\.|remarks?\b|legend\b|footnotes?\b"
    r"|provisional|preliminary|excludes?\b|includes?\b|figures\b|values\b|hinweis|fonte\b|bron\b"
    r"|źródło|источник|出典|注|资料来源|來源|r\s?=\s?revised|p\s?=\s?prov)",
    re.IGNORECASE,
)
_MOST_REMARKS = 30
_LONG = 25
#: Share of numbers in the part of a column that is one of numbers.
_NUMBERS = 0.9
_MOST_TEXT_COLUMNS = 200


def drop_blank_rows(sheet: Sheet) -> Sheet:
    """Take out rows without a single cell, which spreadsheets leave between parts of a table."""
    blank = _blank_rows(sheet) if sheet.report.has_blank_lines else None
    if blank is None or not blank.any() or blank.all() or not sheet.allows("blank_rows"):
        return sheet
    rows, count = sheet.rows(blank), int(blank.sum())
    sentence = (
        f"{count:,} {'row has' if count == 1 else 'rows have'} no cells ({rows_named(rows, count)})"
        " and went."
    )
    return sheet.done(sheet.kept(~blank), Repair("blank_rows", None, rows, sentence))


def _blank_rows(sheet: Sheet) -> BoolArray | None:
    blank = np.ones(len(sheet.table), dtype=np.bool_)
    for name in sheet.names:
        column = sheet.table[name]
        missing = np.asarray(column.isna())
        blank &= missing
        if not blank.any():
            return None
    return blank


def take_remarks(sheet: Sheet) -> Sheet:
    """Take remarks below the rows ('* provisional', 'Source: ...') into the description."""
    places = _remarks(sheet) if sheet.allows("note_lines") else []
    if not places:
        return sheet
    texts = [_only_cell(sheet, place) for place in places]
    rows = sheet.rows(np.array(places))
    what = "Row" if len(places) == 1 else "Rows"
    sentence = (
        f"{what} {', '.join(f'{row:,}' for row in rows[:4])} ({quoted(texts, 2)}) "
        f"{'is a remark' if len(places) == 1 else 'are remarks'} below the table and became part "
        "of its description."
    )
    mask = np.ones(len(sheet.table), dtype=np.bool_)
    mask[places] = False
    repair = Repair("note_lines", None, rows, sentence)
    return sheet.done(sheet.kept(mask), repair, description=(*sheet.report.description, *texts))


def tell_remarks(sheet: Sheet) -> Sheet:
    """Say which lines the reader itself has taken for remarks, as they have too few cells."""
    texts = sheet.report.description
    if not texts:
        return sheet
    sentence = (
        f"{quoted(texts, 2)} below the table {'is a remark' if len(texts) == 1 else 'are remarks'} "
        "and became part of its description."
    )
    return sheet.done(sheet.table, Repair("note_lines", None, (), sentence))


def _remarks(sheet: Sheet) -> list[int]:
    """Return the last rows that are remarks, by place."""
    n_rows, n_columns = sheet.table.shape
    first = max(n_rows - _MOST_REMARKS, 1)
    tail = sheet.table.iloc[first:]
    there = ~np.asarray(tail.isna())
    places: list[int] = []
    for i in range(len(tail) - 1, -1, -1):
        column = int(np.argmax(there[i]))
        cell = tail.iat[i, column]
        if there[i].sum() != 1 or not isinstance(cell, str):
            break
        if not _is_remark(sheet, cell, column, n_columns):
            break
        places.append(first + i)
    return sorted(places)


def _is_remark(sheet: Sheet, cell: str, column: int, n_columns: int) -> bool:
    """Whether a row of one cell is a remark: by its words, or long and unlike the others."""
    if _REMARK.match(cell):
        return True
    if n_columns < 3 or len(cell) <= _LONG or len(cell.split()) < 4:
        return False
    return int((sheet.table.iloc[:, column] == cell).sum()) == 1


def _only_cell(sheet: Sheet, place: int) -> str:
    row = sheet.table.iloc[place]
    return " ".join(str(row[~row.isna()].iloc[0]).split())


def drop_repeated_headers(sheet: Sheet) -> Sheet:
    """Take out rows that repeat the column names."""
    if not sheet.allows("repeated_header"):
        return sheet
    findings = check_repeated_header(sheet.table)
    if not findings:
        return sheet
    places = np.array(getattr(findings[0].fix, "rows", ()), dtype=np.intp)
    rows, count = sheet.rows(places), len(places)
    verb = "repeats" if count == 1 else "repeat"
    sentence = (
        f"{count:,} {'row' if count == 1 else 'rows'} ({rows_named(rows, count)}) {verb} the "
        "column names and went."
    )
    mask = np.ones(len(sheet.table), dtype=np.bool_)
    mask[places] = False
    return sheet.done(sheet.kept(mask), Repair("repeated_header", None, rows, sentence))


def cut_second_table(sheet: Sheet) -> Sheet:
    """Keep the larger of two tables that stand below or beside each other."""
    if not sheet.allows("second_table"):
        return sheet
    beside = _beside(sheet)
    return beside if beside is not sheet else _below(sheet)


def _beside(sheet: Sheet) -> Sheet:
    """Keep the larger block of columns where a blank one divides blocks of different rows."""
    gaps = [gap for gap in sheet.report.gaps if 0 < gap < len(sheet.names)]
    if not gaps:
        return sheet
    blocks = [sheet.names[a:b] for a, b in zip([0, *gaps], [*gaps, len(sheet.names)], strict=True)]
    lengths = [_last_row(sheet, block) for block in blocks]
    typed = [[sheet.typed_name(name) for name in block] for block in blocks]
    again = any(set(typed[0]) & set(other) for other in typed[1:])
    if len(set(lengths)) == 1 and not again:
        return sheet
    sizes = [length * len(block) for length, block in zip(lengths, blocks, strict=True)]
    best = int(np.argmax(sizes))
    others = [name for i, block in enumerate(typed) if i != best for name in block]
    sentence = (
        f"Blank columns divide the sheet into {len(blocks)} tables: the largest was kept, the "
        f"columns {quoted(others, 4)} left out."
    )
    table = sheet.table[blocks[best]].iloc[: lengths[best]]
    if all(typed[best]) and len(set(typed[best])) == len(typed[best]):
        table = table.set_axis(typed[best], axis=1)
    return sheet.done(table, Repair("second_table", None, (), sentence), renamed=(), gaps=())


def _last_row(sheet: Sheet, block: list[str]) -> int:
    there = np.flatnonzero(~np.asarray(sheet.table[block].isna()).all(axis=1))
    return int(there[-1]) + 1 if len(there) else 0


def _below(sheet: Sheet) -> Sheet:
    """Keep the larger of two tables below each other, of which the second has its own names."""
    names = sheet.number_names
    if not 2 <= len(names) <= _MOST_TEXT_COLUMNS or len(sheet.table) < 4:
        return sheet
    place = _second_names(sheet, names)
    if place is None:
        return sheet
    n_rows = len(sheet.table)
    top, bottom = place, n_rows - place - 1
    while top > 1 and _is_alone(sheet, top - 1):
        top -= 1  # its title
    cells = [str(cell) for cell in sheet.table.iloc[place] if isinstance(cell, str)]
    row = sheet.rows(np.array([place]))
    if top >= bottom:
        sentence = (
            f"A second table begins in row {row[0]:,} ({quoted(cells, 3)}): its {bottom:,} rows "
            "were left out."
        )
        mask = np.arange(n_rows) < top
        return sheet.done(sheet.kept(mask), Repair("second_table", None, row, sentence))
    sentence = (
        f"A second, larger table begins in row {row[0]:,} ({quoted(cells, 3)}): the {top:,} rows "
        "above it were left out."
    )
    return _with_own_names(sheet, place, Repair("second_table", None, row, sentence))


def _with_own_names(sheet: Sheet, place: int, repair: Repair) -> Sheet:
    own = sheet.table.iloc[place]
    kept = [j for j in range(len(own)) if isinstance(own.iloc[j], str)]
    table = sheet.table.iloc[place + 1 :, kept]
    names = [str(own.iloc[j]).strip() for j in kept]
    if len(set(names)) < len(names):
        return sheet
    return sheet.done(table.set_axis(names, axis=1), repair, renamed=())


def _is_alone(sheet: Sheet, place: int) -> bool:
    row = sheet.table.iloc[place]
    return int(row.notna().sum()) <= 1


def _second_names(sheet: Sheet, names: list[str]) -> int | None:
    """Return the row of words where two columns at least hold numbers above and below it."""
    columns = {name: sheet.texts(name) for name in names}
    is_number = {name: like_numbers(column) for name, column in columns.items()}
    there = {name: present(column) for name, column in columns.items()}
    words = sum((there[name] & ~is_number[name]).astype(np.intp) for name in names)
    found = np.zeros(len(sheet.table), dtype=np.intp)
    for name in names:
        if is_number[name][there[name]].mean() < 0.5:
            continue
        found += there[name] & ~is_number[name]
    others = [name for name in sheet.names if name not in sheet.text_names]
    free = np.asarray(sheet.table[others].isna()).all(axis=1) if others else np.True_
    candidates: IntArray = np.flatnonzero((found >= 2) & (words >= 2) & free)
    for place in candidates[:20]:
        numbers = sum(int(is_number[name][place]) for name in names)
        if numbers == 0 and 1 < place < len(sheet.table) - 1 and _changes(is_number, there, place):
            return int(place)
    return None


def _changes(is_number: dict[str, BoolArray], there: dict[str, BoolArray], place: int) -> bool:
    """Whether two columns of numbers are broken by one row alone."""
    broken = 0
    for name, numbers in is_number.items():
        above = numbers[:place][there[name][:place]]
        below = numbers[place + 1 :][there[name][place + 1 :]]
        if not there[name][place] or not len(above):
            continue
        is_broken = above.mean() >= _NUMBERS and (not len(below) or below.mean() >= 0.5)
        broken += bool(is_broken)
    return broken >= 2
