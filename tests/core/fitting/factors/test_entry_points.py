"""Whatever is made for one grouping factor says so in words when a model has several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import core
from core.exceptions import NotSupportedError
from tests.golden.factors.models import fits_of, load

NOT_YET: dict[str, Callable[[Any], object]] = {
    "compare_groups": lambda fits: core.compare_groups(fits, "a", "b"),
    "cross_validate": lambda fits: core.cross_validate(fits.data),
    "dial": lambda fits: core.dial(fits, 0.5),
    "dial_path": lambda fits: core.dial_path(fits),
    "dial_posterior": lambda fits: core.dial_posterior(fits),
    "fixed_effects": lambda fits: core.fixed_effects(fits.multilevel),
    "icc": lambda fits: core.icc(fits.multilevel),
    "icc_curve": lambda fits: core.icc_curve(fits.multilevel, "a"),
    "moments": lambda fits: core.GroupMoments.from_data(fits.data),
    "no_pooling.to_frame": lambda fits: fits.no_pooling.to_frame(),
    "pairs_alike": lambda fits: core.pairs_alike(fits),
    "posterior": lambda fits: core.posterior(fits),
    "prior_sensitivity": lambda fits: core.prior_sensitivity(fits),
    "profile": lambda fits: core.profile(fits.multilevel),
    "r_squared": lambda fits: core.r_squared(fits.multilevel),
    "ranef": lambda fits: fits.multilevel.ranef,
    "rank": lambda fits: core.rank(fits),
    "receipt": lambda fits: core.receipt(fits, "a"),
    "report": lambda fits: core.report(fits),
    "scripts": lambda fits: core.scripts(fits),
    "slopes": lambda fits: core.slopes(fits, "a"),
    "standard_errors": lambda fits: core.standard_errors(fits),
    "variance_test": lambda fits: core.variance_test(fits.multilevel),
    "world_of": lambda fits: core.world_of(load("penicillin", "REML").table, fits),
    "zero_chance": lambda fits: core.zero_chance(fits),
}


@pytest.mark.parametrize("name", NOT_YET)
def test_what_is_made_for_one_factor_says_so(name: str) -> None:
    with pytest.raises(NotSupportedError, match="2: 'plate' and 'sample'"):
        NOT_YET[name](fits_of("penicillin", "REML"))


def test_one_factor_is_seen_by_the_same_name() -> None:
    table = load("penicillin", "REML").table
    spec = core.ModelSpec(outcome="diameter", group="plate")
    fit = core.fit_all(core.GroupedData.from_table(table, spec)).multilevel
    of_factor = fit.factors["plate"]
    assert of_factor.group_names == fit.group_names
    np.testing.assert_array_equal(of_factor.line, fit.line)
    np.testing.assert_array_equal(of_factor.vcov_group, fit.vcov_group)
