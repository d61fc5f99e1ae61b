"""Where intervals come from: the estimate taken as known, or everything weighed."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, get_args

from core.exceptions import SpecError
from core.posterior.posterior import Posterior, posterior
from core.posterior.theta.prior import KIND_NAMES
from core.results import PoolingFits

Uncertainty: TypeAlias = Literal["plug-in", "posterior"]
PLUG_IN: Final = "plug-in"


def chosen_posterior(fits: PoolingFits, uncertainty: Uncertainty | Posterior) -> Posterior | None:
    """Return the posterior that a choice of uncertainty means; None for plug-in.

    Raises
    ------
    SpecError
        When there is no such choice, or the posterior is of other fits.
    """
    if isinstance(uncertainty, Posterior):
        if uncertainty.fits is not fits:
            raise SpecError("This posterior belongs to another fit: make it of the same fits.")
        return uncertainty
    if uncertainty not in get_args(Uncertainty):
        raise SpecError(
            f"No uncertainty '{uncertainty}'. There are: {', '.join(get_args(Uncertainty))}."
        )
    return posterior(fits) if uncertainty == "posterior" else None


def source_label(made: Posterior | None) -> str:
    """Return where intervals come from, as every figure and table says it.

    Examples
    --------
    >>> source_label(None)
    'plug-in'
    """
    return PLUG_IN if made is None else f"full posterior, {KIND_NAMES[made.prior.kind]} prior"
