"""Opening tables elsewhere: by a label, as an upload, as text; what they say of themselves."""

from __future__ import annotations

import gc
import gzip
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pytest
from pandas.testing import assert_frame_equal

import core
from core.exceptions import PoolingError
from core.sources.named import VARIABLE
from tests.core.sources.same import differences
from tests.core.sources.server import PASSWORD, Server
from tests.core.sources.tables import load

CASE = load("missing")


def same_as_read(path: Path, spec: core.ModelSpec) -> dict[str, Any]:
    """Return how the fits of a file elsewhere differ from those of the file as it is read."""
    theirs = core.fit_all(core.GroupedData.from_table(core.read_table(path), spec))
    with core.open_table(path) as table:
        return differences(core.fit_all(core.GroupedData.from_query(table, spec)), theirs)


def _case_text() -> pd.DataFrame:
    table = load("categories").table.copy()
    table["g"] = table["g"].str.slice(-2)  # '07' is a name, not the number 7
    return table.round({"y": 3, "x": 2, "z": 4, "u": 5})


CATEGORIES = load("categories").spec


@pytest.mark.parametrize(
    "layout",
    (
        {"sep": ";", "decimal": ","},
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param({"sep": "\t", "na_rep": "NA"}, marks=pytest.mark.slow),
        pytest.param({"sep": "|", "encoding": "latin-1"}, marks=pytest.mark.slow),
        pytest.param({"encoding": "utf-16"}, marks=pytest.mark.slow),
    ),
)
def test_delimited_text_in_many_dialects(layout: dict[str, Any], tmp_path: Path) -> None:
    _case_text().to_csv(tmp_path / "table.csv", index=False, **layout)
    assert same_as_read(tmp_path / "table.csv", CATEGORIES) == {}


def test_packed_text_with_a_title_and_quotes(tmp_path: Path) -> None:
    table = _case_text()
    table["kind"] = table["kind"] + ', "so called"'
    text = "Survey of 2026;;\n\n" + table.to_csv(index=False, sep=";")
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(text.encode()))
    spec = CATEGORIES.update(reference={})
    assert same_as_read(tmp_path / "table.csv.gz", spec) == {}


def test_a_column_that_turns_to_text_far_down(tmp_path: Path) -> None:
    """What the beginning of a file suggests is held against the whole of it."""
    n = 60_000
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "y": rng.normal(size=n).round(4),
            "g": rng.integers(0, 40, size=n),
            "x": rng.normal(size=n).round(4),
            "code": np.where(np.arange(n) == n - 1, "n.n.", rng.integers(1, 5, size=n).astype(str)),
            "zero": np.where(np.arange(n) == n - 1, "01", rng.integers(1, 5, size=n).astype(str)),
        }
    )
    table.to_csv(tmp_path / "table.csv", index=False)
    with core.open_table(tmp_path / "table.csv") as opened:
        assert dict(opened.kinds) == {
            "y": "number",
            "g": "number",
            "x": "number",
            "code": "category",
            "zero": "category",
        }
    spec = core.ModelSpec("y", "g", ("x", "code"), ("x",))
    assert same_as_read(tmp_path / "table.csv", spec) == {}


