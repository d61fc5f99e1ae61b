"""Workbooks, columnar and statistical files made to grow."""

from __future__ import annotations

import gzip
import io
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet

from tests.core.tables.read.hostile_kinds import add, lying, sizes

# Workbooks: parts written by hand, so that they hold what no program writes.
_SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def workbook(cells: str, shared: str = "", after: str = "", before: str = "") -> bytes:
    """Return an .xlsx file with this inside ``sheetData``, ``sst`` and the rest of the sheet."""
    kind = "application/vnd.openxmlformats"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    sheet = f"<worksheet {_SPACE}>{before}<sheetData>{cells}</sheetData>{after}</worksheet>"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"><Default Extension="xml" '
        f'ContentType="application/xml"/><Default Extension="rels" ContentType="{kind}-package.'
        f'relationships+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_SPACE} xmlns:r="{office}"><sheets><sheet name="s" '
        'sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{office}/sharedStrings" Target="sharedStrings.xml"/>'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": sheet,
        "xl/sharedStrings.xml": f"<sst {_SPACE}>{shared}</sst>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def _rows(n: int, width: int, cell: str) -> str:
    row = cell * width
    return "".join(f"<row r='{i}'>{row}</row>" for i in range(1, n + 1))


def _workbooks() -> None:
    number, text = "<c><v>1</v></c>", '<c t="s"><v>0</v></c>'
    corner = "<row r='{r}'><c r='{c}{r}'><v>1</v></c></row>"
    for row, column in ((1_048_576, "XFD"), (1_048_576, "A"), (30_000, "BXX"), (1, "XFD")):
        far = corner.format(r=1, c="A") + corner.format(r=row, c=column)
        add(f"far-corner-{row}-{column}.xlsx", lambda far=far: workbook(far))
    for label, n in sizes(1_000, 100_000, 1_000_000):
        shared = f"<si><t>{'x' * n}</t></si>"
        add(f"shared-string-{label}.xlsx", lambda s=shared: workbook(_rows(20_000, 2, text), s))
    for label, n in sizes(100, 5_000, 40_000):
        ranges = "".join(f'<mergeCell ref="A{i + 2}:B{60_000}"/>' for i in range(n))
        merged = f"<mergeCells>{ranges}</mergeCells>"
        add(f"merged-overlapping-{label}.xlsx", lambda m=merged: workbook(
            _rows(60_000, 2, number), after=m))  # fmt: skip
    whole = "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 20_000 + "</mergeCells>"
    add("merged-whole-sheet.xlsx", lambda: workbook(_rows(1_000, 50, number), after=whole))
    add("many-cells.xlsx", lambda: workbook(_rows(350_000, 3, number)))
    add("wide-sheet.xlsx", lambda: workbook(_rows(100, 9_000, number)))
    add("many-strings.xlsx", lambda: workbook(_rows(2, 2, text), "<si><t>a</t></si>" * 3_000_000))
    add("deep-xml.xlsx", lambda: workbook("<row>" * 400_000))
    add("dimension.xlsx", lambda: workbook(
        _rows(3, 3, number), before='<dimension ref="A1:XFD1048576"/>'))  # fmt: skip
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{("&" + chr(97 + i) + ";") * 10}">' for i in range(9)
    )  # fmt: skip
    add("entities.xlsx", lambda: workbook(
        _rows(2, 2, text), shared=f"{entities}]><si><t>&j;</t></si>"))  # fmt: skip
    add("lies.xlsx", lambda: lying(workbook(_rows(300_000, 4, number))))
    add("lies-strings.xlsx", lambda: lying(
        workbook(_rows(9, 2, text), f"<si><t>{'x' * 200_000_000}</t></si>")))  # fmt: skip
    for label, n in sizes(1_000, 16_384, 1_000_000):
        add(f"repeated-columns-{label}.ods", lambda n=n: _spreadsheet(repeat_columns=n))
        add(f"repeated-rows-{label}.ods", lambda n=n: _spreadsheet(repeat_rows=n, width=50))


def _spreadsheet(repeat_columns: int = 1, repeat_rows: int = 1, width: int = 2) -> bytes:
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    cell = (
        f'<table:table-cell table:number-columns-repeated="{repeat_columns}" '
        'office:value-type="float" office:value="1"/>'
    )
    row = f'<table:table-row table:number-rows-repeated="{repeat_rows}">{cell * width}'
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{space}office:1.0" '
        f'xmlns:table="{space}table:1.0" xmlns:text="{space}text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="s">{(row + "</table:table-row>") * 40}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
    return out.getvalue()


