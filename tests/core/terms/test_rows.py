"""A filter gives what a table gives that was cut beforehand; left-out rows count apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.data import overview
from core.explore.pooling import parameters
from core.tables.wording import Wording
from tests.golden.terms.models import read

SPEC = core.ModelSpec(
    outcome="y", group="g", predictors=("x", "z"), varying=("x",), terms=(core.Power("x"),)
)
CASES = [
    (core.Keep("a", ("red", "blue")), lambda t: t["a"].isin(["red", "blue"])),
    (core.Keep("w", between=(40, 70)), lambda t: t["w"].between(40, 70)),
    (core.Keep("w", between=(None, 50)), lambda t: t["w"] <= 50),
    (core.Keep("z"), lambda t: t["z"].notna()),
    (core.Keep("date", between=("2000-01-01", None)), lambda t: t["date"] >= "2000-01-01"),
    (core.Keep("g", ("g01", "g02", "g05", "g09", "g11", "g20")), lambda t: t["g"].isin(
        ["g01", "g02", "g05", "g09", "g11", "g20"])),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(CASES)))
def test_a_filter_is_a_table_cut_beforehand(case: int) -> None:
    keep, cut = CASES[case]
    table = read("simulated")
    ours = core.fit_all(core.GroupedData.from_table(table, SPEC.update(rows=(keep,))))
    theirs = core.fit_all(core.GroupedData.from_table(table[cut(table)], SPEC))
    assert ours.data.n_obs == theirs.data.n_obs
    assert ours.data.group_names == theirs.data.group_names
    assert ours.multilevel.criterion_value == theirs.multilevel.criterion_value
    assert np.array_equal(ours.multilevel.coef, theirs.multilevel.coef)
    assert np.array_equal(ours.no_pooling.coef, theirs.no_pooling.coef, equal_nan=True)
    for say in (overview.table_headline, overview.left_out_sentence):
        assert say(ours.data, Wording()) == say(theirs.data, Wording())
    words = parameters.model_in_words
    assert words(ours, Wording()) == words(theirs, Wording())


def test_rows_of_the_filter_and_rows_with_gaps_count_apart() -> None:
    table = read("simulated")
    keep = core.Keep("w", between=(40, 70))
    data = core.GroupedData.from_table(table, SPEC.update(rows=(keep,)))
    inside = table["w"].between(40, 70)
    gaps = inside & table[["y", "z"]].isna().any(axis=1)
    assert data.left_out.n_filtered == (~inside).sum()
    assert sorted(data.left_out.rows) == sorted(np.flatnonzero(gaps))
    assert data.left_out.used(len(table)).sum() == data.n_obs
    lost = overview.left_out_table(table, data)
    assert list(lost["row"]) == list(np.flatnonzero(gaps) + 1)


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        (core.Keep("a", ("violet",)), "No row has violet"),
        (core.Keep("a", between=(1, 2)), "neither numbers nor dates"),
        (core.Keep("w", between=("abc", None)), "is no end of a range"),
        (core.Keep("w", between=(1000, 2000)), "Loosen the filter"),
        (core.Keep("nowhere"), "has no column 'nowhere'"),
    ],
)
def test_a_filter_that_cannot_be_is_told_in_words(keep: core.Keep, words: str) -> None:
    with pytest.raises(core.DataError, match=words):
        core.GroupedData.from_table(read("simulated"), SPEC.update(rows=(keep,)))


def test_numbers_are_kept_by_how_they_are_written() -> None:
    table = pd.DataFrame(
        {"y": np.arange(12.0) ** 1.5, "g": list("aabbcc") * 2, "k": [1.0, 2.0] * 6}
    )
    spec = core.ModelSpec(outcome="y", group="g", rows=(core.Keep("k", ("1",)),))
    assert core.GroupedData.from_table(table, spec).n_obs == 6


def test_rows_are_chosen_where_the_table_is(tmp_path) -> None:
    pytest.importorskip("duckdb")
    table = read("simulated")
    table.to_parquet(tmp_path / "t.parquet")
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    for keep, _ in CASES[:4]:
        asked = spec.update(rows=(keep,))
        here = core.GroupedData.from_table(table, asked)
        with core.open_table(str(tmp_path / "t.parquet")) as there:
            away = core.GroupedData.from_query(there, asked)
            assert (away.n_obs, away.left_out.n_filtered) == (
                here.n_obs,
                here.left_out.n_filtered,
            )
            ours, theirs = core.fit_all(away).multilevel, core.fit_all(here).multilevel
            assert abs(ours.criterion_value - theirs.criterion_value) < 1e-7
            with pytest.raises(core.DataError, match="made of rows"):
                core.GroupedData.from_query(there, spec.update(terms=(core.Power("x"),)))
