"""The controls of the screen Two levels."""

from __future__ import annotations

from pages._shared.control import INTERCEPT, Control, coefficients, predictors
from pages._shared.dataset import Shown


def _own_terms(shown: Shown) -> tuple[str, ...]:
    return coefficients(shown)


COLUMN = Control("column", "two_levels_column_{table}", None, "text", is_private=True)
TERM = Control("term", "two_levels_term", INTERCEPT, "text", is_private=True, offers=_own_terms)
SLOPES = Control("slopes", "two_levels_slopes", True, "flag")
OWN = Control("own", "two_levels_own", True, "flag")
ALONG = Control(
    "along", "two_levels_predictor_{table}", None, "text", is_private=True, offers=predictors
)
CONTROLS = (COLUMN, TERM, SLOPES, OWN, ALONG)
