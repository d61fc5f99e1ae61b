"""Text tables: what is found out about a file, what is kept as typed, what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import core
from core.tables.read.encoding import Encoding, find_encoding


def read(text: str | bytes, **options: object) -> pd.DataFrame:
    """Read a text as a file of unknown origin."""
    data = text.encode() if isinstance(text, str) else text
    return core.read_table(data, "table.csv", core.ReadOptions(**options))


def cells(table: pd.DataFrame) -> dict[str, list[object]]:
    """Return the columns as lists, missing cells as None."""
    return {name: [None if pd.isna(v) else v for v in table[name]] for name in table}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a\tb\n1\tx\n2\ty\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a|b\n1|x\n2|y\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a b\n1 x\n2 y\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a;b\n1,5;2\n2,5;3\n", {"a": [1.5, 2.5], "b": [2, 3]}),
        ("g;v\nA;1.234,5\nB;2,5\n", {"g": ["A", "B"], "v": [1234.5, 2.5]}),
        ("x\n1,5\n2,3\n", {"x": [1.5, 2.3]}),
        ("alpha\nbeta\ngamma\n", {"alpha": ["beta", "gamma"]}),
        ("name\nSmith, John\nDoe, Jane\n", {"name": ["Smith, John", "Doe, Jane"]}),
        ("sep=;\na;b\n1;2\n", {"a": [1], "b": [2]}),
        ("'a';'b'\n'1';'x;y'\n'2';'z'\n", {"a": [1, 2], "b": ["x;y", "z"]}),
        ('a,b\n1,"x\ny"\n2,z\n', {"a": [1, 2], "b": ["x\ny", "z"]}),
        ("a,b\r1,2\r3,4\r", {"a": [1, 3], "b": [2, 4]}),
        ("a,b\r\n1,2\r\n\r\n3,4\r\n", {"a": [1, 3], "b": [2, 4]}),
        ('"a","b"\n"1",1,2\n"2",3,4\n', {"row": [1, 2], "a": [1, 3], "b": [2, 4]}),
        ("Scores of 2024\nby hand\n\na,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
        ("# one\n# two\na,b\n1,2\n# mid\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
        ("#id,x\n1,2\n2,3\n", {"id": [1, 2], "x": [2, 3]}),
        ("1,2\n4,5\n", {"column_1": [1, 4], "column_2": [2, 5]}),
        ("g,1990,1991\nA,1,2\nB,4,5\n", {"g": ["A", "B"], "1990": [1, 4], "1991": [2, 5]}),
        ("id,n\n01001,5\n20301,6\n", {"id": ["01001", "20301"], "n": [5, 6]}),
        ("id,n\n0x1F,5\n0x11,6\n", {"id": ["0x1F", "0x11"], "n": [5, 6]}),
        ("id,n\n123456789012345678901,1\n123456789012345678902,2\n",
         {"id": ["123456789012345678901", "123456789012345678902"], "n": [1, 2]}),
        ("a,b\n+1,−2\n+3, 4\n", {"a": [1, 3], "b": [-2, 4]}),
        ("t,b\n12:30,TRUE\n13:30,FALSE\n", {"t": ["12:30", "13:30"], "b": ["True", "False"]}),
        ("g,x\nNone,1\nA,None\nNA,3\n,4\n", {"g": ["None", "A", None, None], "x": [1, None, 3, 4]}),
        ("c,x\nNO,1\nNA,2\nNZ,3\nDE,4\n", {"c": ["NO", "NA", "NZ", "DE"], "x": [1, 2, 3, 4]}),
        ("h,x\n5\" pipe,1\n6\" pipe,2\n", {"h": ['5" pipe', '6" pipe'], "x": [1, 2]}),
        ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ("a,b\n1,2\n\x1a", {"a": [1], "b": [2]}),
        ("i,x,y\n1,2,3\n2,3,4\nSource: a bank, 2020\n", {"i": [1, 2], "x": [2, 3], "y": [3, 4]}),
        ('a,b\n1,"never closed\n2,3\n4,5\n', {"a": [1, 2, 4], "b": ["never closed", "3", "5"]}),
    ],
)  # fmt: skip
def test_the_layout_is_found_out(text: str, expected: dict[str, list[object]]) -> None:
    assert cells(read(text)) == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_encodings(encoding: str) -> None:
    text = "école,ü😀\n1,ä\n2,ß\n"
    assert cells(read(text.encode(encoding))) == {"école": [1, 2], "ü😀": ["ä", "ß"]}


def test_windows_encoding() -> None:
    data = "école,prix\nÉvry,12 €\n".encode("cp1252")
    assert find_encoding(data) == Encoding("cp1252", is_guess=True)
    assert cells(read(data)) == {"école": ["Évry"], "prix": [12]}


def test_names_become_unique_and_say_so() -> None:
    table = read("a,a,,a_2, b \n1,2,3,4,5\n")
    assert list(table) == ["a", "a_3", "column_3", "a_2", "b"]
    report = core.read_report(table)
    assert report is not None
    assert report.renamed == (("a", "a_3"), ("", "column_3"))


def test_names_stay_as_typed() -> None:
    names = ["<img src=x onerror=alert(1)>", "x y", "1st", "a:b", "(Intercept)", "שלום", "=1+1"]
    assert list(read(";".join(names) + "\n" + ";".join("1234567") + "\n")) == names


def test_ragged_rows_are_mended_and_reported() -> None:
    table = read("a,b\n1,2\n3\n4,5,6\n7,8,\n" + "9,9\n" * 50)
    assert len(table) == 53
    report = core.read_report(table)
    assert report is not None
    assert "line 4" in report.notes[0]
    assert "line 3" in report.notes[1]


def test_report_survives_a_copy_and_is_plain() -> None:
    table = read("a;b\n1,5;2\n").copy()
    report = core.read_report(table)
    assert report is not None
    assert (report.delimiter, report.decimal, report.n_rows, report.header_row) == (";", ",", 1, 1)
    assert isinstance(table.attrs["read_report"], dict)
    assert core.read_report(pd.DataFrame()) is None


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("a,b\nx,2\n", {"delimiter": ";"}, {"a,b": ["x,2"]}),
        ("a,b\n1,2\n", {"header_row": 0}, {"column_1": ["a", "1"], "column_2": ["b", "2"]}),
        ("x,y\na,b\n1,2\n", {"header_row": 2}, {"a": [1], "b": [2]}),
        ("a\tb\n1,5\tx\n", {"decimal": ","}, {"a": [1.5], "b": ["x"]}),
        ('a,b\n"1,234",x\n', {"thousands": ","}, {"a": [1234], "b": ["x"]}),
        ("a,b\n-,x\n1,y\n", {"missing_tokens": ("-",)}, {"a": [None, 1], "b": ["x", "y"]}),
        ("a,b\n1,x\n2,y\n", {"text_columns": ("a",)}, {"a": ["1", "2"], "b": ["x", "y"]}),
        ("%c\na,b\n1,2\n", {"comment": "%"}, {"a": [1], "b": [2]}),
        ("é,b\n1,2\n".encode("cp850"), {"encoding": "cp850"}, {"é": [1], "b": [2]}),
    ],
)
def test_the_user_can_correct_it(
    text: str | bytes, options: dict[str, object], expected: dict[str, list[object]]
) -> None:
    assert cells(read(text, **options)) == expected


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "holds no rows"),
        (b"\n\n", "holds no rows"),
        (b"a,b\n", "no rows of data"),
        (b",\n,\n", "empty ones"),
        (b"# x\n# y", "holds no rows"),
        (bytes(range(4)) * 100, "no text table"),
        (b"a,b\n1,2\n\0\0\n", "NUL characters"),
        (b"a,b\n1," + b"x" * 10_000_000 + b"\n", "cell_length"),
        (b"x" * 200_000, "cell_length"),
        ((",".join(f"c{i}" for i in range(100_000)) + "\n" + "1," * 100_000).encode(), "2,000"),
        (b"a,b\n" + b"1,2,3\n1,2\n" * 50, "more cells than the header"),
    ],
)
def test_what_is_no_table_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(core.DataError, match=words):
        read(data)


@pytest.mark.parametrize("options", [{"delimiter": "ab"}, {"encoding": "rot13"}, {"decimal": "x"}])
def test_impossible_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(core.DataError):
        read("a,b\n1,2\n", **options)


def test_every_kind_of_source(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\n1,2\n")
    for source in (path, str(path), b"a,b\n1,2\n", io.BytesIO(b"a,b\n1,2\n")):
        assert cells(core.read_table(source)) == {"a": [1], "b": [2]}
    with path.open("rb") as file:
        assert cells(core.read_table(file)) == {"a": [1], "b": [2]}
    assert cells(core.read_table(io.StringIO("a,b\n1,2\n"))) == {"a": [1], "b": [2]}
    with pytest.raises(core.DataError, match="does not exist"):
        core.read_table(tmp_path / "none.csv")
    with pytest.raises(core.DataError, match="folder"):
        core.read_table(tmp_path)


def test_numbers_survive_to_the_last_digit() -> None:
    numbers = np.random.default_rng(1).normal(size=1000) * 10.0 ** np.arange(-5, 5).repeat(100)
    table = read("x,g\n" + "".join(f"{v!r},a\n" for v in numbers.tolist()))
    assert np.array_equal(table["x"].to_numpy(), numbers)


def test_a_backslash_before_a_quotation_mark_is_read_as_it_fits() -> None:
    for ending in ("once\\\n\\", "\\"):
        text = "id,note,x\n" + "".join(f'{j},"a, b {ending}",{j}.5\n' for j in range(9))
        assert cells(read(text))["note"] == [f"a, b {ending}"] * 9
    text = "id,note,x\n" + "".join(f'{j},"a, \\"b\\" c",{j}.5\n' for j in range(9))
    assert cells(read(text))["note"] == ['a, "b" c'] * 9


def test_a_cell_of_many_lines_is_no_table_of_many_rows() -> None:
    with pytest.raises(core.DataError, match="cell_length"):
        read('a,b\n1,"' + "text\n" * 40_000 + '"\n2,c\n')


def test_a_table_in_markdown() -> None:
    text = "| school | x |\n|:---|---:|\n" + "".join(f"| S{j // 3} | {j}.5 |\n" for j in range(9))
    table = read(text)
    assert cells(table) == {
        "school": [f"S{j // 3}" for j in range(9)],
        "x": [j + 0.5 for j in range(9)],
    }
    assert core.examine(table, "school") == ()


def test_blanks_at_the_ends_go_where_every_cell_has_them() -> None:
    rows = "".join(f"S{j % 4}, {'m' if j % 2 else 'f'}, {j}.5\n" for j in range(8))
    assert set(read("school, sex, x\n" + rows)["sex"]) == {"m", "f"}
    typed = read("school,sex\n" + "".join(f"S{j % 4},{'m ' if j else 'm'}\n" for j in range(8)))
    assert set(typed["sex"]) == {"m ", "m"}, "some blanks only are as they were typed"
