"""Rows that stay elsewhere: few are fetched, many are stood for by a sample that says so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.checks.numbers import checked_along, checked_columns
from core.explore.checks.reference import reference
from core.explore.compare.comparison import compare
from core.explore.compare.numbers import r_squared
from core.explore.data.overview import outcome_histogram
from core.explore.dial.labels import dial_labels
from core.explore.pooling.lines import group_lines
from core.explore.variance.numbers import null_model
from core.explore.variance.zero import fits_at_zero, invariance, predictor_span
from core.results import PoolingFits
from core.sources import fetching
from core.sources.queried import QueriedData
from core.tables.rows.keys import hash_key
from core.tables.wording import Wording
from tests.core.sources.same import CLOSE, differences, frame_gap
from tests.core.sources.server import Server
from tests.core.sources.tables import load

SPEC = core.ModelSpec("y", "g", ("x", "kind"), ("x",), group_predictors=("u",))


def _large() -> pd.DataFrame:
    """Return 30,000 rows in 400 groups, one of them larger than a sample takes of any."""
    rng = np.random.default_rng(8)
    sizes = rng.integers(20, 120, size=400)
    sizes[7] = 3_000
    group = np.repeat(np.arange(400), sizes)
    n = len(group)
    x, u = rng.normal(size=n) + 3.0, rng.normal(size=400)[group]
    lines = rng.normal(size=(400, 2)) * [1.0, 0.4]
    kind = rng.choice(["a", "b", "c"], size=n)
    y = 2.0 + lines[group, 0] + (0.7 + lines[group, 1]) * x + u + rng.normal(size=n)
    return pd.DataFrame({"y": y, "x": x, "u": u, "kind": kind, "g": group, "id": np.arange(n)})


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return _large()


@pytest.fixture(scope="module")
def pair(large: pd.DataFrame) -> Iterator[tuple[PoolingFits, PoolingFits]]:
    """Return the fits of a table whose rows are too many to fetch, and those in memory."""
    theirs = core.fit_all(core.GroupedData.from_table(large, SPEC))
    patch = pytest.MonkeyPatch()
    patch.setattr(fetching, "MOST_ROWS", 10_000)
    with core.open_table(large) as table:
        yield core.fit_all(core.GroupedData.from_query(table, SPEC)), theirs
    patch.undo()


def test_few_rows_are_fetched_once_in_their_order() -> None:
    case = load("missing")
    theirs = core.GroupedData.from_table(case.table, case.spec)
    with core.open_table(case.table) as table:
        ours = core.GroupedData.from_query(table, case.spec)
        np.testing.assert_array_equal(ours.y, theirs.y)
        assert ours.y is ours.y and ours.in_hand is ours and ours.sample_note == ""
    np.testing.assert_array_equal(ours.group_index, theirs.group_index)
    np.testing.assert_array_equal(ours.design(), theirs.design())


def test_many_rows_are_refused_in_words(pair: tuple[PoolingFits, PoolingFits]) -> None:
    ours = pair[0]
    for ask in (lambda: ours.data.y, lambda: core.cross_validate(ours.data)):
        with pytest.raises(core.SourceError, match="needs every row") as caught:
            ask()
        assert caught.value.code == "rows_elsewhere"


def test_a_sample_of_whole_groups_says_what_it_is(
    pair: tuple[PoolingFits, PoolingFits], large: pd.DataFrame
) -> None:
    data = pair[0].data
    held = data.in_hand
    assert held is data.in_hand and held.group_names == data.group_names
    assert 15_000 < held.n_obs <= fetching.SAMPLE_ROWS + 200
    live = held.group_sizes > 0
    whole = live & (data.group_sizes <= fetching.SAMPLE_OF_A_GROUP)
    np.testing.assert_array_equal(held.group_sizes[whole], data.group_sizes[whole])
    assert f"{held.n_obs:,} of {len(large):,}" in data.sample_note
    assert f"{int(live.sum()):,} of 400 groups" in data.sample_note
    # Every row of the sample is a row of the table.
    mine = pd.DataFrame({"g": [data.group_names[j] for j in held.group_index], "y": held.y})
    known = set(zip(large["g"].astype(str), large["y"], strict=True))
    assert set(zip(mine["g"], mine["y"], strict=True)) <= known


def test_a_giant_group_is_thinned(large: pd.DataFrame) -> None:
    with core.open_table(large) as table:
        data = core.GroupedData.from_query(table, SPEC)
        assert isinstance(data, QueriedData)
        rows = data.rows_elsewhere
        sizes = [
            np.bincount(rows.sample(30_000, 500, seed).group_index, minlength=400)[7]
            for seed in range(3)
        ]
    assert all(abs(size - 500) < 120 for size in sizes)


def test_all_rows_of_one_group(pair: tuple[PoolingFits, PoolingFits], large: pd.DataFrame) -> None:
    own = pair[0].data.rows_of("7")
    assert own.n_obs == 3_000 and own.n_groups == 400
    np.testing.assert_allclose(np.sort(own.y), np.sort(large.loc[large["g"] == 7, "y"]))


def test_a_sample_can_be_cross_validated(pair: tuple[PoolingFits, PoolingFits]) -> None:
    data = pair[0].data
    assert isinstance(data, QueriedData)
    sample = data.sample(5_000, seed=3)
    assert sample.n_groups < 120 and int((sample.group_sizes == 0).sum()) == 0
    again = data.sample(5_000, seed=3)
    np.testing.assert_array_equal(sample.y, again.y)
    found = core.cross_validate(sample, folds=4).summary.set_index("estimator")
    assert found.loc["partial_pooling", "rmse"] < found.loc["complete_pooling", "rmse"]


def test_what_lives_on_moments_is_as_in_memory(pair: tuple[PoolingFits, PoolingFits]) -> None:
    ours, theirs = pair
    assert differences(ours, theirs) == {}
    found = [r_squared(fits.multilevel) for fits in pair]
    np.testing.assert_allclose(found[0].marginal, found[1].marginal, rtol=1e-9)
    np.testing.assert_allclose(found[0].conditional, found[1].conditional, rtol=1e-9)
    empty = [null_model(fits.multilevel).multilevel for fits in pair]
    np.testing.assert_allclose(empty[0].criterion_value, empty[1].criterion_value, rtol=1e-9)
    # The means of the levels are not what a span is of: only numbers have one.
    lines = [group_lines(fits, "x") for fits in pair]
    for name in ("grid", "mean_x", "mean_y", "partial_pooling", "no_pooling"):
        np.testing.assert_allclose(
            getattr(lines[0], name), getattr(lines[1], name), rtol=1e-9, atol=1e-9
        )
    bins = [outcome_histogram(fits.data)["count"] for fits in pair]
    assert bins[0].sum() == bins[1].sum() and np.abs(bins[0] - bins[1]).max() <= 2
    assert frame_gap(*(compare(f, f).to_frame() for f in pair)) < CLOSE


def test_moving_the_zero_elsewhere(large: pd.DataFrame) -> None:
    spec = core.ModelSpec("y", "g", ("x",), ("x",))
    theirs = core.fit_all(core.GroupedData.from_table(large, spec))
    with pytest.MonkeyPatch().context() as patch, core.open_table(large) as table:
        patch.setattr(fetching, "MOST_ROWS", 10_000)
        ours = core.fit_all(core.GroupedData.from_query(table, spec))
        np.testing.assert_allclose(
            predictor_span(ours.multilevel), predictor_span(theirs.multilevel), rtol=1e-9
        )
        moved = [fits_at_zero(fits, 2.5).multilevel for fits in (ours, theirs)]
        np.testing.assert_allclose(moved[0].fixef, moved[1].fixef, rtol=1e-9)
        assert invariance(ours, 2.5)[1] < 1e-6


def test_checks_and_labels_take_the_sample(pair: tuple[PoolingFits, PoolingFits]) -> None:
    ours = pair[0]
    found = reference(ours)
    assert found.is_sample and found.n_obs == ours.data.n_obs
    assert abs(float(found.residual.std()) - 1.0) < 0.1
    assert "x" in checked_columns(ours)
    checked_along(ours, found, "x")
    labels = dial_labels(core.dial_path(ours), Wording())
    assert "x" in str(labels)


def test_folds_of_rows_with_a_key_are_the_same_everywhere(
    large: pd.DataFrame, postgres: Server
) -> None:
    """Whatever the order of the rows, and wherever they are."""
    table = large.iloc[::9].reset_index(drop=True)
    spec = core.ModelSpec("y", "g", ("x",))
    theirs = core.GroupedData.from_table(table, spec, key="id")
    shuffled = table.sample(frac=1.0, random_state=4).reset_index(drop=True)
    postgres.load("keyed", shuffled)
    expected = core.cross_validate(theirs, folds=5, seed=2).summary
    other = core.cross_validate(theirs, folds=5, seed=3).summary
    assert frame_gap(expected, other) > 1e-6
    with (
        core.open_table(shuffled) as local,
        core.open_table(postgres.address(), table="keyed") as remote,
    ):
        for data in (
            core.GroupedData.from_table(shuffled, spec, key="id"),
            core.GroupedData.from_query(local, spec, key="id"),
            core.GroupedData.from_query(remote, spec, key="id"),
        ):
            assert frame_gap(core.cross_validate(data, folds=5, seed=2).summary, expected) < CLOSE


def test_folds_by_key_are_balanced_in_every_group(large: pd.DataFrame) -> None:
    from core.estimators.holding_out.folds import assign_folds

    data = core.GroupedData.from_table(large, SPEC, key="id")
    fold = assign_folds(data, "people", 5, 0)
    counts = np.zeros((400, 5), dtype=int)
    np.add.at(counts, (data.group_index, fold), 1)
    assert int((counts.max(axis=1) - counts.min(axis=1)).max()) <= 1


def test_keys_are_alike_in_every_type() -> None:
    whole = pd.Series([3, 1, 2])
    for same in (whole.astype("int32"), whole.astype(float)):
        np.testing.assert_array_equal(hash_key(same), hash_key(whole))
    texts = pd.Series(["a", "b", "ä"])
    np.testing.assert_array_equal(hash_key(texts), hash_key(texts.astype(object)))
    assert len(np.unique(hash_key(pd.Series(np.arange(100_000))))) == 100_000


@pytest.mark.parametrize(
    ("values", "words"),
    (([1, 1, 2], "more than once"), ([1.0, np.nan, 2.0], "missing"), ([0.5, 1, 2], "fractions")),
)
def test_what_is_no_key(values: list[float], words: str) -> None:
    table = pd.DataFrame({"y": [1.0, 2.0, 3.0], "g": ["a", "a", "b"], "id": values})
    with pytest.raises(core.DataError, match=words):
        core.GroupedData.from_table(table, core.ModelSpec("y", "g"), key="id")
