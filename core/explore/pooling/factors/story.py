"""What a model with several factors says, in words; names are as typed."""

from __future__ import annotations

import numpy as np

from core.estimators.estimates import estimates
from core.explore.pooling.factors.numbers import RESIDUAL, variance_shares
from core.factors_results import FactorsFits
from core.formats import decimals_for, fixed, listed, percent
from core.results import PoolingFits
from core.tables.grouping.relations import Relation
from core.tables.wording import INTERCEPT, Wording
from core.types import FloatArray


def headline(fits: FactorsFits, view: PoolingFits, wording: Wording) -> str:
    """Return the sentence that sums up what the three fits say of the factor in view."""
    each = estimates(view)
    groups = wording.group.count(each.n_groups)
    if view.multilevel_or_none is None:
        return (
            f"Complete and no pooling compare the {groups}; these data admit no multilevel "
            "model, so there is no partial pooling to show."
        )
    if not view.multilevel_or_none.sigma_group.any():
        return (
            f"Beyond what the rest of the model says, the {groups} differ no more than chance "
            "would make them: their variance is estimated as zero."
        )
    digits = decimals_for(each.partial_pooling, digits=3, most=4)
    pooled = _span(each.partial_pooling, digits)
    what = "" if each.term == INTERCEPT else f" ({wording.term(each.term, view.data)})"
    if not each.is_estimable.any():
        return f"No {wording.group.one} has an estimate of its own; partial pooling gives {pooled}."
    own = _span(each.no_pooling, digits)
    return f"Left alone, {groups} range from {own}; partially pooled, from {pooled}{what}."


def _span(values: FloatArray, digits: int) -> str:
    return f"{fixed(float(np.nanmin(values)), digits)} to {fixed(float(np.nanmax(values)), digits)}"


def context(fits: FactorsFits, wording: Wording) -> str:
    """Return the rows and levels of the model in one line."""
    data = fits.data
    counts = [
        f"{len(f.level_names):,} {'level' if len(f.level_names) == 1 else 'levels'} of '{f.label}'"
        for f in data.factors
    ]
    return f"{wording.individual.count(data.n_obs)}, {listed(counts)}"


def shares_sentence(fits: FactorsFits) -> str:
    """Return where the variance lies: '61% between levels of 'plate', ...'."""
    frame = variance_shares(fits)
    if len(frame) < 2:
        return "No intercept varies in this model, so its variance has no shares by factor."
    between = frame[frame["level"] != RESIDUAL]
    parts = [
        f"{percent(share)} between levels of '{level}'"
        for level, share in zip(between["level"], between["share"].to_numpy(float), strict=True)
    ]
    rest = float(frame["share"].iloc[-1])
    where = ""
    if any(fits.data.spec.varying_of(name) for name in fits.data.spec.groups):
        where = ", where the predictors whose slopes vary are 0"
    parts[0] = parts[0].replace("% ", "% lies ", 1)
    said = listed([*parts, f"{percent(rest)} among rows alike in all of these"])
    left = " that the predictors leave" if fits.data.spec.predictors else ""
    return f"Of the variance{left}, {said}{where}."


def not_yet(fits: FactorsFits, screen: str) -> str:
    """Return why a screen has no picture of a model with several factors, and what to do."""
    names = listed([f"'{name}'" for name in fits.data.spec.groups])
    return (
        f"{screen} is made for one grouping column so far, and this model has "
        f"{len(fits.data.spec.groups)}: {names}. The screen Pooling shows the three fits of this "
        "model, factor by factor. To see this screen, keep one of the columns as the group."
    )


def incidence_title(relation: Relation) -> str:
    """Return the finding of the incidence figure."""
    words = {
        "nested": "is nested in '{}'",
        "nested_by_reused_ids": "is nested in '{}', with ids that start again",
        "crossed": "is crossed with '{}'",
        "partly_crossed": "is partly crossed with '{}'",
    }
    how = words[relation.code].split("{}")
    return f"'{relation.inner}' {relation.outer.join(how)}"
