"""New columns and chosen rows of a table elsewhere: as in memory, on every engine."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import PoolingError
from core.sources.lazy_table import LazyTable
from core.tables.fix import Fix
from tests.core.sources.same import differences
from tests.core.sources.server import Server

RECIPES: tuple[Fix, ...] = (
    core.CentreGrandMean("x"),
    core.Standardise("x"),
    core.Logarithm("z"),
    core.CentreGroupMean("x", "g"),
    core.AddGroupMean("x", "g"),
)


def _table() -> pd.DataFrame:
    rng = np.random.default_rng(12)
    n = 500
    group, x = rng.integers(0, 12, size=n), rng.normal(size=n)
    lines = rng.normal(size=(12, 2))
    table = pd.DataFrame(
        {
            "y": lines[group, 0] + lines[group, 1] * x + rng.normal(size=n),
            "x": x * 3.0 + 1e3,
            "z": rng.lognormal(size=n) * 1e-4,
            "g": [f'g"{i}' for i in group],
            "flat": 2.0,
            "kind": rng.choice(["a", "b"], size=n),
        }
    )
    table.loc[::17, "x"] = np.nan
    table.loc[::23, "g"] = None
    table.loc[5, "z"] = np.nan
    return table


def _elsewhere(place: str, table: pd.DataFrame, server: Server) -> LazyTable:
    if place == "duckdb":
        return core.open_table(table)
    server.load("recipes", table)
    return core.open_table(server.address(), table="recipes")


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    return table.sort_values("y").reset_index(drop=True)


@pytest.mark.parametrize("place", ("duckdb", pytest.param("postgresql", marks=pytest.mark.slow)))
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: type(r).__name__)
def test_recipes_make_the_columns_of_memory(place: str, recipe: Fix, postgres: Server) -> None:
    table = _table()
    theirs = _sorted(core.apply_fix(table, recipe))
    with _elsewhere(place, table, postgres) as opened:
        changed = opened.apply(recipe)
        assert changed.columns == tuple(theirs.columns)
        ours = _sorted(changed.head(len(table)))
    for name in theirs.columns[table.shape[1] :]:
        own = ours[name].to_numpy(dtype=float, na_value=np.nan)
        np.testing.assert_allclose(own, theirs[name], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("place", ("duckdb", "postgresql"))
def test_recipes_and_filters_in_a_row(place: str, postgres: Server) -> None:
    table = _table()
    memory = table[(table["z"] >= 2e-5) & (table["z"] <= 1e-3) & table["kind"].isin(["a"])]
    for recipe in (core.Logarithm("z"), core.Standardise("x"), core.CentreGroupMean("x", "g")):
        memory = core.apply_fix(memory.reset_index(drop=True), recipe)
    spec = core.ModelSpec(
        "y",
        "g",
        ("x (within g)", "log z"),
        ("x (within g)",),
        group_predictors=("x (g mean)",),
    )
    theirs = core.fit_all(core.GroupedData.from_table(memory, spec))
    with _elsewhere(place, table, postgres) as opened:
        chosen = opened.keep("z", between=(2e-5, 1e-3)).keep("kind", among=["a"])
        for recipe in (core.Logarithm("z"), core.Standardise("x"), core.CentreGroupMean("x", "g")):
            chosen = chosen.apply(recipe)
        ours = core.fit_all(core.GroupedData.from_query(chosen, spec))
    assert differences(ours, theirs) == {}


def test_what_cannot_be_made_is_told_as_in_memory() -> None:
    table = _table()
    table["low"] = table["y"]
    bad = (
        core.Logarithm("low"),
        core.Standardise("flat"),
        core.CentreGrandMean("kind"),
        core.CentreGroupMean("flat", "g"),
    )
    with core.open_table(table) as opened:
        for recipe in bad:
            with pytest.raises(PoolingError) as theirs:
                core.apply_fix(table, recipe)
            with pytest.raises(PoolingError) as ours:
                opened.apply(recipe)
            assert str(ours.value) == str(theirs.value)
        for ask in (
            lambda: opened.apply(core.Logarithm("none")),
            lambda: opened.keep("none", among=[1]),
            lambda: opened.keep("kind", between=(0, 1)),
            lambda: opened.order(none=("a",)),
        ):
            with pytest.raises(core.DataError):
                ask()


def test_a_fix_that_needs_the_rows_says_so() -> None:
    table = _table()
    table.loc[3, "kind"] = "n/k"
    fixes = [fix for finding in core.examine(table) if (fix := finding.fix) is not None]
    others = [fix for fix in fixes if not isinstance(fix, tuple(map(type, RECIPES)))]
    with core.open_table(table) as opened:
        for fix in others:
            with pytest.raises(core.DataError, match="needs the rows themselves"):
                opened.apply(fix)
