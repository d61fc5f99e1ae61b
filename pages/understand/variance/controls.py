"""The controls of the screen Variance."""

from __future__ import annotations

from core.explore.variance import zero
from pages._shared.control import Control
from pages._shared.dataset import Shown
from pages._shared.option import Offer


def _zero(shown: Shown) -> Offer:
    if shown.fits.multilevel_or_none is None or not zero.moving_predictor(shown.fits.multilevel):
        return Offer(None, choices=("",))
    low, high, _, start = zero.zero_choices(shown.fits.multilevel)
    return Offer(start, low, high)


VIEW = Control(
    "view",
    "variance_view",
    "components",
    choices=("components", "share", "prior", "zero", "boundary"),
)
ZERO = Control("zero", "variance_zero_{table}", None, "number", offers=_zero)
CONTROLS = (VIEW, ZERO)
