"""What is said and drawn of terms: no slope that is none, curves as curves, sums that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.compare.spec_changes import changes
from core.explore.dial.labels import dial_labels
from core.explore.pooling import parameters, story
from core.explore.pooling.lines import CURVE_POINTS, group_lines
from core.explore.two_levels.slopes_story import slopes_note
from core.explore.variance.zero import moving_predictor
from core.results import PoolingFits
from core.tables.term_words import worded
from core.tables.wording import Wording
from tests.golden.terms.models import read


def fitted(*terms, **fields) -> PoolingFits:
    spec = core.ModelSpec(outcome="y", group="g", terms=terms, **fields)
    return core.fit_all(core.GroupedData.from_table(read("simulated").dropna(), spec))


WHERE = [
    ((core.Power("x"),), "x", " where x = 0"),
    ((core.Power("x", 3),), "x^2", " where x = 0"),
    ((core.Interaction("x", "z"),), "x", " where z = 0"),
    ((core.Interaction("x", "a"),), "x", " where a is blue"),
    ((core.Interaction("x", "a"),), "a[red]", " where x = 0"),
    ((core.Interaction("x", "z", "a"),), "x:z", " where a is blue"),
    ((core.Interaction("x", "z", "a"),), "x", " where z = 0 and a is blue"),
    ((core.Interaction(core.Log("p"), "x"),), "x", " where p = 1"),
    ((core.Spline("x", 3),), "x", " beside its curve"),
    ((core.Power("z"),), "x", ""),
]


@pytest.mark.parametrize("case", range(len(WHERE)))
def test_a_slope_is_told_with_where_it_holds(case: int) -> None:
    terms, name, words = WHERE[case]
    fits = fitted(*terms, predictors=("x", "z"), varying=("x",))
    wording = worded(Wording(), fits.data)
    assert wording.where(name, fits.data) == words
    if name == "x":
        assert wording.term("x", fits.data) == f"slope{words}"
        assert f"slope{words}" in parameters.model_in_words(fits, wording)
        assert f"slope{words}" in story.context(fits, wording)
        assert bool(slopes_note(fits, "x", wording)) == bool(words)


def test_what_the_where_says_is_so() -> None:
    fits = fitted(core.Interaction("x", "z", "a"), core.Power("x"), predictors=("x", "z", "a"))
    at = pd.DataFrame({"x": [-1e-4, 1e-4], "z": 0.0, "a": "blue", "g": None})
    points = core.predict(fits, at, average_group=True)["point"].to_numpy()
    fixef = dict(zip(fits.multilevel.fixef_names, fits.multilevel.fixef, strict=True))
    assert np.diff(points)[0] / 2e-4 == pytest.approx(fixef["x"], rel=1e-4)


@pytest.mark.parametrize("term", [core.Power("x", 2), core.Spline("x", 4), core.Sqrt("w")])
def test_curves_are_drawn_as_curves(term: core.Power | core.Spline | core.Sqrt) -> None:
    fits = fitted(term)
    lines = group_lines(fits)
    assert len(lines.grid) == CURVE_POINTS
    names = fits.data.group_names
    rows = pd.DataFrame({term.column: np.tile(lines.grid, 3), "g": np.repeat(names[:3], 41)})
    for estimator in ("partial_pooling", "complete_pooling", "no_pooling"):
        found = core.predict(fits, rows, estimator=estimator)["point"].to_numpy()
        assert getattr(lines, estimator)[:3].ravel() == pytest.approx(found, abs=1e-8)
    if isinstance(term, core.Power):
        bend = np.diff(lines.partial_pooling, 2, axis=1)
        step = lines.grid[1] - lines.grid[0]
        square = fits.multilevel.fixef[list(fits.multilevel.fixef_names).index("x^2")]
        assert bend == pytest.approx(np.full_like(bend, 2 * square * step**2), rel=1e-6)
    drawn = dial_labels(core.dial_path(fits), Wording())["lines"]
    assert np.allclose(drawn["grid"], lines.grid)


def test_other_predictors_stand_at_their_means_in_products_too() -> None:
    fits = fitted(core.Interaction("x", "z"))
    lines, table = group_lines(fits, "x"), read("simulated").dropna()
    rows = pd.DataFrame({"x": lines.grid, "z": table["z"].mean(), "g": "g03"})
    found = core.predict(fits, rows)["point"].to_numpy()
    assert lines.partial_pooling[2] == pytest.approx(found, abs=1e-9)


def test_the_zero_is_not_moved_where_a_square_would_move_with_it() -> None:
    fits = fitted(core.Power("x"), varying=("x",))
    assert moving_predictor(fits.multilevel) is None


def test_a_time_says_its_unit_and_its_zero() -> None:
    fits = fitted(core.Time("date", "years", "2000-01-01"), varying=("date",), predictors=("date",))
    wording = worded(Wording(), fits.data)
    assert wording.column("date").title == "date (years since 2000-01-01)"
    assert wording.term_axis("date", fits.data) == "slope of date (y per year)"


def test_a_comparison_calls_a_square_no_slope() -> None:
    a = fitted(core.Power("x"), varying=("x",), correlated=False)
    b = fitted(core.Power("x"), varying=("x", "x^2"), correlated=False)
    said = " ".join(changes(core.compare(a, b), worded(Wording(), b.data)))
    assert "the coefficient of x²" in said


def test_a_receipt_adds_up() -> None:
    fits = fitted(core.Power("x"), core.Interaction("x", "z"), varying=("x",))
    for group in fits.data.group_names[:5]:
        made = core.receipt(fits, group)
        assert made.pooled == pytest.approx(
            made.target + made.weight @ (made.own - made.target), abs=1e-8
        )
