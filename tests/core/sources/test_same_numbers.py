"""Every engine gives the numbers that a table in memory gives, to 1e-9 of their size."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import core
from core.results import PoolingFits
from core.sources.lazy_table import LazyTable
from tests.core.sources.same import CLOSE, differences, frame_gap
from tests.core.sources.server import Server
from tests.core.sources.tables import NAMES, Case, load

#: Nothing is left to predict, so the scores are of rounding.
_NO_SCORES = ("refused",)
#: Tables that every run tries, on DuckDB and on a server; all of them with ``--slow``.
_ALWAYS = {
    "duckdb": (
        "sleepstudy_uncorr",
        "scales",
        "shifted",
        "apart",
        "hostile",
        "missing",
        "categories",
    ),
    "postgresql": ("scales", "shifted", "hostile", "missing", "categories"),
}
#: Tables on which every way to hold out is tried.
_HELD_OUT = ("sleepstudy_uncorr", "categories", "missing", "radon_cross", "hostile")


@cache
def in_memory(name: str) -> PoolingFits:
    """Return the fits of a case in memory."""
    case = load(name)
    return core.fit_all(core.GroupedData.from_table(case.table, case.spec))


def every(engine: str) -> list[Any]:
    """Return the names of all tables, those that are not tried always marked as slow."""
    return [
        name if name in _ALWAYS[engine] else pytest.param(name, marks=pytest.mark.slow)
        for name in NAMES
    ]


def check(
    case_name: str, table: LazyTable, *, holds_out: bool, theirs: PoolingFits | None = None
) -> None:
    """Hold the fits of a table elsewhere against those in memory."""
    case, theirs = load(case_name), theirs or in_memory(case_name)
    data = core.GroupedData.from_query(table, case.spec)
    ours = core.fit_all(data)
    assert differences(ours, theirs) == {}
    if holds_out and case_name not in _NO_SCORES:
        assert _scores_gap(data, theirs.data) < CLOSE


def _scores_gap(ours: core.GroupedData, theirs: core.GroupedData) -> float:
    worst = 0.0
    for hold_out in ("people", "groups"):
        found = [core.cross_validate(data, hold_out, 4, 7) for data in (ours, theirs)]
        for name in ("summary", "differences", "by_size"):
            worst = max(worst, frame_gap(*(getattr(one, name) for one in found)))
    return worst


@pytest.mark.parametrize("name", every("duckdb"))
def test_duckdb_on_parquet(name: str, tmp_path: Path) -> None:
    """A file is as ``core.read_table`` reads it: an empty text is missing, truth a category."""
    path, case = tmp_path / "table.parquet", load(name)
    case.table.to_parquet(path, index=False)
    theirs = core.fit_all(core.GroupedData.from_table(core.read_table(path), case.spec))
    with core.open_table(path) as table:
        check(name, table, holds_out=name in _HELD_OUT, theirs=theirs)


@pytest.mark.parametrize("name", ("numbers_as_groups", "case_of_names"))
def test_duckdb_in_memory(name: str) -> None:
    with core.open_table(load(name).table) as table:
        check(name, table, holds_out=True)


@pytest.mark.parametrize("name", every("postgresql"))
def test_postgresql(name: str, postgres: Server) -> None:
    case = load(name)
    postgres.load(name, case.table)
    with core.open_table(postgres.address(), table=name) as table:
        check(name, table, holds_out=name in _HELD_OUT)


def on_spark(spark: Any, case: Case) -> LazyTable:
    """Return a case as a table of Spark, handed in as Ibis has it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = spark._session.createDataFrame(case.table)
        frame.createOrReplaceTempView("spark_table")
        return core.open_table(spark.table("spark_table"), label="the Spark table")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "case_of_names"])
def test_spark(name: str, spark: Any) -> None:
    check(name, on_spark(spark, load(name)), holds_out=name in _HELD_OUT)
