"""The receipt of one group: its own estimate, what it is pulled to, by how much, the sum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from core import escape, formats
from core.estimators.estimates import way_gone
from core.exceptions import PoolingError
from core.explore.dial.numbers import DialPosition, dial
from core.explore.dial.path import DialPath, dial_path
from core.explore.pooling.overshoot import pulled_together, strays
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording
from core.types import BoolArray, FloatArray

#: The share of its own data that 'how many more observations' asks for.
MOSTLY_OWN = 0.8


@dataclass(frozen=True, eq=False)
class Receipt:
    """How one group's estimate at a dial position comes about.

    Attributes
    ----------
    group : str
    n : int
        Rows of the group.
    c : float
        The dial's position; 1 is the estimate.
    own : FloatArray, shape (k,)
        The group's own intercept and slopes at the common coefficients of this position.
        Where its rows do not determine one, the target's stands here (``is_own`` False).
    is_own : BoolArray, shape (k,)
        Which of ``own`` the group's rows determine.
    own_se : FloatArray, shape (k,)
        Standard error of ``own`` given sigma_y; NaN where ``is_own`` is False.
    target : FloatArray, shape (k,)
        What the group is pulled to: the average, or its point on the group regression.
    weight : FloatArray, shape (k, k)
        What the group keeps of its distance from the target.
    pooled : FloatArray, shape (k,)
        ``target + weight @ (own - target)``.
    no_pooling : FloatArray, shape (k,)
        The no-pooling estimate; differs from ``own`` where a coefficient that does not
        vary is estimated otherwise there. NaN where not estimable.
    directions : FloatArray, shape (k, r)
        The combinations of coefficients that are pulled independently of each other.
    kept : FloatArray, shape (r,)
        The share of its own that the group keeps along each.
    mean_x : FloatArray, shape (k,)
        Means of the varying columns over the group's rows (1 for the intercept).
    n_for_80 : float
        Rows it takes until 80% of the first varying coefficient is the group's own data,
        were they like its present ones; ``inf`` when no number does.
    sentence : str
        The receipt in words.
    """

    group: str
    n: int
    c: float
    varying_names: tuple[str, ...]
    own: FloatArray
    is_own: BoolArray
    own_se: FloatArray
    target: FloatArray
    weight: FloatArray
    pooled: FloatArray
    no_pooling: FloatArray
    pooling_factor: FloatArray
    directions: FloatArray
    kept: FloatArray
    mean_x: FloatArray
    n_for_80: float
    sentence: str

    @property
    def more_for_80(self) -> float:
        """Rows still missing to ``n_for_80``; 0 when there are enough."""
        return max(self.n_for_80 - self.n, 0.0)


def receipt(
    fits: PoolingFits | DialPath,
    group: str | int,
    c: float = 1.0,
    *,
    position: DialPosition | None = None,
    wording: Wording | None = None,
) -> Receipt:
    """Return how the estimate of one group comes about at a position of the dial.

    Parameters
    ----------
    fits : PoolingFits or DialPath
    group : str or int
        Name of the group, or its place in ``group_names``.
    c : float
        Position of the dial, 0 to ``inf``.
    position : DialPosition, optional
        ``dial(fits, c)`` when it is at hand.
    wording : Wording, optional
        What groups and rows are called in the sentence.

    Raises
    ------
    PoolingError
        When there is no such group, or no multilevel fit.

    Notes
    -----
    With one varying coefficient the weight is ``sigma_alpha**2 / (sigma_alpha**2 +
    own_se**2)``, so 80% takes ``n = 0.8 / 0.2 * sigma_y**2 / sigma_alpha**2`` rows where
    only the intercept varies (Gelman & Hill 2007, section 12.2).
    """
    path = fits if isinstance(fits, DialPath) else dial_path(fits)
    j = _place(path, group)
    at = dial(path, c) if position is None else position
    no_pooling = path.fits.no_pooling
    is_own = no_pooling.estimable[j]
    directions, kept = _directions(path, at, j)
    made = Receipt(
        group=at.group_names[j],
        n=int(no_pooling.group_sizes[j]),
        c=at.c,
        varying_names=at.varying_names,
        own=at.own[j],
        is_own=is_own,
        own_se=np.where(is_own, _own_se(path, at, j), np.nan),
        target=at.target[j],
        weight=at.weight[j],
        pooled=at.coef[j],
        no_pooling=np.where(is_own, no_pooling.coef[j], np.nan),
        pooling_factor=at.pooling_factor[j],
        directions=directions,
        kept=kept,
        mean_x=no_pooling.mean_x[j],
        n_for_80=_rows_needed(path, at, j),
        sentence="",
    )
    return replace(made, sentence=_sentence(made, path.fits, wording or Wording()))


def _place(path: DialPath, group: str | int) -> int:
    names = path.fits.data.group_names
    if isinstance(group, str):
        if group in names:
            return names.index(group)
        raise PoolingError(f"There is no group '{escape.visible(group)}' in these data.")
    if -len(names) <= group < len(names):
        return group % len(names)
    raise PoolingError(f"There is no group number {group}: there are {len(names):,} groups.")


def _own_se(path: DialPath, at: DialPosition, j: int) -> FloatArray:
    """Return standard errors of the group's own line given the common coefficients, (k,)."""
    z = path.model.z_to_raw
    variance = np.diag(z @ path.inverse.inverse[:, :, j] @ z.T)
    return np.asarray(at.sigma_y * np.sqrt(np.maximum(variance, 0.0)))


