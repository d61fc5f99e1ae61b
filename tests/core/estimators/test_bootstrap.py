"""Bootstrap intervals: lme4's bootMer, what is known without simulation, and their seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from tests.core.explore.checks.test_row_influence import GOLD, fits_of


def test_intervals_are_those_of_bootmer() -> None:
    gold = _in_order(GOLD["bootMer"]["sleepstudy"])
    found = core.bootstrap(fits_of("sleepstudy"), draws=1000, seed=4).intervals
    names = ["sd_(Intercept)", "sd_Days", "cor_Days.(Intercept)", "sigma_y", "(Intercept)", "Days"]
    assert list(found["parameter"]) == names
    assert_allclose(found["estimate"], gold["estimate"], rtol=1e-3, atol=1e-4)
    # Five hundred data sets there, a thousand here: ends differ by chance, told in errors.
    se = gold["se"].to_numpy()
    assert_allclose(found["se"], se, rtol=0.15)
    for end in ("lower", "upper"):
        assert np.abs((found[end].to_numpy() - gold[end].to_numpy()) / se).max() < 0.4


def test_rows_are_drawn_as_precise_as_their_weights() -> None:
    fit = fits_of("weighted").multilevel
    draws = core.bootstrap(fits_of("weighted"), draws=400, seed=2).draws
    assert draws["sigma_y"].mean() == pytest.approx(fit.sigma_y, rel=0.02)
    assert_allclose(draws[list(fit.fixef_names)].std(), fit.fixef_se, rtol=0.15)


def _in_order(gold: dict[str, list[float]]) -> pd.DataFrame:
    """Return bootMer's summary in our order: it has sd, correlation, sd, sigma there."""
    table = pd.DataFrame({name: np.array(values, dtype=float) for name, values in gold.items()})
    return table.iloc[[0, 2, 1, *range(3, len(table))]]


def test_errors_of_coefficients_are_those_of_the_fit() -> None:
    fits = fits_of("cross")
    found = core.bootstrap(fits, draws=1500, seed=1)
    se = found.intervals.set_index("parameter")["se"]
    fit = fits.multilevel
    assert_allclose(se[list(fit.fixef_names)], fit.fixef_se, rtol=0.08)
    # Residual degrees of freedom are about those of the rows less groups and coefficients.
    df = fit.n_obs - fit.n_groups - 3
    assert se["sigma_y"] == pytest.approx(fit.sigma_y / np.sqrt(2 * df), rel=0.15)


def test_a_seed_gives_the_same_and_bad_arguments_are_refused() -> None:
    fits = fits_of("cross")
    one, other = (core.bootstrap(fits, draws=20, seed=3).draws for _ in range(2))
    pd.testing.assert_frame_equal(one, other)
    assert not one.equals(core.bootstrap(fits, draws=20, seed=4).draws)
    with pytest.raises(core.SpecError, match="give 20 to 20,000"):
        core.bootstrap(fits, draws=5)
    with pytest.raises(core.SpecError, match="between 0 and 1"):
        core.bootstrap(fits, draws=20, level=1.0)
