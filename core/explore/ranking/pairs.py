"""Groups beside each other: how two differ, and which pairs cannot be told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from core.exceptions import SpecError
from core.explore.ranking.joint import in_view, joint_coefficients, posterior_joint
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import PLUG_IN, Uncertainty, chosen_posterior, source_label
from core.results import PoolingFits
from core.types import FloatArray

#: Up to so many groups every pair is looked at; beyond, each group against so many others.
_ALL_PAIRS, _PARTNERS = 3_000, 1_000


@dataclass(frozen=True, eq=False)
class GroupDifference:
    """Two groups compared on one coefficient: the first minus the second.

    Attributes
    ----------
    difference, se, lower, upper : float
        In the coefficient's units; the interval at ``level``.
    p_higher : float
        Probability that the first group's coefficient is the higher one.
    source : str
        Where the interval comes from, as ``source_label`` says it.
    """

    one: str
    other: str
    term: str
    difference: float
    se: float
    lower: float
    upper: float
    p_higher: float
    level: float
    source: str = PLUG_IN

    @property
    def is_apart(self) -> bool:
        """Whether the interval leaves zero out, so that the two can be told apart."""
        return self.lower > 0 or self.upper < 0


def compare_groups(
    fits: PoolingFits,
    one: str,
    other: str,
    term: str | None = None,
    *,
    level: float = 0.95,
    uncertainty: Uncertainty | Posterior = "plug-in",
    factor: str | None = None,
) -> GroupDifference:
    """Return the difference of two groups' coefficients from their joint distribution.

    ``uncertainty`` and ``factor`` as in ``rank``.

    Raises
    ------
    SpecError
        When a group or the coefficient is unknown, or both groups are the same.
    PoolingError
        When there is no multilevel fit.
    """
    view = in_view(fits, factor)
    names = view.data.group_names
    for name in (one, other):
        if name not in names:
            raise SpecError(f"There is no group '{name}' in '{view.spec.group}'.")
    if one == other:
        raise SpecError(f"Choose two different groups to compare, not '{one}' twice.")
    joint = joint_coefficients(fits, term, factor)
    chosen = chosen_posterior(fits, uncertainty)
    if chosen is not None:
        made = chosen.difference(one, other, joint.term)
        tail = 0.5 * (1.0 - level)
        low, high = made.quantile(np.array([tail, 1.0 - tail]))
        p = float(made.p_above(0.0))
        ends = float(made.mean), float(made.sd), float(low), float(high)
        source = source_label(chosen)
        return GroupDifference(one, other, joint.term, *ends, p, level, source)
    i, j = names.index(one), names.index(other)
    gap = float(joint.mean[i] - joint.mean[j])
    se = float(joint.difference_sd(np.array([i]), np.array([j]))[0])
    reach = float(special.ndtri(0.5 + 0.5 * level)) * se
    p = float(special.ndtr(gap / se)) if se > 0 else (0.5 if gap == 0 else float(gap > 0))
    return GroupDifference(one, other, joint.term, gap, se, gap - reach, gap + reach, p, level)


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which pairs of groups cannot be told apart on one coefficient.

    Attributes
    ----------
    alike : FloatArray, shape (J,)
        From how many of the other groups each cannot be told apart.
    n_pairs : int
        Pairs there are.
    share_alike : float
        Share of them that cannot be told apart.
    is_sample : bool
        Whether each group was compared with a random part of the others only.
    source : str
        Where the intervals come from, as ``source_label`` says it.
    """

    term: str
    level: float
    alike: FloatArray
    n_pairs: int
    share_alike: float
    is_sample: bool
    source: str = PLUG_IN


def pairs_alike(
    fits: PoolingFits,
    term: str | None = None,
    *,
    level: float = 0.95,
    seed: int = 0,
    uncertainty: Uncertainty | Posterior = "plug-in",
    factor: str | None = None,
) -> Pairs:
    """Return which pairs of groups cannot be told apart: zero lies in their interval.

    Parameters
    ----------
    level : float
        Of the interval of a difference.
    seed : int
        Of the sample of partners, where there are too many groups to compare all.
    uncertainty : {"plug-in", "posterior"} or Posterior
        As in ``rank``; intervals from mean and variance of the differences.
    factor : str, optional
        As in ``rank``.

    Raises
    ------
    SpecError, PoolingError
        As ``rank``.
    """
    joint = joint_coefficients(fits, term, factor)
    chosen = chosen_posterior(fits, uncertainty)
    if chosen is not None:
        joint = posterior_joint(chosen, joint.term)
    n_groups = len(joint.mean)
    everyone = np.arange(n_groups)
    is_sample = n_groups > _ALL_PAIRS
    rng = np.random.default_rng(seed)
    partners = np.sort(rng.permutation(n_groups)[:_PARTNERS]) if is_sample else everyone
    reach = float(special.ndtri(0.5 + 0.5 * level)) ** 2
    square = np.sum(joint.shared**2, axis=1)
    alike = np.empty(n_groups)
    block = max(1, 1_000_000 // len(partners))
    for start in range(0, n_groups, block):
        rows = everyone[start : start + block, None]
        gap = joint.mean[rows] - joint.mean[partners]
        shared = (
            square[rows]
            + square[partners]
            - 2.0 * joint.shared[rows[:, 0]] @ (joint.shared[partners].T)
        )
        variance = joint.own_sd[rows] ** 2 + joint.own_sd[partners] ** 2 + np.maximum(shared, 0.0)
        is_other = rows != partners
        same = (gap**2 <= reach * variance) & is_other
        alike[rows[:, 0]] = same.sum(axis=1) / is_other.sum(axis=1) * (n_groups - 1)
    n_pairs = n_groups * (n_groups - 1) // 2
    share = float(alike.mean() / (n_groups - 1))
    return Pairs(joint.term, level, alike, n_pairs, share, is_sample, source_label(chosen))
