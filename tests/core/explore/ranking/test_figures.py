"""The figures of the ranking show the table they are given, at every size and in every look."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import core
from core.explore.ranking import story as ranking_story
from core.explore.ranking.plot_caterpillar import plot_caterpillar
from core.explore.ranking.plot_rank_size import plot_rank_size
from core.explore.ranking.plot_ranking import plot_ranking
from core.figures import theme
from core.figures.rows import rank_ticks
from core.tables.wording import Wording
from tests.fitted import HOSTILE, example_fits, hostile_fits, many_fits, words

STYLES = (
    theme.DEFAULT,
    theme.Style("dark", "projector", is_titled=False),
    theme.Style(is_narrow=True, is_titled=False),
)


def _table(name: str = "exam", term: str | None = None) -> pd.DataFrame:
    return core.rank(example_fits(name), term, draws=400)


def _trace(figure: object, name: str) -> object:
    return next(t for t in figure.data if t.name == name)


@pytest.mark.parametrize("style", STYLES)
def test_ranks_and_naive_ranks_are_the_tables(style: theme.Style) -> None:
    table = _table().sort_values("rank")
    figure = plot_ranking(table, title="finding", marked=("53",), style=style)
    assert_array_equal(_trace(figure, "expected rank").x, table["expected_rank"])
    assert_array_equal(_trace(figure, "naive rank").x, table["naive_rank"])
    lines = np.asarray(_trace(figure, "rank interval").x).reshape(-1, 3)
    assert_array_equal(lines[:, 0], table["rank_lower"])
    assert_array_equal(lines[:, 1], table["rank_upper"])
    assert _trace(figure, "expected rank").y[0] == len(table) - 1
    axis = figure.layout.xaxis.title.text.replace("<br>", " ")
    assert axis.startswith("rank (1: the highest of 65")
    if not style.is_narrow:
        chances = np.asarray(_trace(figure, "top, under the pointer").x)
        assert_array_equal(chances, table["p_top"])
    assert figure.layout.meta["title"] == "finding"


@pytest.mark.parametrize("style", STYLES)
def test_the_caterpillar_is_in_the_order_of_the_estimates(style: theme.Style) -> None:
    table = _table()
    figure = plot_caterpillar(table, title="finding", axis="score (sd)", style=style)
    drawn = np.asarray(_trace(figure, "partial pooling").x)
    assert_array_equal(drawn, np.sort(table["estimate"])[::-1])
    lines = np.asarray(_trace(figure, "interval").x).reshape(-1, 3)
    half = table.sort_values("estimate", ascending=False)["estimate_se"] * 1.959964
    np.testing.assert_allclose((lines[:, 1] - lines[:, 0]) / 2, half, rtol=1e-6)
    assert figure.layout.xaxis.title.text == "score (sd)"


def test_group_sizes_stand_under_both_ranks() -> None:
    table = _table("radon")
    figure = plot_rank_size(table, title="finding", marked=("LAKE",))
    x = np.asarray(_trace(figure, "no pooling").x)
    sizes = table.sort_values("rank")["n"].to_numpy()
    assert (np.abs(x / sizes - 1) <= 0.031).all()
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_of_many_groups_some_are_drawn_and_it_says_so() -> None:
    table = core.rank(many_fits(10_000), draws=20)
    name = str(table["group"].iloc[7_777])
    figure = plot_ranking(table, title="finding", marked=(name,))
    assert len(_trace(figure, "expected rank").x) <= 2_001
    assert "of 10,000 drawn" in figure.layout.meta["note"]
    assert any(name in str(a.text) for a in figure.layout.annotations)


def test_names_from_tables_are_escaped() -> None:
    fits = hostile_fits()
    table = core.rank(fits, draws=100)
    names = tuple(table["group"].iloc[:2])
    for figure in (
        plot_ranking(table, title=HOSTILE, marked=names),
        plot_caterpillar(table, title=HOSTILE, axis=HOSTILE, marked=names),
        plot_rank_size(table, title=HOSTILE, marked=names),
    ):
        texts = [str(t.hovertext) for t in figure.data] + [
            str(figure.layout.xaxis.title.text),
            str(figure.layout.yaxis.title.text),
            str(figure.layout.yaxis.ticktext),
            *(str(a.text) for a in figure.layout.annotations),
        ]
        assert not any("<img" in text for text in texts)


def test_titles_tell_the_numbers() -> None:
    fits, wording = example_fits("exam", "intercept"), words("exam")
    table = core.rank(fits)
    title = ranking_story.ranking_title(fits, table, "(Intercept)", 0.1, wording)
    sure = int((table["p_top"] >= 0.95).sum())
    assert title.startswith(f"Of 65 schools only {sure} ") and "(7 places)" in title
    first = table.iloc[int(np.argmin(table["rank"]))]
    assert f"between rank {first['rank_lower']} and {first['rank_upper']}" in title
    radon = _table("radon")
    small = ranking_story.size_title(radon, 0.1, words("radon"))
    seats = np.argsort(radon["naive_rank"].to_numpy())
    ends = radon["n"].to_numpy()[[*seats[:9], *seats[-9:]]]
    assert f"median {np.median(ends):g} homes" in small


def test_a_title_for_every_situation() -> None:
    wording = Wording()
    none = example_fits("radon")
    title = ranking_story.ranking_title(none, _table("radon"), "(Intercept)", 0.1, wording)
    assert title.startswith("None of 85 groups is surely in the top tenth by intercept")
    rng = np.random.default_rng(1)
    null = pd.DataFrame({"y": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10)})
    null["y"] -= null.groupby("g")["y"].transform("mean")
    fits = core.fit_all(core.GroupedData.from_table(null, core.ModelSpec(outcome="y", group="g")))
    assert fits.multilevel.sigma_group[0] == 0
    flat = core.rank(fits)
    assert "estimated as equal, so nearly every rank" in ranking_story.ranking_title(
        fits, flat, "x", 0.1, wording
    )
    blank = flat.assign(naive_rank=np.nan)
    assert "no naive ranking" in ranking_story.size_title(blank, 0.1, wording)


@pytest.mark.parametrize("n", [1, 2, 3, 9, 65, 85, 1_000, 125_000])
def test_ticks_of_ranks_begin_at_one(n: int) -> None:
    ticks = rank_ticks(n)
    assert ticks[0] == 1 and 0 not in ticks and len(ticks) <= 8
    assert len(set(ticks)) == len(ticks) and max(ticks) <= n
