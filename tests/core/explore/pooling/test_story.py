"""Every generated sentence says the numbers of the fits, and nothing that is not so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.estimators.estimates import estimates
from core.explore.pooling import parameters
from core.explore.pooling import story as sentences
from core.formats import fixed, percent
from core.tables.wording import Wording
from tests.fitted import (
    categorical_fits,
    degenerate_fits,
    example_fits,
    hostile_fits,
    radon_with_uranium,
    words,
)


def test_headline_has_the_ranges_and_the_extremes() -> None:
    fits = example_fits("radon")
    each = estimates(fits)
    text = sentences.headline(fits, words("radon"))
    for value in (np.nanmin(each.no_pooling), np.nanmax(each.no_pooling)):
        assert fixed(float(value), 2) in text
    for value in (each.partial_pooling.min(), each.partial_pooling.max()):
        assert fixed(float(value), 2) in text
    largest = float(each.pooling_factor[each.group_sizes == 116].mean())
    assert f"one with 116 homes {percent(largest)}" in text
    assert "85 counties" in text and "1 home is" in text


def test_headline_of_balanced_groups_tells_one_pooling() -> None:
    fits = example_fits("sleepstudy")
    factor = fits.multilevel.pooling_factor[:, 0]
    assert np.ptp(factor) < 1e-9
    text = sentences.headline(fits, words("sleepstudy"))
    assert f"Every person's intercept is pooled {percent(float(factor[0]))}" in text


def test_headline_counts_the_groups_that_have_estimates() -> None:
    """A group of one row has no line of its own, and is not among those 'left alone'."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(6), [1, 8, 8, 8, 8, 8])
    x = rng.normal(size=41)
    y = rng.normal(size=6)[group] + (1.0 + rng.normal(size=6)[group]) * x + rng.normal(size=41)
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
    text = sentences.headline(core.fit_all(core.GroupedData.from_table(table, spec)), Wording())
    assert text.startswith("Left alone, 5 of 6 groups have estimates, ")
    assert "partially pooled, all range from" in text


def test_headline_without_a_multilevel_model() -> None:
    text = sentences.headline(degenerate_fits(), Wording())
    assert "no multilevel model" in text and "4 groups" in text


def test_titles_name_the_group_that_moves_most() -> None:
    each = estimates(example_fits("exam"))
    j = int(np.nanargmax(np.abs(each.shift)))
    title = sentences.shrinkage_title(each, words("exam"))
    assert title.startswith(f"School {each.group_names[j]} (2 students) moves most of all")
    assert fixed(float(each.no_pooling[j]), 2) in title


def test_title_of_a_page_is_about_that_page() -> None:
    each, wording = estimates(example_fits("radon")), words("radon")
    shown = np.array([0, 1, 2])
    j = int(shown[np.nanargmax(np.abs(each.shift[shown]))])
    title = sentences.lines_title(each, shown, wording)
    assert title.startswith(each.group_names[j]) and "of these 3" in title
    assert "No county" in sentences.lines_title(each, np.array([], dtype=np.intp), wording)


def test_size_halves_are_ratios_of_spreads() -> None:
    each = estimates(example_fits("radon"))
    found = sentences.size_halves(each)
    assert found is not None
    limit, small, large = found
    few = each.is_estimable & (each.group_sizes <= limit)
    expected = np.std(each.no_pooling[few]) / np.std(each.partial_pooling[few])
    assert small == pytest.approx(float(expected))
    assert small > large > 1
    assert sentences.size_halves(estimates(example_fits("sleepstudy"))) is None


def test_map_title_has_rho_and_the_lines() -> None:
    fits = example_fits("radon")
    title = sentences.map_title(fits, ("(Intercept)", "floor"), words("radon"))
    own = int(fits.no_pooling.line_estimable.sum())
    assert f"{own} of 85 counties" in title and "−0.37" in title
    assert "the data do not tell" in title and "−1.00 to 1.00" in title  # as Variance has it
    sure = core.load_example("exam")
    data = core.GroupedData.from_table(
        sure, core.EXAMPLES["exam"].spec.update(varying=("standLRT",))
    )
    title = sentences.map_title(core.fit_all(data), ("(Intercept)", "standLRT"), words("exam"))
    assert "a higher intercept goes with a higher slope" in title
    independent = example_fits("radon", "uncorrelated")
    title = sentences.map_title(independent, ("(Intercept)", "floor"), words("radon"))
    assert "independent" in title and "ρ" not in title