@pytest.mark.parametrize(
    "text", ("a,b\n1,2\n" * 30 + "1,2,3\n" * 20, "", "\0\1\2\3" * 50, 'a,b\n1,"2\n' * 40)
)
def test_text_that_is_no_table(text: str, tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(PoolingError):
        core.open_table(tmp_path / "table.csv", folder=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_folders_patterns_and_arrow_files(tmp_path: Path) -> None:
    case = load("sleepstudy_uncorr")
    theirs = core.fit_all(core.GroupedData.from_table(case.table, case.spec))
    for i, part in enumerate(np.array_split(np.arange(len(case.table)), 3)):
        (tmp_path / f"year [{i}]").mkdir()
        # Names that DuckDB would take for patterns.
        case.table.iloc[part].to_parquet(tmp_path / f"year [{i}]" / "a*b.parquet", index=False)
    feather.write_feather(pa.Table.from_pandas(case.table), str(tmp_path / "t.arrow"))
    for source in (tmp_path / "*" / "*.parquet", tmp_path / "t.arrow"):
        with core.open_table(str(source)) as table:
            ours = core.fit_all(core.GroupedData.from_query(table, case.spec))
        assert differences(ours, theirs) == {}
    (tmp_path / "t.arrow").unlink()
    with core.open_table(tmp_path) as table:
        assert table.n_rows == len(case.table)


def test_levels_keep_an_order_of_their_own(tmp_path: Path) -> None:
    table = load("categories").table.drop(columns="kind")
    order = ["low", "middle", "high"]
    picked = np.random.default_rng(3).choice(order, size=len(table))
    table["dose"] = pd.Categorical(picked, categories=order, ordered=True)
    table.to_parquet(tmp_path / "table.parquet", index=False)
    spec = core.ModelSpec("y", "g", ("x", "dose"), ("x",))
    theirs = core.fit_all(core.GroupedData.from_table(table, spec))
    plain = table.assign(dose=picked)
    for source, options in (
        (tmp_path / "table.parquet", {}),
        (table, {}),
        (plain, {"orders": {"dose": order}}),
    ):
        with core.open_table(source, **options) as opened:
            ours = core.fit_all(core.GroupedData.from_query(opened, spec))
        assert "dose[middle]" in ours.data.fixef_names
        assert differences(ours, theirs) == {}
    short = {"dose": order[:2]}
    lacking = pytest.raises(core.DataError, match="lacks the level 'high'")
    with core.open_table(plain, orders=short) as opened, lacking:
        opened.grouped(spec)


def test_what_a_table_says_of_itself(tmp_path: Path) -> None:
    with core.open_table(CASE.table) as table:
        assert table.columns == tuple(CASE.table.columns)
        assert table.kinds["g"] == "category" and table.kinds["x"] == "number"
        assert table.n_rows == len(table) == len(CASE.table)
        assert_frame_equal(table.head(3), CASE.table.head(3), check_dtype=False)
        told = table.describe().set_index("column")
        x = CASE.table["x"].replace(np.inf, np.nan)
        assert told.loc["x", "missing"] == x.isna().sum()
        np.testing.assert_allclose(told.loc["x", "mean"], x.mean())
        np.testing.assert_allclose(told.loc["x", "greatest"], x.max())
        assert told.loc["g", "missing"] == CASE.table["g"].isna().sum()
        assert told.loc["g", "distinct"] == CASE.table["g"].nunique()


def test_samples_are_seeded_and_fair(tmp_path: Path) -> None:
    n = 30_000
    pd.DataFrame({"i": np.arange(n)}).to_parquet(tmp_path / "t.parquet")
    with core.open_table(tmp_path / "t.parquet") as table:
        first, again = table.sample(600, seed=1), table.sample(600, seed=1)
        other = table.sample(600, seed=2)
    assert_frame_equal(first, again)
    assert len(first) == len(other) == 600 and first["i"].is_monotonic_increasing
    assert len(set(first["i"]) & set(other["i"])) < 40  # 12 are expected by chance
    # Spread evenly: counts in tenths of the table, chi-square on 9 degrees of freedom.
    counts = np.histogram(pd.concat([first, other])["i"], bins=10, range=(0, n))[0]
    assert np.sum((counts - 120.0) ** 2 / 120.0) < 30.0


def test_sources_by_label(tmp_path: Path, postgres: Server) -> None:
    case = load("sleepstudy_uncorr")
    postgres.load("sleep", case.table)
    case.table.to_parquet(tmp_path / "sleep.parquet", index=False)
    config = {
        "Sleep, from the server": {"address": postgres.address(), "table": "sleep"},
        "Sleep, from a file": {"path": str(tmp_path / "*.parquet"), "about": "Ten days."},
    }
    sources = core.named_sources(config, {})
    assert sources.labels == tuple(config) and sources["Sleep, from a file"].about == "Ten days."
    theirs = core.fit_all(core.GroupedData.from_table(case.table, case.spec))
    for label in sources:
        with sources.open(label) as table:
            assert table.label == f"'{label}'"
            ours = core.fit_all(core.GroupedData.from_query(table, case.spec))
            shown = f"{table!r} {vars(table)} {vars(table._engine)}"
        assert differences(ours, theirs) == {}
        assert PASSWORD not in shown and "tester" not in shown
    for thing in (sources, dict(sources), sources["Sleep, from the server"]):
        assert PASSWORD not in repr(thing) and str(tmp_path) not in repr(thing)
        with pytest.raises(TypeError):
            pickle.dumps(thing)


@pytest.mark.parametrize("typed", ("/etc/passwd", "postgresql://u:p@h/d", "Sleep"))
def test_what_a_reader_types_is_never_opened(typed: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    sources = core.named_sources({"Table": {"path": str(tmp_path / "t.csv")}}, {})
    with pytest.raises(core.SourceError, match="no source") as caught:
        sources.open(typed)
    assert caught.value.code == "unknown_source" and str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    "entry",
    (
        "postgresql://u:secret-word@h/d",
        {},
        {"path": "x.csv", "address": "postgresql://u:secret-word@h/d"},
        {"address": "postgresql://u:secret-word@h/d"},
        {"path": "postgresql://u:secret-word@h/d"},
        {"path": 3},
        {"path": "x.csv", "secret-word": 1},
    ),
)
def test_a_configuration_that_is_wrong(entry: Any) -> None:
    with pytest.raises(core.SourceError) as caught:
        core.named_sources({"Sales": entry}, {})
    assert "'Sales'" in str(caught.value)
    assert "u:secret-word" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_sources_from_the_environment(tmp_path: Path) -> None:
    own = {"Table": {"path": "t.csv"}}
    (tmp_path / "own.toml").write_text('[sources.Table]\npath = "t.csv"\n')
    for text in (
        json.dumps(own),
        '[Table]\npath = "t.csv"',
        str(tmp_path / "own.toml"),
    ):
        found = core.named_sources({"Other": {"path": "o.csv"}}, {VARIABLE: text})
        assert found.labels == ("Other", "Table")
    for text in ("{'secret-word", str(tmp_path / "none.toml"), "secret-word = = 1"):
        with pytest.raises(core.SourceError) as caught:
            core.named_sources({}, {VARIABLE: text})
        assert "secret-word" not in str(caught.value) and VARIABLE in str(caught.value)


def test_a_large_upload_lives_on_disk_and_goes_with_its_table(tmp_path: Path) -> None:
    table = _case_text()
    theirs = core.fit_all(core.GroupedData.from_table(table, CATEGORIES))
    table.to_parquet(tmp_path / "t.parquet", index=False)
    folder = tmp_path / "kept"
    folder.mkdir()
    for content in (table.to_csv(index=False).encode(), (tmp_path / "t.parquet").read_bytes()):
        opened = core.open_upload(content, "../../evil/../schools.csv", folder=folder)
        assert opened.label == "'schools.csv'" and any(folder.iterdir())
        data = core.GroupedData.from_query(opened, CATEGORIES)
        assert differences(core.fit_all(data), theirs) == {}
        del opened
        gc.collect()
        assert data.n_obs and len(data.y) == data.n_obs  # the fits still hold their rows
        del data
        gc.collect()
        assert not any(folder.iterdir())


def test_uploads_that_cannot_be_kept(tmp_path: Path) -> None:
    with open(tmp_path / "zeros", "wb") as file:
        file.truncate(3_000_000)
    cases = (
        (tmp_path / "zeros", {"most_bytes": 1_000_000}, "more than 1 MB"),
        (b"PK\x03\x04" + b"x" * 100, {}, "only be read whole"),
        (b"PAR1" + b"x" * 100, {}, "damaged"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 30_000_000, 9), {}, "times its size"),
    )
    for source, options, words in cases:
        with pytest.raises(PoolingError, match=words):
            core.open_upload(source, "t", folder=tmp_path, **options)
    assert [p.name for p in tmp_path.iterdir()] == ["zeros"]


def test_a_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib

    real = importlib.import_module

    def without(name: str, *rest: Any) -> Any:
        if name in ("ibis", "duckdb"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", without)
    with pytest.raises(core.SourceError, match=r"pip install .*\[engines\]") as caught:
        core.open_table(CASE.table)
    assert caught.value.code == "engine_missing"
