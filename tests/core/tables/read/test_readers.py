"""Every format gives the same table; archives, workbooks and hostile files stay within bounds."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import pickle
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

import core
from core.tables.read.readers import read_here

pyreadr = pytest.importorskip("pyreadr")
pyreadstat = pytest.importorskip("pyreadstat")
pytest.importorskip("python_calamine")


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """A small grouped table with a missing cell, whole and decimal numbers, text and a date."""
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "school": np.repeat(np.arange(1, 7), 5),
            "score": rng.normal(size=30).round(6),
            "sex": rng.choice(["F", "M"], 30),
            "when": pd.date_range("2020-01-01", periods=30).astype("datetime64[us]"),
        }
    )
    frame.loc[4, "score"] = np.nan
    return frame


def _excel(frame: pd.DataFrame, path: Path) -> None:
    frame.to_excel(path, index=False)


def _ods(frame: pd.DataFrame, path: Path) -> None:
    path.write_bytes(make_ods([list(frame), *frame.astype(object).to_numpy().tolist()]))


def _dates_as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame as the R writer can write it: it knows no dates."""
    return frame.assign(when=frame["when"].dt.strftime("%Y-%m-%d"))


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "csv": lambda frame, path: frame.to_csv(path, index=False),
    "tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "txt": lambda frame, path: frame.to_csv(path, index=False, sep=";", decimal=","),
    "csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "csv.bz2": lambda frame, path: frame.to_csv(path, index=False),
    "csv.xz": lambda frame, path: frame.to_csv(path, index=False),
    "zip": lambda frame, path: path.write_bytes(make_zip({"t.csv": frame.to_csv(index=False)})),
    "xlsx": _excel,
    "ods": _ods,
    "parquet": lambda frame, path: frame.to_parquet(path),
    "feather": lambda frame, path: frame.to_feather(path),
    "dta": lambda frame, path: frame.to_stata(path, write_index=False),
    "sav": lambda frame, path: pyreadstat.write_sav(frame, str(path)),
    "por": lambda frame, path: pyreadstat.write_por(frame, str(path)),
    "xpt": lambda frame, path: pyreadstat.write_xport(frame, str(path)),
    "rds": lambda frame, path: pyreadr.write_rds(str(path), _dates_as_text(frame)),
    "rda": lambda frame, path: pyreadr.write_rdata(str(path), _dates_as_text(frame), df_name="t"),
    "json": lambda frame, path: frame.to_json(
        path, orient="records", date_format="iso", double_precision=15
    ),
    "jsonl": lambda frame, path: frame.to_json(
        path, orient="records", lines=True, date_format="iso", double_precision=15
    ),
}


