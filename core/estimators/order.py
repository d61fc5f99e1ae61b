"""Which groups to show, and in which order."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from core.estimators.estimates import Estimates
from core.types import IntArray

Order: TypeAlias = Literal["spread", "size", "name", "shift", "estimate"]


def ordered(each: Estimates, by: Order) -> IntArray:
    """Return the groups in an order.

    Parameters
    ----------
    each : Estimates
        The coefficient that ``shift`` and ``estimate`` refer to.
    by : {"spread", "size", "name", "shift", "estimate"}
        ``spread`` is by size, for pages that each run from small to large (see ``page``);
        ``shift`` puts the groups first that partial pooling moves most; ``estimate`` is by
        the group's own estimate (partial pooling where there is none).

    Returns
    -------
    IntArray, shape (J,)
        Positions of the groups; ties keep the groups' own order.
    """
    if by in ("spread", "size"):
        return _sorted(each.group_sizes.astype(np.float64))
    if by == "shift":
        return _sorted(-np.abs(each.shift))
    if by == "estimate":
        own = np.where(each.is_estimable, each.no_pooling, each.partial_pooling)
        return _sorted(own)
    return np.array(
        sorted(range(each.n_groups), key=lambda j: _natural(each.group_names[j])), dtype=np.intp
    )


def _sorted(keys: np.ndarray) -> IntArray:
    """Return the stable ascending order, NaN last."""
    return np.argsort(keys, kind="stable").astype(np.intp)


def _natural(name: str) -> tuple[bool, float, str]:
    """Sort numbers as numbers and before text, and text without regard to case."""
    try:
        value = float(name)
    except ValueError:
        return True, 0.0, name.casefold()
    return False, value if np.isfinite(value) else np.inf, name


def matching(names: tuple[str, ...], order: IntArray, query: str) -> IntArray:
    """Return the groups of an order whose name contains a text (case aside)."""
    wanted = query.strip().casefold()
    if not wanted:
        return order
    return np.array([j for j in order if wanted in names[j].casefold()], dtype=np.intp)


def n_pages(n: int, per_page: int = 12) -> int:
    """Return how many pages hold so many groups; at least 1."""
    return max(-(-n // per_page), 1)


def page(order: IntArray, number: int, *, per_page: int = 12, is_spread: bool = False) -> IntArray:
    """Return one page (1, 2, ...) of an order.

    With ``is_spread`` every page runs through the whole order, its ends included, evenly
    among the groups that earlier pages have left; all pages together hold every group once.
    """
    number = min(max(number, 1), n_pages(len(order), per_page))
    if not is_spread:
        return order[(number - 1) * per_page : number * per_page]
    left = order
    for _ in range(number - 1):
        left = np.delete(left, _evenly(len(left), per_page))
    return left[_evenly(len(left), per_page)]


def _evenly(n: int, most: int) -> IntArray:
    """Return at most so many positions out of n, evenly spaced from the first to the last."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.intp))
