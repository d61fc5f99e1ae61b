"""Whether a prior and the data together make a distribution that can be integrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.exceptions import NotIdentifiedError
from core.fitting.scaled import ScaledModel
from core.formats import listed
from core.posterior.theta.prior import StatedPrior
from core.tables.grouped import GroupedData
from core.tables.wording import INTERCEPT
from core.types import FloatArray

#: Power of the sd by which the posterior must fall: above 1 it is a distribution at all, above 2
#: it has a mean.
_LEAST_POWER = 2.0
_RANK = 1e-9


@dataclass(frozen=True, eq=False)
class Tails:
    """How fast the posterior of each sd falls far out: as ``sd**-power``.

    Attributes
    ----------
    power : FloatArray, shape (k,)
        Groups with something to say about the coefficient, less the average coefficients that
        only they determine, plus what the prior adds. A moment of order m exists where the
        power is above m + 1.
    groups, taken : FloatArray, shape (k,)
        The two counts.
    """

    power: FloatArray
    groups: FloatArray
    taken: FloatArray


def tails_of(model: ScaledModel, prior: StatedPrior) -> Tails:
    """Return how fast the posterior of each sd falls.

    Notes
    -----
    With everything else held, the integrated likelihood falls as ``sd**-(J_a - q_a)`` for
    J_a groups in which the column of coefficient a is not zero throughout and q_a average
    coefficients whose columns lie in the span of that column group by group (Gelman 2006,
    section 3.2, for J_a - 1).
    """
    k, p = model.k, model.p
    back = np.linalg.inv(model.z_to_raw)
    S = np.einsum("ba,bcj,ca->aj", back, model.S, back)
    cross = np.einsum("ca,cbj,pbj->paj", back, model.S, model.own[:p], optimize=True)
    gram = model.WW[:p, :p]
    length = np.sqrt(np.diag(gram))
    groups, taken = np.zeros(k), np.zeros(k)
    for a in range(k):
        live = S[a] > _RANK * max(float(S[a].max(initial=0.0)), 1e-300)
        groups[a] = np.count_nonzero(live)
        part = cross[:, a, live] / np.sqrt(S[a, live])
        left = (gram - part @ part.T) / np.outer(length, length)
        taken[a] = np.count_nonzero(np.linalg.eigvalsh(left) < _RANK)
    return Tails(groups - taken + prior.tail, groups, taken)


def require_enough(data: GroupedData, tails: Tails, prior: StatedPrior) -> None:
    """Refuse a prior under which the posterior has no mean, in words.

    Raises
    ------
    NotIdentifiedError
        When some sd's posterior falls too slowly.
    """
    poor = np.flatnonzero(tails.power <= _LEAST_POWER)
    if not len(poor):
        return
    names = listed(
        "the intercept" if data.varying_names[a] == INTERCEPT else f"'{data.varying_names[a]}'"
        for a in poor
    )
    worst = int(poor[np.argmin(tails.power[poor])])
    needed = int(np.floor(_LEAST_POWER)) + 1 + int(tails.taken[worst])
    what = "deviation" if len(poor) == 1 else "deviations"
    raise NotIdentifiedError(
        f"Under a {prior.kind.replace('_', '-')} prior {int(tails.groups[worst])} groups are too "
        f"few for the standard {what} of {names}: however large a standard deviation is, so few "
        "groups hardly speak against it, and its posterior has no mean. It takes at least "
        f"{needed} here. Choose a half-t or half-normal prior, whose scale says what is "
        "too large, or collect more groups.",
        code="too_few_groups",
    )
