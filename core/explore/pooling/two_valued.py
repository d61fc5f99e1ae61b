"""An outcome of two values: what the model is then called, and what it cannot do."""

from __future__ import annotations

from core.formats import trimmed
from core.results import PoolingFits
from core.tables.wording import Wording


def two_valued_sentence(fits: PoolingFits, wording: Wording) -> str:
    """Return what a reader of an outcome of two values must know; '' for any other outcome.

    The linear probability model and its limits: Gelman & Hill (2007), section 5.1 and chapter
    14, where the logistic model takes its place.
    """
    if fits.data.in_hand is not fits.data:  # rows that stay where they are are not fetched for it
        return ""
    y = fits.data.y
    low, high = float(y.min()), float(y.max())
    if low == high or not ((y == low) | (y == high)).all():
        return ""
    if (low, high) == (0.0, 1.0):
        what = "The outcome is 0 or 1, so averages are shares: this is a linear probability model"
        beyond = "below 0 or above 1"
    else:
        what = f"The outcome takes two values only, {trimmed(low)} and {trimmed(high)}"
        beyond = f"below {trimmed(low)} or above {trimmed(high)}"
    return (
        f"{what}. Lines and intervals may reach {beyond}, the spread inside "
        f"a {wording.group.one} is not the same everywhere, and a prediction for one "
        f"{wording.individual.one} means little. A multilevel logistic model avoids this; it is "
        "not fitted here."
    )
