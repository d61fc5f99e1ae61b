"""Priors: names, scales in the reader's units, and where they stand."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.fitting.scaled import scale_model
from core.posterior.theta.enough import tails_of
from core.posterior.theta.prior import (
    KINDS,
    StatedPrior,
    as_prior,
    default_scales,
    state_prior,
    with_kind,
)
from core.results import PoolingFits
from tests.core.posterior.made import case_fits, fit, groups_table
from tests.fitted import example_fits, radon_with_uranium


def stated(fits: PoolingFits, prior: str | core.Prior) -> StatedPrior:
    return state_prior(fits, scale_model(fits.data, fits.moments), prior)


def test_names_are_taken_as_people_write_them() -> None:
    assert [as_prior(name).kind for name in ("flat", "half-t", "Half Normal", "gamma")] == list(
        KINDS
    )
    assert str(core.Prior("half_t")) == "half_t"
    assert with_kind(core.Prior("flat", scale=2.0, eta=3.0), "gamma").scale == 2.0
    with pytest.raises(core.SpecError, match="at 'auto'"):
        core.Prior(at="middle")  # type: ignore[arg-type]


def test_default_scales_are_the_spread_of_the_outcome_per_spread_of_x() -> None:
    fits = example_fits("sleepstudy", "slope")
    table = core.load_example("sleepstudy")
    sd = table["Reaction"].std(ddof=0)
    found = default_scales(fits, scale_model(fits.data, fits.moments))
    assert np.allclose(found, [sd, sd / table["Days"].std(ddof=0)])
    doubled = stated(fits, core.Prior("half_t", scale=2.0 * sd))
    assert np.allclose(doubled.scale, 2.0 * found)
    assert np.isinf(stated(fits, "flat").scale).all()


def test_a_prior_stands_where_the_data_are() -> None:
    near, far = example_fits("sleepstudy", "slope"), case_fits("years_slope_flat")
    assert not stated(near, "flat").at_mean and stated(far, "flat").at_mean
    assert stated(near, core.Prior(at="mean")).at_mean
    assert not stated(far, core.Prior(at="zero")).at_mean
    mean = float(far.data.base_values(1).mean())
    assert np.allclose(stated(far, "flat").shift, [[1.0, mean], [0.0, 1.0]])
    free = example_fits("sleepstudy", "uncorrelated")
    assert not stated(free, core.Prior(at="mean")).at_mean, "the model itself fixes the zero"


def test_tails_count_groups_and_what_only_groups_determine() -> None:
    def counts(fits: PoolingFits) -> tuple[list[float], list[float]]:
        found = tails_of(scale_model(fits.data, fits.moments), stated(fits, "flat"))
        return found.groups.tolist(), found.taken.tolist()

    assert counts(example_fits("radon", "intercept")) == ([85.0], [1.0])
    groups, taken = counts(radon_with_uranium())
    has_floor = core.load_example("radon").groupby("county")["floor"].sum().gt(0).sum()
    assert groups == [85.0, float(has_floor)] and taken == [2.0, 2.0]


def test_the_tail_of_a_prior_is_added() -> None:
    fits = case_fits("three_groups_half_t")
    model = scale_model(fits.data, fits.moments)
    for kind, power in (("flat", 2.0), ("half_t", 6.0), ("half_normal", np.inf)):
        assert tails_of(model, stated(fits, kind)).power.tolist() == [power]


def test_the_integrated_likelihood_falls_as_the_tails_say() -> None:
    """Far out, ten times the sd costs a factor 10**-(J - q)."""
    table = groups_table(7, 5, 1.0, seed=3)
    table["u"] = table["g"].map({f"g{j:02d}": j % 3 for j in range(7)})
    fits = fit(table, predictors=("x",), group_predictors=("u",))
    solved = core.posterior(fits).solved
    target = solved.target
    sd = np.array([3e3, 3e4])
    v = np.arcsinh(sd / target.coordinates.crossover)[:, None]
    value = target(v).log_density - target.coordinates.log_measure(v)
    assert np.isclose((value[0] - value[1]) / np.log(10.0), solved.tails.power[0], atol=0.01)
