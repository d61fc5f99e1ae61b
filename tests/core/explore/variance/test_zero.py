"""Moving the zero of x: the formula against refits of a shifted table, fitted values unmoved."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import core
from core.explore.variance.zero import (
    calm_zero,
    fits_at_zero,
    fitted_values,
    invariance,
    move_zero,
    moving_predictor,
    predictor_span,
    zero_choices,
    zero_table,
)
from core.explore.variance.zero_story import zero_sentences, zero_title
from tests.fitted import ONE_FACTOR, categorical_fits, example_fits, radon_with_uranium, words


@pytest.mark.parametrize("at", [4.5, -3.0, 200.0])
@pytest.mark.parametrize("name", ["sleepstudy", "exam"])
def test_the_formula_is_what_a_refit_of_the_shifted_table_gives(name: str, at: float) -> None:
    fits = example_fits(name)
    column = moving_predictor(fits.multilevel)
    assert column is not None
    table = core.load_example(name)
    table[column] = table[column] - at
    direct = core.fit_all(core.GroupedData.from_table(table, fits.spec)).multilevel
    found = move_zero(fits.multilevel, np.array([at]))
    assert_allclose(found.sigma_alpha[0], direct.sigma_group[0], rtol=1e-6)
    assert_allclose(found.rho[0], direct.correlation[0, 1], rtol=1e-6, atol=1e-8)
    assert_allclose(found.intercept[0], direct.line[:, 0].mean(), rtol=1e-6, atol=1e-8)
    scale = np.std(fits.data.y)
    assert_allclose(fitted_values(direct), fitted_values(fits.multilevel), atol=1e-7 * scale)


@pytest.mark.parametrize("name", ["sleepstudy", "exam", "radon"])
def test_the_refit_from_the_moments_leaves_fitted_values(name: str) -> None:
    fits = example_fits(name)
    for at in (-2.0, 1.0, 50.0):
        moved, change = invariance(fits, at)
        assert change < 1e-8 * float(np.std(fits.data.y))
        formula = move_zero(fits.multilevel, np.array([at]))
        assert_allclose(moved.sigma_group[0], formula.sigma_alpha[0], rtol=1e-7)
        assert moved.criterion_value == pytest.approx(fits.multilevel.criterion_value, abs=1e-8)


def test_fitted_values_are_those_of_the_rows() -> None:
    fits = radon_with_uranium()
    fit, data = fits.multilevel, fits.data
    floor = data.base_values(1)
    by_line = fit.line[data.group_index, 0] + fit.line[data.group_index, 1] * floor
    assert_allclose(fitted_values(fit), by_line, rtol=1e-10, atol=1e-12)


def test_uncorrelated_coefficients_are_another_model_elsewhere() -> None:
    fits = example_fits("sleepstudy", "uncorrelated")
    with pytest.raises(core.SpecError, match="another model"):
        move_zero(fits.multilevel, np.zeros(1))
    moved = fits_at_zero(fits, 4.5).multilevel
    assert abs(moved.criterion_value - fits.multilevel.criterion_value) > 1.0
    table = core.load_example("sleepstudy")
    table["Days"] = table["Days"] - 4.5
    direct = core.fit_all(core.GroupedData.from_table(table, fits.spec)).multilevel
    assert moved.criterion_value == pytest.approx(direct.criterion_value, abs=1e-7)


def test_where_the_lines_are_closest() -> None:
    fit = example_fits("sleepstudy").multilevel
    calm = calm_zero(fit)
    near = move_zero(fit, calm + np.array([-0.1, 0.0, 0.1]))
    assert near.sigma_alpha[1] < near.sigma_alpha[[0, 2]].min()
    assert near.rho[1] == pytest.approx(0.0, abs=1e-12)


def test_what_is_asked_of_the_model() -> None:
    assert moving_predictor(categorical_fits().multilevel) is None
    assert moving_predictor(example_fits("exam", "intercept").multilevel) is None
    with pytest.raises(core.SpecError, match="varying intercept and one numeric"):
        predictor_span(example_fits("exam", "intercept").multilevel)


def test_the_control_meets_zero_and_the_data() -> None:
    for name in ONE_FACTOR:
        fit = example_fits(name).multilevel
        if moving_predictor(fit) is None:
            continue
        low, high, step, first = zero_choices(fit)
        least, _, most = predictor_span(fit)
        assert low <= least and high >= most and low <= first <= high
        assert low / step == pytest.approx(round(low / step), abs=1e-6)
        assert first / step == pytest.approx(round(first / step), abs=1e-6)


def test_the_words() -> None:
    fits = example_fits("sleepstudy")
    refit, change = invariance(fits, 4.5)
    title = zero_title(fits.multilevel, 4.5, words("sleepstudy"))
    assert "from 0.07 into 0.75" in title
    said = " ".join(zero_sentences(fits.multilevel, 4.5, refit, change, words("sleepstudy")))
    assert "largest change of a fitted value" in said and "closest together" in said
    table = zero_table(fits.multilevel)
    assert 0.0 in set(table["zero at"]) and table["correlation"].is_monotonic_increasing
