"""The posterior of the dial's own position, and the estimate averaged over all positions.

Partial pooling is a compromise of every position of the dial, each weighted by how well it
explains the data (Gelman & Hill 2007, chapter 18; Gelman 2006).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from core.exceptions import NotIdentifiedError, SpecError
from core.explore.dial.beneath import times
from core.explore.dial.path import DialPath, dial_path
from core.formats import percent
from core.posterior.conditional import Conditional, conditional_of
from core.posterior.group_posterior import GroupPosterior, group_posterior, summarised
from core.posterior.quantity import Quantity, quantity_of
from core.posterior.theta.enough import Tails, require_enough, tails_of
from core.posterior.theta.prior import Prior, StatedPrior, state_prior
from core.posterior.theta.ray import ray_nodes
from core.posterior.variances import ThetaSample, ray_sample
from core.results import PoolingFits
from core.types import FloatArray

#: Points of a density for drawing, and what is left out on both sides.
_POINTS, _LEFT_OUT = 201, 5e-4
#: Multiples of the variance below this are complete pooling to the eye.
_NEAR_ZERO = 0.02


@dataclass(frozen=True, eq=False)
class DialPosterior:
    """What is known of the dial's position c, where ``Sigma(c) = c Sigma_hat``.

    Attributes
    ----------
    path : DialPath
    stated : StatedPrior
        On the sds that go with a position; flat in the root of c where it is flat in them.
    level : float
        Of every interval.
    root : Quantity
        The root of c: by what factor all sds of the groups differ from the estimate's (or, where
        that is zero, from the dial's middle). With one varying coefficient its posterior is
        that of ``sigma_group``.
    """

    path: DialPath = field(repr=False)
    stated: StatedPrior = field(repr=False)
    level: float
    root: Quantity
    sample: ThetaSample = field(repr=False)
    given: Conditional = field(repr=False)
    tails: Tails = field(repr=False)

    @property
    def median(self) -> float:
        """The position with half of the probability on each side."""
        return float(self.root.median) ** 2

    @property
    def interval(self) -> tuple[float, float]:
        """Positions between which the dial stands with probability ``level``."""
        return float(self.root.lower) ** 2, float(self.root.upper) ** 2

    def density(self, c: FloatArray) -> FloatArray:
        """Return the density at positions c, per unit of log c: what to draw over a log axis."""
        root = np.sqrt(np.asarray(c, dtype=np.float64))
        return np.asarray(0.5 * root * self.root.density(root))

    def density_on(self, c: FloatArray, place: FloatArray) -> FloatArray:
        """Return the density per unit of any increasing scale of the dial, at positions c.

        Parameters
        ----------
        c : FloatArray, shape (E,)
            Positions, increasing and above 0.
        place : FloatArray, shape (E,)
            Where they stand on the scale.
        """
        return np.asarray(self.density(c) / np.gradient(place, np.log(c)))

    def p_below(self, c: float) -> float:
        """Return the probability that the dial stands below c (pools more than there)."""
        if c < 0:
            raise SpecError(f"The dial goes from 0 up, not to {c!r}.")
        return 1.0 - float(self.root.p_above(float(np.sqrt(c))))

    @cached_property
    def curve(self) -> tuple[FloatArray, FloatArray]:
        """Positions c (E,) and the density per unit of log c there, for drawing."""
        ends = self.root.quantile(np.array([_LEFT_OUT, 1.0 - _LEFT_OUT]))
        low, high = (2.0 * float(np.log(max(end, 1e-8))) for end in ends)
        c = np.exp(np.linspace(low, high, _POINTS))
        return c, self.density(c)

    @cached_property
    def line(self) -> Quantity:
        """Each group's intercept and slopes averaged over the dial, shape (J, k)."""
        estimable = self.path.fits.no_pooling.estimable
        power = np.where(estimable, np.inf, float(self.tails.power.sum()))
        return summarised(self._groups, power, self.level)

    @property
    def _groups(self) -> GroupPosterior:
        return group_posterior(self.path.fits.data, self.given, factors=True)

    @cached_property
    def sharing(self) -> float:
        """The average over positions of what groups give to the others (``DialPosition.sharing``).

        Where the dial of a single position would stand to pool as much as all of them together.
        """
        strength = self.path.groups.strength
        live = strength[strength > 0]
        if not len(live):
            return 1.0
        t = self.sample.rel_cov[:, 0, 0]
        pulled = [float(np.mean(1.0 / (1.0 + each * live))) for each in t]
        return float(self.sample.weight @ np.array(pulled))

    @property
    def sentence(self) -> str:
        """What the posterior says about the dial, in words."""
        return _sentence(self)


def dial_posterior(
    fits: PoolingFits | DialPath, prior: str | Prior = "flat", level: float = 0.95
) -> DialPosterior:
    """Return the posterior of the dial's position and the estimate averaged over it.

    Parameters
    ----------
    fits : PoolingFits or DialPath
    prior : {"flat", "half_t", "half_normal", "gamma"} or Prior
        As ``core.posterior``; the joint prior of all sds, seen along the dial. With one varying
        coefficient this is the full posterior.
    level : float

    Raises
    ------
    PoolingError
        When there is no multilevel fit, or too few groups for a flat prior.
    SpecError
        When there is no such prior, or the level is no share.
    """
    if not 0.0 < level < 1.0:
        raise SpecError(f"The level of an interval must lie between 0 and 1, not {level!r}.")
    path = fits if isinstance(fits, DialPath) else dial_path(fits)
    stated = state_prior(path.fits, path.model, prior)
    tails = tails_of(path.model, stated)
    if float((tails.groups - tails.taken).sum()) + stated.tail <= 2.0:
        require_enough(path.fits.data, tails, stated)
    made = ray_nodes(path.model, stated, path.shape)
    if made is None:
        raise NotIdentifiedError(
            "The posterior of the dial's position cannot be computed for these data: it has no "
            "mass where it was looked for. Use a simpler structure.",
            code="posterior_unreliable",
        )
    target, fine, coarse = made
    sample = ray_sample(target, fine, path.reference)
    one = np.ones(1)
    power = float((tails.groups - tails.taken).sum()) + stated.tail
    root = quantity_of(sample.sd(one), sample.sd_moments(one, power), level)
    given = conditional_of(path.model, coarse, target.unit)
    return DialPosterior(path, stated, level, root, sample, given, tails)


def _sentence(found: DialPosterior) -> str:
    """Return where the dial stands, all positions weighed, and what that does to the groups."""
    low, high = found.interval
    is_middle = bool(found.path.substituted)
    unit = "the variance at the middle of the dial" if is_middle else "the estimated variance"
    sure = percent(found.level)
    if low > _NEAR_ZERO:
        where = f"between {times(low)} and {times(high)} {unit} with probability {sure}"
    else:
        top = float(found.root.quantile(found.level)) ** 2
        where = (
            f"with probability {sure} below {times(top)} {unit}, and as likely above as below "
            f"{times(found.median)} that"
        )
    return (
        f"Each position of the dial weighed by how well it explains the data, it stands {where}. "
        f"On average over all of them groups give {percent(found.sharing)} of what their own "
        "rows say to the others."
    )
