"""What one group's estimate is when all positions of the dial are averaged, in words."""

from __future__ import annotations

from core import escape
from core.explore.dial.dial_posterior import DialPosterior
from core.formats import decimals_for, fixed, percent
from core.tables.wording import INTERCEPT, Wording


def averaged_sentence(found: DialPosterior, group: int, label: str, wording: Wording) -> str:
    """Return the average over the dial of a group's first coefficient, beside that at the estimate.

    Parameters
    ----------
    found : DialPosterior
    group : int
        Place of the group in ``group_names``.
    label : str
        Which posterior, as ``source_label`` says it.
    wording : Wording
    """
    fits = found.path.fits
    name = escape.visible(wording.group_name(fits.data.group_names[group]))
    what = "level" if fits.data.varying_names[0] == INTERCEPT else "slope"
    line = found.line
    low, middle, high = (float(part[group, 0]) for part in (line.lower, line.median, line.upper))
    estimate = float(fits.multilevel.line[group, 0])
    digits = decimals_for([low, middle, high, estimate], 3)
    span = f"{fixed(low, digits)} to {fixed(high, digits)}"
    return (
        f"Averaged over all of them, the {what} of {name} is {fixed(middle, digits)} "
        f"({percent(found.level)} interval {span}, {label}); at the estimate alone it is "
        f"{fixed(estimate, digits)}."
    )
