"""Groups that pooling takes past their target, or away from it: how many, and why."""

from __future__ import annotations

import numpy as np

from core.estimators.estimates import varying_names
from core.formats import listed, upper_first
from core.results import PoolingFits
from core.tables.wording import Wording
from core.types import FloatArray

#: Per cent are shown whole: what goes less than this past its target is shown as there.
_SHOWN = 0.005


def strays(way: FloatArray) -> tuple[int, int]:
    """Return how many groups end past their target, and how many further from it than alone.

    Parameters
    ----------
    way : FloatArray
        The share of the way from own to target that each goes (``way_gone``).
    """
    with np.errstate(invalid="ignore"):
        return int((way > 1 + _SHOWN).sum()), int((way < -_SHOWN).sum())


def strays_words(found: tuple[int, int], one: str = "", many: str = "") -> str:
    """Return ``2 people go past what they are pulled to, 1 moves away from it``, or ''."""
    past, away = found
    parts = []
    if past:
        verb, they = ("goes", "it is") if past == 1 else ("go", "they are")
        parts.append(f"{_counted(past, one, many)} {verb} past what {they} pulled to")
    if away:
        verb, they = ("moves", "it is") if away == 1 else ("move", "they are")
        what = "it" if past else f"what {they} pulled to"
        noun = f"{away:,}" if past else _counted(away, one, many)
        parts.append(f"{noun} {verb} away from {what}")
    return ", ".join(parts)


def _counted(n: int, one: str, many: str) -> str:
    noun = one if n == 1 else many
    return f"{n:,} {noun}" if noun else f"{n:,}"


def pulled_together(fits: PoolingFits, wording: Wording) -> str:
    """Return why a group may pass its target: what its estimate is pulled together with."""
    names = [wording.term(name, fits.data) for name in varying_names(fits)]
    if len(names) > 1:
        whole = "as a pair" if len(names) == 2 else "together"
        return f"{listed(names, 4)} are pulled {whole}"
    return "coefficients that do not vary are estimated anew as well"


def overshoot(term: str, way: FloatArray, fits: PoolingFits, wording: Wording) -> str:
    """Return how many go past their target or away from it, and why; '' where none does."""
    words = strays_words(strays(way), wording.group.one, wording.group.many)
    if not words:
        return ""
    where = ""
    if len(varying_names(fits)) > 1:
        where = f"in the {wording.term(term, fits.data)} "
    return f"{upper_first(pulled_together(fits, wording))}: {where}{words}."
