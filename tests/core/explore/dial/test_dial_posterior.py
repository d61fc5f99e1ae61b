"""The posterior of the dial's position, and the estimate averaged over it."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.exceptions import NotIdentifiedError, SpecError
from tests.core.posterior.made import case_fits, case_posterior
from tests.fitted import example_fits


@pytest.mark.parametrize("name", ["dyestuff_flat", "dyestuff2_flat", "sleepstudy_slope_only_flat"])
def test_with_one_varying_coefficient_it_is_the_full_posterior(name: str) -> None:
    """Also where the estimate is zero and the dial has a middle put in."""
    fits, full = case_fits(name), case_posterior(name)
    made = core.dial_posterior(fits)
    at_one = float(np.sqrt(core.dial(fits, 1.0).vcov_group[0, 0]))
    p = np.array([0.05, 0.5, 0.95])
    assert np.allclose(made.root.quantile(p) * at_one, full.sigma_group.quantile(p, 0), rtol=0.01)
    assert (np.abs(made.line.mean - full.line.mean) < 0.005 * full.line.sd).all()
    assert np.allclose(made.line.sd, full.line.sd, rtol=0.01)


def test_densities_on_any_scale_of_the_dial_integrate_to_one() -> None:
    made = core.dial_posterior(example_fits("radon", "intercept"))
    c, density = made.curve
    assert abs(np.trapezoid(density, np.log(c)) - 1.0) < 0.01
    place = np.log1p(c) / (1.0 + np.log1p(c))
    assert abs(np.trapezoid(made.density_on(c, place), place) - 1.0) < 0.02
    assert abs(made.p_below(made.median) - 0.5) < 1e-3
    low, high = made.interval
    assert abs(made.p_below(high) - made.p_below(low) - 0.95) < 1e-3
    with pytest.raises(SpecError):
        made.p_below(-1.0)


def test_the_average_is_that_of_the_positions_weighed() -> None:
    """Against a sum over many positions with weights from the ML-free criterion itself."""
    fits = example_fits("radon", "slope")
    path = core.dial_path(fits)
    made = core.dial_posterior(path)
    model = path.model
    t = np.exp(np.linspace(-4.0, 4.0, 400))
    found = path.solve(t)
    nu = model.n_obs - model.p
    # The criterion has r2**(nu / 2); one sd with a flat prior takes one degree of freedom.
    log = -0.5 * found.value + 0.5 * np.log(found.variance * nu) + 0.5 * np.log(t)
    weight = np.exp(log - log.max())
    weight /= weight.sum()
    lines = [core.dial(path, float(c)).coef for c in path.c_of(found)[::8]]
    some = weight[::8] / weight[::8].sum()
    average = np.einsum("e,ejk->jk", some, np.array(lines))
    assert (np.abs(average - made.line.mean) < 0.02 * made.line.sd).all()


def test_the_prior_is_seen_along_the_dial() -> None:
    fits = case_fits("dyestuff2_flat")
    flat = core.dial_posterior(fits)
    tight = core.dial_posterior(fits, core.Prior("half_normal", scale=0.2))
    assert tight.root.upper < 0.5 * flat.root.upper
    with pytest.raises(SpecError):
        core.dial_posterior(fits, level=0.0)
    with pytest.raises(NotIdentifiedError, match="at least 4"):
        core.dial_posterior(case_fits("three_groups_half_t"))


def test_the_sentence_names_the_end_or_the_range() -> None:
    near_zero = core.dial_posterior(case_fits("dyestuff2_flat")).sentence
    assert "below" in near_zero and "middle of the dial" in near_zero
    apart = core.dial_posterior(example_fits("sleepstudy", "slope")).sentence
    assert "the estimated variance with probability 95%" in apart
    assert "groups give" in apart


def test_pooling_is_averaged_over_the_dial() -> None:
    fits = example_fits("radon", "intercept")
    made = core.dial_posterior(fits)
    low, high = made.interval
    ends = core.dial(fits, high).sharing, core.dial(fits, low).sharing
    assert ends[0] < made.sharing < ends[1]


def test_the_doubt_of_a_receipt() -> None:
    fits = case_fits("sleepstudy_slope_flat")
    made = core.receipt_doubt(case_posterior("sleepstudy_slope_flat"), "309")
    j = fits.data.group_names.index("309")
    assert np.array_equal(made.estimate, fits.multilevel.line[j])
    assert (made.pooled_lower < made.pooled).all() and (made.pooled < made.pooled_upper).all()
    at = fits.multilevel.pooling_factor[j]
    assert (made.pooled_lower < at).all() and (at < made.pooled_upper).all()
    assert "309" in made.sentence and "interval" in made.sentence
    zero = core.receipt_doubt(case_posterior("dyestuff2_flat"), 0)
    assert 0.0 < zero.pooled_lower[0] < 0.5 and zero.pooled_upper[0] > 0.99
    assert "pooling factor of its level is 100%" in zero.sentence
    with pytest.raises(SpecError, match="no group"):
        core.receipt_doubt(case_posterior("dyestuff_flat"), "nobody")
    with pytest.raises(SpecError, match="no group number"):
        core.receipt_doubt(case_posterior("dyestuff_flat"), 99)
