"""The controls of the start screen; those of the dial stand beside it."""

from __future__ import annotations

from pages._shared.control import INTERCEPT, Control, coefficients, predictors
from pages._shared.dataset import Shown
from pages._shared.dial.controls import POSITION, PULLED, SLOPE, VIEWS


def pairs(shown: Shown) -> dict[str, tuple[str, str]]:
    """Return the pairs of coefficients that a map can show, by what they are called."""
    names = coefficients(shown)
    return {f"{a} × {b}": (a, b) for i, a in enumerate(names) for b in names[i + 1 :]}


VIEW = Control(
    "view",
    "pooling_view",
    "dial",
    choices=("dial", "lines", "shrinkage", "group_size", "map", "table"),
)
TERM = Control("term", "pooling_term", INTERCEPT, "text", is_private=True, offers=coefficients)
ORDER = Control(
    "order",
    "pooling_lines_order",
    "spread",
    choices=("spread", "size", "shift", "estimate", "name"),
)
SORT = Control(
    "sort",
    "pooling_shrinkage_order",
    "estimate",
    choices=("estimate", "size", "shift", "name"),
)
FIND = Control("find", "pooling_search", "", "text", is_private=True)
ALONG = Control("along", "pooling_along", None, "text", is_private=True, offers=predictors)
PAIR = Control("pair", "pooling_pair", None, "text", is_private=True, offers=pairs)
SE = Control("se", "pooling_shrinkage_intervals", False, "flag")
SE_SIZE = Control("se_size", "pooling_group_size_intervals", True, "flag")
PAGE = Control("page", "pooling_page", 1, "whole", low=1, high=10_000)
FACTOR_VIEW = Control(
    "see", "pooling_factor_view", "shrinkage", choices=("shrinkage", "shares", "relations", "table")
)
FACTOR_TERM = Control(
    "of", "pooling_factor_term", None, "text", is_private=True, offers=coefficients
)
#: What the variance of the factor in view is multiplied with.
SCALED = Control(
    "scaled",
    "pooling_scaled",
    "1",
    choices=("0", "0.015625", "0.0625", "0.25", "0.5", "1", "2", "4", "16", "64"),
)
CONTROLS = (
    FACTOR_VIEW,
    FACTOR_TERM,
    SCALED,
    VIEW,
    POSITION,
    SLOPE,
    VIEWS,
    PULLED,
    TERM,
    ORDER,
    SORT,
    FIND,
    ALONG,
    PAIR,
    SE,
    SE_SIZE,
    PAGE,
)