def _directions(path: DialPath, at: DialPosition, j: int) -> tuple[FloatArray, FloatArray]:
    """Return raw directions (k, r), most kept first, and what is kept along each (r,)."""
    groups = path.groups if np.isfinite(at.c) else path.stop
    strength = groups.strength[:, j]
    if at.c == 0:
        kept = np.zeros_like(strength)
    elif np.isfinite(at.c):
        t = at.c * path.reference * (path.model.y_scale / at.sigma_y) ** 2
        kept = t * strength / (1.0 + t * strength)
    else:
        kept = (strength > 0).astype(np.float64)
    order = np.argsort(-strength)
    return (path.model.z_to_raw @ groups.axes[:, order, j]), kept[order]


def _rows_needed(path: DialPath, at: DialPosition, j: int) -> float:
    """Return the rows, like those there are, that make the first coefficient 80% own."""
    if at.c == 0:
        return np.inf
    if not np.isfinite(at.c):
        return float(path.fits.no_pooling.group_sizes[j])
    t = at.c * path.reference * (path.model.y_scale / at.sigma_y) ** 2
    strength = path.groups.strength[:, j]
    share = (path.model.z_to_raw[0] @ path.groups.axes[:, :, j]) ** 2
    share = share / share.sum()
    wanted = 1.0 - MOSTLY_OWN
    if float(share[strength == 0].sum()) >= wanted:
        return np.inf
    low, high = -60.0, 60.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        left = float((share / (1.0 + np.exp(middle) * t * strength)).sum())
        low, high = (middle, high) if left > wanted else (low, middle)
    rows = float(np.exp(high)) * int(path.fits.no_pooling.group_sizes[j])
    return float(np.ceil(rows * (1.0 - 1e-12)))


def _sentence(made: Receipt, fits: PoolingFits, wording: Wording) -> str:
    """Return the receipt in words: size, how far the estimate goes, what is missing."""
    name = escape.visible(wording.group_name(made.group, begins=True))
    start = f"{name} ({wording.individual.count(made.n)})"
    if made.is_own.any():
        first = int(np.flatnonzero(made.is_own)[0])
        what = "level"
        if made.varying_names[first] != INTERCEPT:
            what = f"slope{wording.where(made.varying_names[first], fits.data)}"
        numbers = (float(made.own[first]), float(made.target[first]), float(made.pooled[first]))
        together = pulled_together(fits, wording)
        return f"{start}: {_moves(made.c, f'its own {what}', numbers, together)}.{_missing(made)}"
    if not (made.kept > 0).any() and made.c > 0:
        return f"{start} says nothing about its own line: the estimate comes from the others."
    at = made.mean_x
    numbers = (float(at @ made.own), float(at @ made.target), float(at @ made.pooled))
    return (
        f"{start} cannot have a line of its own. Where its data lie, "
        f"{_moves(made.c, 'their level', numbers, pulled_together(fits, wording))}."
    )


def _moves(c: float, what: str, numbers: tuple[float, float, float], together: str) -> str:
    """Return ``its own level of 0.68 is pulled towards 1.50 and goes 62% of the way, to 1.18``.

    ``together`` says why it may go past that, or away from it.
    """
    own, target, pooled = numbers
    decimals = formats.decimals_for([own, pooled, target], 3)
    own_text, target_text, pooled_text = (formats.fixed(v, decimals) for v in (own, target, pooled))
    if c == np.inf:
        return f"{what} of {own_text} stays as it is"
    if c == 0:
        return f"{what} of {own_text} counts for nothing beside the common {target_text}"
    gone = float(way_gone(*(np.array(v) for v in (own, target, pooled))))
    start = f"{what} of {own_text} is pulled towards {target_text}"
    past, away = strays(np.array([gone]))
    if past:
        amount = formats.percent(gone)
        return f"{start} and goes past it, to {pooled_text} ({amount} of the way): {together}"
    if away:
        return f"{start} but moves away from it, to {pooled_text}: {together}"
    if np.isnan(gone):
        return f"{start} and stays there"
    return (
        f"{start} and goes {formats.percent(min(max(gone, 0.0), 1.0))} of the way, to {pooled_text}"
    )


def _missing(made: Receipt) -> str:
    """Return which coefficients the group's rows do not determine, as a sentence, or ''."""
    lacking = [n for n, own in zip(made.varying_names, made.is_own, strict=True) if not own]
    if not lacking:
        return ""
    named = ["level" if n == INTERCEPT else f"slope of {escape.visible(n)}" for n in lacking]
    return f" It has no {formats.listed(named)} of its own: that part comes from the others."
