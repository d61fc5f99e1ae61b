"""Shapes of real files with invented numbers: the values are right, and what was done is said."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import core

SITES = [f"Ort {letter}" for letter in "ABCDEF"]


def read(text: str, **how: bool) -> pd.DataFrame:
    """Return a table as a user would bring it."""
    return core.read_table(text.encode(), "t.csv", **how)


def rows(cells: Callable[[int, int], str], n: int = 5) -> str:
    """Return n lines for each site; ``cells`` gives what follows its name."""
    return "".join(f"{site};{cells(j, i)}\n" for j, site in enumerate(SITES) for i in range(n))


def commas(header: str, cells: Callable[[int, int], str], n: int = 5) -> str:
    """Return a file with commas."""
    return header + "\n" + rows(cells, n).replace(";", ",")


def keys(table: pd.DataFrame) -> list[str]:
    """Return what was put right."""
    report = core.read_report(table)
    assert report is not None
    return [repair.key for repair in report.repairs]


def test_one_column_proves_the_marks_of_the_file() -> None:
    body = rows(lambda j, i: f"{2 + j}.{316 + i},{37 + i};{f'1.{169 + i}' if i % 2 else 959 - j}")
    table = read("Filiale;Umsatz;Kunden\n" + body)
    assert table["Umsatz"].tolist()[:3] == [2316.37, 2317.38, 2318.39]
    assert table["Kunden"].tolist()[:4] == [959, 1170, 959, 1172]


def test_open_marks_are_asked_and_never_mixed() -> None:
    body = commas("shop,customers", lambda j, i: f"1.{169 + i + j}" if i % 2 else f"{959 - j}")
    table = read(body)
    assert table["customers"].tolist()[:3] == ["959", "1.170", "959"]
    (found,) = core.examine(table)
    assert found.code == "numeric_text" and len(found.choices) == 2


def test_apostrophes_are_thousands() -> None:
    table = read(commas("canton,age,wage", lambda j, i: f'{30 + i},"{7 + j}\'{659 + i}"'))
    assert table["wage"].tolist()[:2] == [7659, 7660]
    assert core.guess_roles(table).outcome == "wage"


def test_units_in_cells_go_to_the_column() -> None:
    table = read(commas("farm,milk,herd", lambda j, i: f"{20 + j}.{i} l,{60 + i + j} cows"))
    assert table["milk"].tolist()[:2] == [20.0, 20.1] and table["herd"].tolist()[:2] == [60, 61]
    report = core.read_report(table)
    assert report is not None and dict(report.units) == {"milk": "l", "herd": "cows"}


def test_two_rows_of_names_are_joined() -> None:
    body = rows(lambda j, i: f"{20 + j + i},{40 + i},{7 + i},{900 + j * i}").replace(";", ",")
    table = read(",Total,,1-unit,\nTown,Bldgs,Units,Bldgs,Value\n" + body)
    assert list(table)[1:] == ["Total Bldgs", "Total Units", "1-unit Bldgs", "1-unit Value"]
    assert all(table[name].dtype.kind in "if" for name in list(table)[1:])


def test_titles_units_and_notes_are_no_rows() -> None:
    body = rows(lambda j, i: f"{40 * i},{3 + j}.{i}").replace(";", ",")
    above, below = "Yields of the trial\n\n", "* provisional values\nSource: the station\n"
    table = read(above + "site,nitrogen,yield\n,kg/ha,t/ha\n" + body + below)
    report = core.read_report(table)
    assert report is not None and len(table) == 30 and table["yield"].iloc[1] == 3.1
    assert dict(report.units) == {"nitrogen": "kg/ha", "yield": "t/ha"}
    assert report.description[0] == "Yields of the trial" and len(report.description) == 3


@pytest.mark.parametrize(
    ("encoding", "name", "word"),
    [("cp1251", "район", "Центральный"), ("cp932", "地域", "東京都"), ("gb18030", "地区", "北京市"),
     ("cp1250", "powiat", "Świętokrzyski źródło łąka")],
)  # fmt: skip
def test_encodings_are_found_by_their_letters(encoding: str, name: str, word: str) -> None:
    text = commas(f"{name},age,score", lambda j, i: f"{30 + i},{j}.{i}").replace("Ort", word)
    table = core.read_table(text.encode(encoding), "t.csv")
    assert table.columns[0] == name and table[name].iloc[0] == f"{word} A"


def test_a_quotation_mark_never_closed_is_named() -> None:
    lines = [f"{'' if k != 7 else chr(34)}p{k},{k % 5}.5,{k}" for k in range(30)]
    table = read("name,score,x\n" + "\n".join(lines) + "\n")
    assert table.shape == (30, 3) and table["x"].tolist() == list(range(30))
    assert "unclosed_quote" in keys(table)


def test_names_are_filled_down_unless_another_column_tells_why_they_lack() -> None:
    text = commas("farm,plot,yield", lambda j, i: f"{i + 1},{3 + j}.{i}")
    blocks = "\n".join(
        "," + line.split(",", 1)[1] if k % 5 != 1 and k else line
        for k, line in enumerate(text.splitlines())
    )
    table = read(blocks)
    assert table["farm"].tolist() == [site for site in SITES for _ in range(5)]
    (repair,) = core.read_report(table).repairs  # type: ignore[union-attr]
    assert repair.code == "fill_down" and repair.column == "farm" and repair.rows[:2] == (2, 3)
    parts = [
        f"S{k},{'whole' if k % 2 else 'part'},{f'Y{k}' if k % 2 else ''},{k}" for k in range(1, 31)
    ]
    assert keys(read("id,type,name,start\n" + "\n".join(parts))) == []


@pytest.mark.parametrize(("odd", "value"), [("NR", None), (">100", None), ("ca. 40", 40.0)])
def test_one_odd_cell_leaves_numbers(odd: str, value: float | None) -> None:
    text = commas("plot,dose,yield", lambda j, i: f"{10 * (i % 4)},{4 + j}.{i}")
    table = read(text.replace("Ort C,30,", f"Ort C,{odd},"))
    assert table["dose"].dtype.kind in "if" and table["dose"].iloc[1] == 10.0
    cell = table["dose"].iloc[13]
    assert cell == value if value is not None else pd.isna(cell)
    assert any(odd in repair.sentence for repair in core.read_report(table).repairs)  # type: ignore[union-attr]


def test_means_after_each_block_are_no_rows() -> None:
    blocks = (
        "".join(f"{site},{i + 1},{10 + i + j}.5\n" for i in range(4)) + f"Mean,,{12.0 + j}\n"
        for j, site in enumerate(SITES)
    )
    table = read("block,plant,height\n" + "".join(blocks))
    assert len(table) == 24 and set(table["block"]) == set(SITES)


def test_lap_times_are_seconds() -> None:
    table = read(commas("driver,lap,time", lambda j, i: f"{i + 1},1:{20 + j}.{i}"))
    assert table["time"].tolist()[:2] == [80.0, 80.1]


def test_missing_codes_far_outside_are_missing() -> None:
    text = commas("clinic,age,score", lambda j, i: f"{30 + i},{999 if i == j else 12 + i + j}")
    assert read(text)["score"].isna().sum() == 5


def test_a_header_in_the_middle_is_no_row() -> None:
    body = rows(lambda j, i: f"{i},{3 + i * j}.{i}").replace(";", ",")
    header = "school,hour,score\n"
    table = read(header + body + header + body)
    assert len(table) == 60 and "duplicate_rows" in {f.code for f in core.examine(table)}


def test_every_repair_can_be_taken_back() -> None:
    body = rows(lambda j, i: f"{40 * i},{3 + j}.{i} t").replace(";", ",")
    text = "Yields\n\nsite,nitrogen,yield\n" + body + "Source: the station\n"
    mended = read(text)
    found = core.read_report(mended).repairs  # type: ignore[union-attr]
    assert {repair.code for repair in found} == {"title_lines", "note_lines", "units"}
    for repair in found:
        options = core.without_repair(core.ReadOptions(), repair)
        assert repair.key not in keys(core.read_table(text.encode(), "t.csv", options))
    assert read(text, repair=False)["yield"].iloc[0] == "3.0 t"


def test_clean_tables_stay_as_they_are() -> None:
    for example in core.EXAMPLES:
        table = core.load_example(example)
        text = table.to_csv(index=False)
        assert keys(read(text)) == []
        pd.testing.assert_frame_equal(read(text), read(text, repair=False))
