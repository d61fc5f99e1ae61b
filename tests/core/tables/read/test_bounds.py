"""No small file takes the server down: what grows is refused before it is made."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.prediction.numbers import predictor_of
from core.explore.prediction.prediction_file import predict_file
from core.lessons.parse import parse_lesson
from core.tables.limits import LIMITS, Limits
from core.tables.read import records
from core.tables.reshape import CombineIds, WideToLong
from core.tables.wording import Wording
from tests.core.tables.read.hostile import QUICK
from tests.core.tables.read.hostile_kinds import FILES, MOST

_SERVER = Path(__file__).with_name("hostile_server.py")
#: What the server may grow by, and how long one file may keep its sender waiting.
_MEGABYTES, _SECONDS = 200, 10

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="memory is not told here"
)


def _serve(names: tuple[str, ...], folder: Path) -> dict[str, dict[str, Any]]:
    """Have files read by a server and return how each ended."""
    for name in names:
        content = FILES[name]()
        assert len(content) <= MOST, name
        (folder / name).write_bytes(content)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(_SERVER), str(folder)],
        capture_output=True,
        check=True,
        text=True,
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    assert set(found) == set(names)
    return found


def _grown(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: told for name, told in found.items() if told["megabytes"] > _MEGABYTES}


@needs_proc
def test_hostile_files_of_every_kind_leave_the_server_small(tmp_path: Path) -> None:
    found = _serve(QUICK, tmp_path)
    assert _grown(found) == {}
    refused = {name for name, told in found.items() if told["kind"] == "error"}
    assert len(refused) > len(QUICK) / 2


@pytest.mark.slow
@needs_proc
def test_two_hundred_hostile_files_leave_the_server_small_and_quick(tmp_path: Path) -> None:
    assert len(FILES) >= 200
    found = _serve(tuple(FILES), tmp_path)
    assert _grown(found) == {}
    late = {name: told for name, told in found.items() if told["seconds"] > _SECONDS}
    stuck = {name: told for name, told in found.items() if told["waited"] > _SECONDS / 4}
    assert (late, stuck) == ({}, {})


def test_json_is_never_parsed_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("parsed here")

    monkeypatch.setattr(records, "_parse", refuse)
    assert core.read_table(b'[{"a": 1}, {"a": 2}]', "t.json")["a"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("rows", "size", "source", "word"),
    [
        (10, 51_000_000, 1_000, "small_table_bytes"),
        (1_000_001, 1_000, 1_000_000, "small_rows"),
        (10, 250_000_001, 2_000_000, "small_table_bytes"),
        (10, 400_000_001, 100_000_000, "table_bytes"),
        (5_000_001, 10, 100_000_000, r"limit \(rows\)"),
    ],
)
def test_a_table_is_measured_by_the_file_it_comes_from(
    rows: int, size: int, source: int, word: str
) -> None:
    LIMITS.check_made(min(rows, 1_000_000), 2, min(size, 50_000_000), source, "t")
    LIMITS.check_made(10, 2, 250_000_000, 2_000_000, "t")
    with pytest.raises(core.DataError, match=word) as error:
        LIMITS.check_made(rows, 2, size, source, "t")
    assert error.value.code == "too_large"


def test_small_files_are_given_less_time_and_memory() -> None:
    assert LIMITS.reading_seconds(MOST) < _SECONDS
    assert LIMITS.reading_memory(MOST) < 1_500_000_000 < LIMITS.reading_memory(20 * MOST)
    assert LIMITS.reading_memory(200 * MOST) == LIMITS.reader_bytes
    assert LIMITS.reading_seconds(200 * MOST) == LIMITS.reader_seconds


def _levels(n: int, levels: int, name: str) -> list[str]:
    return [f"{name}{i % levels}" for i in range(n)]


@pytest.fixture(scope="module")
def crossed() -> pd.DataFrame:
    """Many levels of everything: 40,000 rows, 10,000 schools, categories of 190 and 30 levels."""
    n = 40_000
    school = np.arange(n) // 4
    return pd.DataFrame(
        {
            "school": school,
            "y": np.arange(n) % 97,
            "kind": _levels(n, 190, "k"),
            "mode": _levels(n, 31, "m"),
            "town": [f"t{j % 190}" for j in school],
            "few": _levels(n, 7, "f"),
        }
    )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"predictors": ("kind", "few"), "group": "mode", "varying": ("kind",)}, "'kind'.*varying"),
        ({"predictors": ("few",), "varying": ("few",)}, "10,000 groups.*model_bytes"),
        ({"predictors": ("kind",)}, "10,000 groups.*model_bytes"),
        (
            {
                "predictors": ("kind",),
                "group_predictors": ("town",),
                "cross_level": (("kind", "town"),),
            },
            "36,100 coefficients|'kind' with 'town'",
        ),
        ({"predictors": ("school",), "group": "few", "categorical": ("school",)}, "limit levels"),
    ],
)
def test_a_design_is_counted_before_it_is_made(
    crossed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, spec: dict[str, Any], words: str
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("made before it was counted")

    monkeypatch.setattr("core.tables.grouped.base_columns", refuse)
    monkeypatch.setattr("core.tables.grouped.group_level_columns", refuse)
    asked = core.ModelSpec(**({"outcome": "y", "group": "school"} | spec))
    with pytest.raises(core.DataError, match=words):
        core.GroupedData.from_table(crossed, asked)


def test_the_design_is_multiplied_in_blocks(
    crossed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = core.ModelSpec("y", "few", ("mode",), group_predictors=())
    data = core.GroupedData.from_table(crossed, spec)
    coef = np.random.default_rng(1).normal(size=len(data.terms))
    whole = data.design() @ coef
    monkeypatch.setattr("core.tables.grouped.LIMITS", Limits(cells_here=1_000))
    np.testing.assert_allclose(data.times_design(coef), whole, rtol=1e-12, atol=1e-12)
    monkeypatch.setattr("core.tables.grouped.LIMITS", Limits(model_bytes=-20_000_000))
    with pytest.raises(core.DataError, match="written out"):
        data.design()


def test_a_wide_table_is_not_made_long_beyond_the_limits() -> None:
    names = [f"h{i}" for i in range(100)]
    table = pd.DataFrame(np.zeros((250, 100)), columns=names)
    table = table.join(pd.DataFrame({f"n{i}": np.arange(250.0) for i in range(1_700)}))
    fix = WideToLong(tuple(names), tuple(map(float, range(100))))
    with pytest.raises(core.DataError, match=r"'The long table' would take .*small_table_bytes"):
        core.apply_fix(table, fix)
    long = core.apply_fix(table.iloc[:, :105], fix)
    assert long.shape == (25_000, 7)
    texts = table.iloc[:, :100].assign(note="x" * 10_000)
    with pytest.raises(core.DataError, match=r"'The long table' (would take|takes)"):
        core.apply_fix(texts, fix)


def test_ids_are_combined_as_they_are_written() -> None:
    labels = pd.Categorical(["b", "a", None, "b"], ["b", "a"])
    table = pd.DataFrame(
        {"g": labels, "i": [1.0, 2.0, 3.0, np.nan], "w": [True, False, True, True]}
    )
    combined = core.apply_fix(table, CombineIds("g", "i"))
    assert combined["g:i"].tolist()[:2] == ["b:1", "a:2"]
    assert combined["g:i"].isna().tolist() == [False, False, True, True]
    assert core.apply_fix(table, CombineIds("w", "i"))["w:i"].tolist()[0] == "True:1"
    long = pd.Categorical.from_codes(np.zeros(20_000, dtype=int), ["x" * 10_000])
    wide = pd.DataFrame({"g": long, "i": np.arange(20_000)})
    with pytest.raises(core.DataError, match="'g:i' would take"):
        core.apply_fix(wide, CombineIds("g", "i"))


@pytest.fixture(scope="module")
def fits() -> Any:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"g": _levels(400, 20, "g"), "x": rng.normal(size=400)})
    table["kind"], table["y"] = _levels(400, 3, "k"), rng.normal(size=400)
    return core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g", ("x", "kind"))))


def _predicted(fits: Any, table: pd.DataFrame) -> Any:
    predictor = predictor_of(fits, "partial_pooling")
    return predict_file(fits, predictor, table, Wording())


def test_a_prediction_file_of_strangers_is_read_in_one_pass(fits: Any) -> None:
    n = 60_000
    rows = {"g": _levels(n, n, "new"), "x": _levels(n, n, "word"), "kind": _levels(n, n, "level")}
    rows["x"][0] = "1.5"
    made = _predicted(fits, pd.DataFrame(rows))
    assert made.sentences[0].startswith("0 of 60,000 rows predicted")
    assert len(made.sentences) < 20
    assert "other reasons" in made.sentences[-1]
    reasons = made.table["no prediction because"]
    assert reasons[0] == "level 'level0' of 'kind' was not in the fitted rows"
    assert reasons[7] == "'word7' of 'x' is not a number"


def test_a_prediction_file_is_counted_before_its_design_is_made(fits: Any) -> None:
    n = LIMITS.predicted_cells // 8 + 1
    rows = pd.DataFrame({"g": ["g1"] * n, "x": np.zeros(n), "kind": ["k1"] * n})
    with pytest.raises(core.DataError, match="predicted_cells"):
        _predicted(fits, rows)


@pytest.mark.parametrize("length", [5_000, 60_000])
def test_labels_of_thousands_of_digits_are_labels(length: int) -> None:
    rows = "".join(f"{i % 6},{'7' * length}{i % 3},{i}\n" for i in range(12))
    table = core.read_table(("school,id,y\n" + rows).encode(), "t.csv")
    core.examine(table)
    assert len(table) == 12


def test_a_report_of_many_names_costs_a_column_nothing() -> None:
    names = ",".join(["x"] * 2_000)
    table = core.read_table((names + "\n" + ",".join(["1"] * 2_000)).encode(), "t.csv")
    report = core.read_report(table)
    assert report is not None and len(report.renamed) == 1_999
    kept = table.attrs["read_report"]
    assert table["x_7"].attrs["read_report"] is kept, "no copy with every column"
    assert core.read_report(table.copy()) == report


_DOTTED = {
    "long-name": b"a" + b".a" * 30_000 + b" = 1",
    "long-table": b"[a" + b".a" * 10_000 + b"]\n" + b"".join(b"k%d=1\n" % i for i in range(5_000)),
    "in-a-table": b"a = {b" + b".b" * 20_000 + b" = 1}",
    "nested": b"a = " + b"[" * 30_000,
    "tables": b"[[steps]]\n" * 6_000,
    "digits": b"a = " + b"9" * 60_000,
    "too-long": b"#" * 70_000,
}


@pytest.mark.parametrize("kind", _DOTTED)
def test_a_lesson_that_takes_the_square_of_its_bytes_is_refused_first(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if kind in ("long-name", "long-table", "in-a-table", "too-long"):
        monkeypatch.setattr(tomllib, "loads", lambda _: pytest.fail("was parsed"))
    with pytest.raises(core.PoolingError, match=r"points|nested|bytes|digits|title|missing"):
        parse_lesson(_DOTTED[kind], "mine.toml")


@pytest.mark.parametrize(
    "text",
    [
        "sim-j2000_n1000",
        "sim-j9999999_n1",
        "sim-j3_n9999999",
        "sim-j2000_n101_v1.5",
        "sim-" + "j3_" * 90,
    ],
)
def test_a_link_to_a_huge_simulation_is_refused(text: str) -> None:
    with pytest.raises(core.PoolingError):
        core.read_recipe(text)
