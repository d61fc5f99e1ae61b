"""The three estimates of one coefficient for every group, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import PLUG_IN, source_label
from core.results import PoolingFits
from core.types import BoolArray, FloatArray, IntArray

#: Probability within one standard deviation of a normal mean.
ONE_SD = 0.6826894921370859


@dataclass(frozen=True, eq=False)
class Estimates:
    """One varying coefficient: what each fit says about it, group by group.

    Attributes
    ----------
    term : str
        Name of the coefficient.
    group_names : tuple of str, length J
    group_sizes : IntArray, shape (J,)
    complete_pooling : FloatArray, shape (J,)
        The same for all groups, but for group-level predictors.
    no_pooling, no_pooling_se : FloatArray, shape (J,)
        NaN where the group has no estimate of its own.
    partial_pooling, partial_pooling_se, target, pooling_factor : FloatArray, shape (J,)
        NaN where there is no multilevel fit.
    lower, upper : FloatArray, shape (J,)
        About the partial-pooling estimate: one standard error to each side, or the 68% interval
        of a posterior.
    source : str
        Which of the two: ``plug-in``, or as ``source_label`` says it.
    """

    term: str
    group_names: tuple[str, ...]
    group_sizes: IntArray
    complete_pooling: FloatArray
    no_pooling: FloatArray
    no_pooling_se: FloatArray
    partial_pooling: FloatArray
    partial_pooling_se: FloatArray
    target: FloatArray
    pooling_factor: FloatArray
    lower: FloatArray
    upper: FloatArray
    source: str = PLUG_IN

    @property
    def interval_words(self) -> str:
        """What the interval of the partial-pooling estimate is, as a key says it."""
        words = "± 1 standard error" if self.source == PLUG_IN else "with 68% interval"
        return f"{words} ({self.source})"

    @cached_property
    def is_estimable(self) -> BoolArray:
        """Whether a group has an estimate of its own, shape (J,)."""
        return np.isfinite(self.no_pooling)

    @cached_property
    def has_partial(self) -> bool:
        """Whether there is a multilevel fit."""
        return bool(np.isfinite(self.partial_pooling).any())

    @cached_property
    def shift(self) -> FloatArray:
        """No pooling minus partial pooling, shape (J,); NaN where one is missing."""
        return self.no_pooling - self.partial_pooling

    @cached_property
    def way(self) -> FloatArray:
        """Share of the way from its own estimate to its target that each group goes, shape (J,).

        Above 1 past the target and below 0 away from it, where coefficients are pulled together;
        NaN where there is no way to go.
        """
        return way_gone(self.no_pooling, self.target, self.partial_pooling)

    @property
    def n_groups(self) -> int:
        """Number of groups J."""
        return len(self.group_names)


def way_gone(own: FloatArray, target: FloatArray, pooled: FloatArray) -> FloatArray:
    """Return the share of the way from ``own`` to ``target`` at which ``pooled`` lies.

    All of one shape; NaN where there is no way to go, or a number is missing.
    """
    whole = own - target
    has_way = np.abs(whole) > 1e-9 * np.maximum(np.abs(own), np.abs(target))
    return np.divide(own - pooled, whole, out=np.full_like(whole, np.nan), where=has_way)


def varying_names(fits: PoolingFits) -> tuple[str, ...]:
    """Return the names of the varying coefficients, length k."""
    return fits.no_pooling.varying_names


def estimates(
    fits: PoolingFits, term: str | None = None, posterior: Posterior | None = None
) -> Estimates:
    """Return the three estimates of one varying coefficient.

    Parameters
    ----------
    fits : PoolingFits
    term : str or None
        Its name; the first varying coefficient by default.
    posterior : Posterior or None
        Where the intervals of the partial-pooling estimates come from; None: plug-in.

    Raises
    ------
    SpecError
        When the coefficient does not vary in this model.
    """
    names = varying_names(fits)
    if term is not None and term not in names:
        raise SpecError(
            f"'{term}' does not vary by group in this model; these do: {', '.join(names)}."
        )
    k = names.index(term) if term is not None else 0
    own, pooled = fits.no_pooling, fits.multilevel_or_none
    nothing = np.full(len(own.group_names), np.nan)
    estimable = own.estimable[:, k] & np.isfinite(own.coef[:, k])
    ends = (nothing, nothing)
    if posterior is not None:
        ends = posterior.line_interval(k, ONE_SD)
    elif pooled:
        ends = (pooled.line[:, k] - pooled.line_se[:, k], pooled.line[:, k] + pooled.line_se[:, k])
    return Estimates(
        term=names[k],
        group_names=own.group_names,
        group_sizes=own.group_sizes,
        complete_pooling=fits.complete_pooling.line[:, k],
        no_pooling=np.where(estimable, own.coef[:, k], np.nan),
        no_pooling_se=np.where(estimable, own.coef_se[:, k], np.nan),
        partial_pooling=pooled.line[:, k] if pooled else nothing,
        partial_pooling_se=pooled.line_se[:, k] if pooled else nothing,
        target=pooled.target[:, k] if pooled else nothing,
        pooling_factor=pooled.pooling_factor[:, k] if pooled else nothing,
        lower=ends[0],
        upper=ends[1],
        source=source_label(posterior),
    )


def group_table(
    fits: PoolingFits,
    terms: Sequence[str] | None = None,
    groups: IntArray | None = None,
    posterior: Posterior | None = None,
) -> pd.DataFrame:
    """Return one row per group with everything the three fits say about it.

    Parameters
    ----------
    fits : PoolingFits
    terms : sequence of str, optional
        Varying coefficients to report; all by default.
    groups : IntArray, optional
        Which groups, in which order; all by default.
    posterior : Posterior or None
        With one, its interval (``partial pooling lower``, ``upper``, at its level) stands in
        place of the plug-in standard error of partial pooling.

    Returns
    -------
    pandas.DataFrame
        ``group``, ``n``, then for each coefficient, prefixed to its name: ``no pooling``
        (missing where the group has no estimate of its own) and its standard error,
        ``partial pooling`` and its standard error, ``complete pooling``, ``deviation`` (of
        the group from what it is pulled towards) and ``pooling factor``.
    """
    columns: dict[str, object] = {
        "group": list(fits.no_pooling.group_names),
        "n": fits.no_pooling.group_sizes,
    }
    names = varying_names(fits)
    for term in terms or names:
        each = estimates(fits, term)
        doubt = {f"partial pooling se: {term}": each.partial_pooling_se}
        if posterior is not None:
            low, high = posterior.line_interval(names.index(term), posterior.level)
            doubt = {f"partial pooling lower: {term}": low, f"partial pooling upper: {term}": high}
        columns |= {
            f"no pooling: {term}": each.no_pooling,
            f"no pooling se: {term}": each.no_pooling_se,
            f"partial pooling: {term}": each.partial_pooling,
            **doubt,
            f"complete pooling: {term}": each.complete_pooling,
            f"deviation: {term}": each.partial_pooling - each.target,
            f"pooling factor: {term}": each.pooling_factor,
        }
    frame = pd.DataFrame(columns)
    return frame if groups is None else frame.iloc[groups].reset_index(drop=True)
