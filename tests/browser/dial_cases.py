"""One model of each kind for the tests of what the dial draws."""

from __future__ import annotations

from collections.abc import Callable

import core
from tests.core.explore.dial.test_numbers import fits_of, three_coefficients

CASES: dict[str, Callable[[], core.PoolingFits]] = {
    "intercept": lambda: fits_of("sleepstudy_int"),
    "slope": lambda: fits_of("sleepstudy_slope"),
    "group_predictor": lambda: fits_of("radon_u"),
    "cross_level": lambda: fits_of("radon_cross"),
    "three": three_coefficients,
    "zero_variance": lambda: fits_of("dyestuff2"),
}