# Columnar and statistical files: dictionaries, run lengths, compression.
def _parquet(columns: dict[str, Any], **options: Any) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pa.table(columns), out, store_schema=False, **options)
    return out.getvalue()


def _feather(columns: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    pyarrow.feather.write_feather(pa.table(columns), out, compression="zstd")
    return out.getvalue()


def _labels(rows: int, length: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(rows, dtype=np.int8), ["x" * length])


def _columnar() -> None:
    for label, length in sizes(10, 1_000, 100_000):
        for rows in (10_000, 1_000_000):
            add(f"dictionary-{label}-{rows}.parquet", lambda n=length, r=rows: _parquet(
                {"a": _labels(r, n), "b": _labels(r, n)}))  # fmt: skip
            add(f"dictionary-{label}-{rows}.feather", lambda n=length, r=rows: _feather(
                {"a": _labels(r, n), "y": np.zeros(r)}))  # fmt: skip
    for label, rows in sizes(900_000, 4_900_000, 20_000_000):
        add(f"run-lengths-{label}.parquet", lambda r=rows: _parquet(
            {"g": np.zeros(r, np.int8), "y": np.ones(r, np.int8)}))  # fmt: skip
        add(f"zeros-{label}.feather", lambda r=rows: _feather({"y": np.zeros(r)}))
        add(f"nulls-{label}.parquet", lambda r=rows: _parquet({f"c{i}": pa.nulls(r, pa.int8())
                                                                for i in range(3)}))  # fmt: skip
        add(f"booleans-{label}.parquet", lambda r=rows: _parquet({f"c{i}": np.zeros(r, bool)
                                                                   for i in range(5)}))  # fmt: skip
    many = {f"c{i}": np.zeros(24_000, np.int8) for i in range(400)}
    add("cells.parquet", lambda: _parquet(many))
    add("cells.feather", lambda: _feather(many))
    add(
        "lists.parquet",
        lambda: _parquet({"a": pa.array([[0] * 1_000] * 20_000, pa.list_(pa.int8()))}),
    )
    add("structs.feather", lambda: _feather({"a": pa.array([{"b": "x" * 99}] * 200_000)}))
    add(
        "footer.parquet",
        lambda: b"PAR1" + b"\x15\x04" * 200_000 + struct.pack("<I", 400_000) + b"PAR1",
    )
    for kind in ("sav", "dta", "xpt", "rds", "rda"):
        add(f"repeated.{kind}", lambda k=kind: _statistical(k))
    add("gzip-inside.rds", lambda: gzip.compress(b"X\n\0\0\0\x03" + bytes(150_000_000)))
    add("altrep.rds", lambda: gzip.compress(_altrep()))


def _statistical(kind: str) -> bytes:
    import pyreadr
    import pyreadstat

    packed = kind in ("rds", "rda")
    rows = 300_000 if packed else 25_000
    frame = pd.DataFrame({"g": np.zeros(rows), "y": np.ones(rows)})
    if kind == "sav":
        frame["t"] = "x"
    writers = {
        "sav": lambda p: pyreadstat.write_sav(frame, p, compress=True),
        "dta": lambda p: pyreadstat.write_dta(frame, p),
        "xpt": lambda p: pyreadstat.write_xport(frame, p),
        "rds": lambda p: pyreadr.write_rds(p, frame, compress="gzip"),
        "rda": lambda p: pyreadr.write_rdata(p, frame, df_name="t", compress="gzip"),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t.{kind}"
        writers[kind](str(path))
        return path.read_bytes()


def _altrep() -> bytes:
    """Return an R vector 1:1e9 as R itself packs it: three numbers."""
    symbol = b"\0\0\0\x01\0\4\0\x09\0\0\0\x0ecompact_intseq"
    state = b"\0\0\0\x0e\0\0\0\3" + struct.pack(">3d", 1e9, 1.0, 1.0)
    return b"X\n\0\0\0\3\0\4\0\0\0\3\5\0\0\0\0\5UTF-8\0\0\0\xee" + symbol + state


def fill() -> None:
    """Add all of these."""
    _workbooks()
    _columnar()