@pytest.mark.parametrize(
    ("name", "structure", "axis"),
    [
        ("radon", "slope", "Log radon, basement (log pCi/L)"),
        ("radon", "mean", "Log radon (log pCi/L)"),
        ("exam", "slope", "Exam score at 16 where Reading test at 11 = 0 (sd)"),
    ],
)
def test_axis_of_the_intercept(name: str, structure: str, axis: str) -> None:
    fits = example_fits(name, structure)
    assert words(name).term_axis("(Intercept)", fits.data) == axis


def test_axis_of_slopes_and_contrasts() -> None:
    radon, sleep = example_fits("radon").data, example_fits("sleepstudy").data
    assert (
        words("radon").term_axis("floor", radon).startswith("Log radon, first floor minus basement")
    )
    assert words("sleepstudy").term_axis("Days", sleep).endswith("(ms per day)")
    data = categorical_fits().data
    assert Wording().term("kind[b]", data) == "b minus a"
    assert Wording().term_axis("kind[b]", data) == "y, b minus a"


@pytest.mark.parametrize(
    "fits",
    [example_fits("radon"), radon_with_uranium(), degenerate_fits(), hostile_fits()],
    ids=["radon", "uranium", "degenerate", "hostile"],
)
def test_descriptions_hold_numbers(fits) -> None:
    each, wording = estimates(fits), Wording()
    title = sentences.shrinkage_title(each, wording)
    text = sentences.alt_text(each, title, "axis", wording)
    assert title in text and "No pooling:" in text and any(c.isdigit() for c in text)
    shown = np.arange(min(each.n_groups, 4))
    assert each.group_names[0] in sentences.lines_alt(each, shown, wording, fits.data)


def test_parameters_are_those_of_the_fit() -> None:
    fits = example_fits("radon")
    table = parameters.parameter_table(fits, words("radon")).set_index("symbol")
    assert table.loc["σ_y", "estimate"] == "0.717"
    assert table.loc["σ_α", "estimate"] == "0.337"
    assert table.loc["σ_β", "estimate"] == "0.328"
    assert table.loc["ρ", "estimate"] == "−0.37"
    assert table.loc["μ_α", "standard error"] == "0.0520"
    assert table.loc["ICC", "estimate"] == percent(0.337085**2 / (0.337085**2 + 0.716817**2))


def test_the_model_in_words() -> None:
    text = parameters.model_in_words(example_fits("radon"), words("radon"))
    assert "sd 0.337 around an average of 1.49" in text
    assert "the data do not tell" in text and "tends to fall" not in text
    text = parameters.model_in_words(radon_with_uranium(), words("radon"))
    assert "group-level predictors" in text


def test_an_intercept_outside_the_data_is_called_so() -> None:
    table = core.load_example("sleepstudy").assign(year=lambda t: t["Days"] + 1990.0)
    spec = core.ModelSpec(
        outcome="Reaction", group="Subject", predictors=("year",), varying=("year",)
    )
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    assert "(where year = 0, outside the data)" in sentences.headline(fits, Wording())
    assert "outside" not in sentences.headline(example_fits("sleepstudy"), words("sleepstudy"))


def test_rounding_is_no_movement() -> None:
    table = pd.DataFrame({"y": [1.0, 2, 3] * 4, "g": np.repeat(list("abcd"), 3)})
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec(outcome="y", group="g")))
    each = estimates(fits)
    assert sentences.top_mover(each) is None
    assert "leaves every group where it is" in sentences.shrinkage_title(each, Wording())
    assert "differ no more than chance" in sentences.headline(fits, Wording())