def make_zip(files: dict[str, str | bytes]) -> bytes:
    """Return a zip archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def make_ods(rows: list[list[object]]) -> bytes:
    """Return the smallest OpenDocument spreadsheet with these cells."""
    space = "urn:oasis:names:tc:opendocument:xmlns:"
    body = ""
    for row in rows:
        body += "<table:table-row>"
        for value in row:
            if isinstance(value, pd.Timestamp):
                date = value.date().isoformat()
                body += f'<table:table-cell office:value-type="date" office:date-value="{date}"/>'
            elif isinstance(value, str):
                body += f'<table:table-cell office:value-type="string"><text:p>{value}</text:p>'
                body += "</table:table-cell>"
            elif value is None or value != value:
                body += "<table:table-cell/>"
            else:
                body += f'<table:table-cell office:value-type="float" office:value="{value}"/>'
        body += "</table:table-row>"
    content = (
        f'<?xml version="1.0"?><office:document-content xmlns:office="{space}office:1.0" '
        f'xmlns:table="{space}table:1.0" xmlns:text="{space}text:1.0"><office:body>'
        f'<office:spreadsheet><table:table table:name="Sheet1">{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<manifest:manifest xmlns:manifest="{space}manifest:1.0"><manifest:file-entry '
        'manifest:full-path="/" manifest:media-type="x"/></manifest:manifest>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    return make_zip({"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest})


@pytest.mark.parametrize("extension", WRITERS)
def test_the_same_table_in_every_format(
    table: pd.DataFrame, tmp_path: Path, extension: str
) -> None:
    path = tmp_path / f"t.{extension}"
    WRITERS[extension](table, path)
    found = core.read_table(path)
    found.columns = found.columns.str.lower()  # SPSS portable files know capitals only
    if extension in ("rds", "rda"):
        found["when"] = pd.to_datetime(found["when"]).astype("datetime64[us]")
    precision = 1e-9 if extension == "por" else 0.0
    pd.testing.assert_frame_equal(found, table, rtol=precision, atol=0.0)


def test_content_decides_and_not_the_name(table: pd.DataFrame) -> None:
    out = io.BytesIO()
    table.to_parquet(out)
    assert core.read_table(out.getvalue(), "t.csv").shape == table.shape
    assert core.read_table(table.to_csv(index=False).encode(), "t.xlsx").shape == table.shape


def test_value_labels_become_categories(tmp_path: Path) -> None:
    frame = pd.DataFrame({"g": [2.0, 1.0, 2.0], "age": [20.0, 30.0, -9.0]})
    labels = {"g": {1.0: "north", 2.0: "south"}, "age": {-9.0: "refused"}}
    pyreadstat.write_sav(frame, str(tmp_path / "t.sav"), variable_value_labels=labels)
    pyreadstat.write_dta(frame.astype(int), str(tmp_path / "t.dta"), variable_value_labels={
        name: {int(code): label for code, label in pairs.items()} for name, pairs in labels.items()
    })  # fmt: skip
    for path in (tmp_path / "t.sav", tmp_path / "t.dta"):
        found = core.read_table(path)
        assert found["g"].tolist() == ["south", "north", "south"]
        assert found["g"].cat.categories.tolist() == ["north", "south"]
        assert found["age"].tolist() == [20, 30, -9]  # one labelled code makes no category


def test_sheets_titles_and_header_rows(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    with pd.ExcelWriter(path) as book:
        pd.DataFrame([["Scores", None, None], [None] * 3, ["g", "x", "y"], ["a", 1, 2.5]]).to_excel(
            book, sheet_name="first", index=False, header=False
        )
        pd.DataFrame({"p": [1], "q": ["01001"]}).to_excel(book, sheet_name="second", index=False)
    found = core.read_table(path)
    assert found.to_dict("list") == {"g": ["a"], "x": [1], "y": [2.5]}
    report = core.read_report(found)
    assert report is not None
    assert (report.sheet, report.sheets, report.header_row) == ("first", ("first", "second"), 3)
    assert "second" in report.notes[0]
    second = core.read_table(path, options=core.ReadOptions(sheet="second"))
    assert second.to_dict("list") == {"p": [1], "q": ["01001"]}
    by_row = core.read_table(path, options=core.ReadOptions(header_row=3))
    assert list(by_row) == ["g", "x", "y"]
    with pytest.raises(core.DataError, match="no sheet 'third'"):
        core.read_table(path, options=core.ReadOptions(sheet="third"))


def test_merged_cells_have_their_value_in_every_row(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([])
    sheet.append(["A title over all columns"])
    sheet.merge_cells("A2:C2")
    sheet.append(["school", "class", "score"])
    for j in range(6):
        for i in range(4):
            sheet.append([f"S{j}" if i == 0 else None, "a" if i % 2 == 0 else None, j + i / 10])
        sheet.merge_cells(f"A{4 * j + 4}:A{4 * j + 7}")
    book.save(tmp_path / "merged.xlsx")
    table = core.read_table(tmp_path / "merged.xlsx")
    assert list(table["school"]) == [f"S{j}" for j in range(6) for _ in range(4)]
    assert table["class"].isna().sum() == 12, "empty cells that are not merged stay empty"
    assert any("6 cells merged" in note for note in core.read_report(table).notes)


def test_the_sheet_of_the_data_is_opened(table: pd.DataFrame, tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "cover.xlsx") as book:
        pd.DataFrame({"About": ["Schools", "2024"]}).to_excel(book, sheet_name="Cover")
        table.to_excel(book, sheet_name="Data", index=False)
        table.head(20).to_excel(book, sheet_name="More", index=False)
    read = core.read_table(tmp_path / "cover.xlsx")
    assert core.read_report(read).sheet == "Data" and read.shape == table.shape
    with pytest.raises(core.DataError, match="password"):
        encrypted = bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le")
        core.read_table(encrypted, "secret.xlsx")


@pytest.mark.parametrize("orient", ["split", "index", "records", "columns", "table"])
def test_every_way_that_pandas_writes_json(table: pd.DataFrame, orient: str) -> None:
    read = core.read_table(table.to_json(orient=orient, date_format="iso").encode(), "t.json")
    pd.testing.assert_frame_equal(read[["school", "score", "sex"]], table.drop(columns="when"))


def test_members_of_archives() -> None:
    packed = make_zip(
        {"__MACOSX/a.csv": "x", "read.me": "x", "a.csv": "x,y\n1,2\n", "b.csv": "z\n5\n"}
    )
    found = core.read_table(packed, "both.zip")
    assert list(found) == ["x", "y"]
    report = core.read_report(found)
    assert report is not None
    assert report.members == ("a.csv", "b.csv")
    assert list(core.read_table(packed, options=core.ReadOptions(member="b.csv"))) == ["z"]
    with pytest.raises(core.DataError, match=r"no file 'c.csv'"):
        core.read_table(packed, options=core.ReadOptions(member="c.csv"))


def test_json_shapes() -> None:
    expected = {"g": ["a", "b"], "x": [1.5, 2.5]}
    shapes: list[object] = [
        [{"g": "a", "x": 1.5}, {"g": "b", "x": 2.5}],
        {"data": [{"g": "a", "x": 1.5}, {"g": "b", "x": 2.5}]},
        {"g": ["a", "b"], "x": [1.5, 2.5]},
        {"g": {"0": "a", "1": "b"}, "x": {"0": 1.5, "1": 2.5}},
        [["g", "x"], ["a", 1.5], ["b", 2.5]],
    ]
    for shape in shapes:
        found = core.read_table(json.dumps(shape).encode(), "t.json")
        assert found.to_dict("list") == expected


@pytest.mark.parametrize("pack", ["gzip", "zip", "xz"])
def test_bombs_are_stopped_while_unpacking(pack: str) -> None:
    content = b"1\n" * 15_000_000
    packers = {
        "gzip": gzip.compress,
        "xz": lzma.compress,
        "zip": lambda data: make_zip({"t.csv": data}),
    }
    with pytest.raises(core.DataError, match="unpacked_ratio") as caught:
        core.read_table(packers[pack](content), f"t.{pack}")
    assert caught.value.code == "too_large"


@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_a_workbook_bomb_is_stopped_before_it_is_opened(tmp_path: Path, part: str) -> None:
    path = tmp_path / "t.xlsx"
    pd.DataFrame({"a": ["x", "y"]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as sound:
        files = {name: sound.read(name) for name in sound.namelist()}
    bomb = make_zip(files | {part: b" " * 40_000_000})
    with pytest.raises(core.DataError, match="unpacked_ratio"):
        core.read_table(bomb, "t.xlsx")


def test_archive_in_archive_is_refused() -> None:
    inner = gzip.compress(gzip.compress(b"a,b\n1,2\n"))
    with pytest.raises(core.DataError, match="inside an archive"):
        core.read_table(inner, "t.csv.gz.gz")


def _numpy_objects() -> bytes:
    out = io.BytesIO()
    np.save(out, np.array([{"a": 1}], dtype=object))
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (pickle.dumps({"a": [1]}), "pickle"),
        (_numpy_objects(), "NumPy"),
        (make_zip({"a.npy": _numpy_objects()}), "NumPy"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 100, "HDF5"),
        (b"SQLite format 3\0" + b"\0" * 100, "SQLite"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page"),
        (make_zip({"[Content_Types].xml": "", "word/document.xml": ""}), "office"),
        (make_zip({"readme.md": "x"}), "no table"),
        (b"PK\x03\x04 cut short", "damaged"),
        (b"\x1f\x8b cut short", "damaged"),
        (b"PAR1 cut short", "Parquet"),
        (b"ARROW1\0\0 cut short", "Feather"),
        (b"<stata_dta><header>", "Stata"),
        (b"$FL2@(#) cut short", "SPSS"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "Excel"),
        (b"RDX3\nX\n\0\0\0\x03", "R file"),
        (b'[{"a": 1}, {"a": ', "JSON"),
        (b'{"a": 1}', "no table"),
        (b"[" * 100_000, "JSON|nested"),
        (b'[{"a":' * 20_000, "JSON|nested"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(data: bytes, words: str) -> None:
    with pytest.raises(core.DataError, match=words):
        core.read_table(data, "upload")


def test_limits_hold_for_binary_tables(tmp_path: Path) -> None:
    wide = pa.table({f"c{i}": [1] for i in range(3_000)})
    pyarrow.parquet.write_table(wide, tmp_path / "wide.parquet")
    with pytest.raises(core.DataError, match="2,000"):
        core.read_table(tmp_path / "wide.parquet")
    pyarrow.feather.write_feather(pa.table({"t": ["x" * 200_000]}), tmp_path / "long.feather")
    with pytest.raises(core.DataError, match="cell_length"):
        core.read_table(tmp_path / "long.feather")


def test_a_small_file_of_long_texts_is_stopped(tmp_path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(np.zeros(10_000, dtype=np.int32), ["x" * 100_000])
    path = tmp_path / "bomb.parquet"
    pyarrow.parquet.write_table(pa.table({"a": texts}), path, store_schema=False)
    assert path.stat().st_size < 200_000
    with pytest.raises(core.DataError, match=r"table_bytes|memory"):
        core.read_table(path)


def test_nested_and_odd_columns_are_flattened(tmp_path: Path) -> None:
    odd = pa.table(
        {
            "l": [[1, 2], None],
            "d": pa.array([1, 2], pa.duration("s")),
            "u": pa.array([2**64 - 1, 1], pa.uint64()),
            "b": [b"x", b"\xff"],
            "t": pa.array([1, 2], pa.timestamp("ns", tz="Europe/Paris")),
        }
    )
    pyarrow.parquet.write_table(odd, tmp_path / "odd.parquet")
    found = core.read_table(tmp_path / "odd.parquet")
    assert found["l"].tolist()[0] == "[1, 2]"
    assert len(found) == 2


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyreadstat", None)
    with pytest.raises(core.DataError, match=r"pyreadstat.*\[formats\]") as caught:
        read_here(b"$FL2", "t.sav", core.ReadOptions())
    assert caught.value.code == "missing_package"
