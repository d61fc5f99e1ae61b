"""What the dial keeps in the session and in the link; it draws itself (``component``)."""

from __future__ import annotations

from pages._shared.control import Control, coefficients
from pages._shared.dataset import Shown
from pages._shared.dial.component import NO_POOLING
from pages._shared.dial.pulled import PULLED


def _views(shown: Shown) -> set[str]:
    """Return the pairs of views that can stand side by side."""
    k = len(coefficients(shown))
    names = ("shrinkage", *(("map",) if k > 1 else ()), "size", "lines")
    each = [(n, n if a == 0 else f"{n}.{a}") for n in names for a in range(k)]
    return {f"{left}-{right}" for v, left in each for w, right in each if v != w}


#: Where the dial stands: 0 is complete pooling, ``NO_POOLING`` and more none; None the estimate,
#: wherever the model that is shown has it (``DialPath.estimate``).
POSITION = Control("dial", "pooling_dial_{table}", None, "number", low=0.0, high=NO_POOLING)
#: The multiple for the slope's variance, where the two hands are apart.
SLOPE = Control("dial2", "pooling_dial_slope_{table}", None, "number", low=0.0, high=NO_POOLING)
VIEWS = Control("views", "pooling_dial_views_{table}", None, "text", offers=_views)
CONTROLS = (POSITION, SLOPE, VIEWS, PULLED)
