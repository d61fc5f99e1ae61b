"""What a group-level predictor explains, in words and as tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.claims import Claim
from core.explore.two_levels.group_columns import GroupColumn
from core.explore.two_levels.numbers import TwoLevels
from core.formats import decimals_for, fixed, number, percent, with_interval
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording, per_unit

#: A share of the variance smaller than this is told as none.
_LITTLE = 0.02
#: A change of the mean pooling factor smaller than this is told as none.
_SAME_POOLING = 0.01


def column_name(column: GroupColumn, wording: Wording) -> str:
    """Return what a group-level predictor is called inside a sentence."""
    if column.source:
        return f"{wording.group.one} mean of {wording.in_sentence(column.source)}"
    return wording.in_sentence(column.name)


def column_choice(column: GroupColumn, wording: Wording) -> str:
    """Return what a group-level predictor is called in a list to choose from."""
    if column.source:
        return f"Mean {wording.in_sentence(column.source)} of the {wording.group.one}"
    return wording.name(column.name)


def sentences(found: TwoLevels, term: str, wording: Wording) -> tuple[str, ...]:
    """Return everything worth saying of u and one varying coefficient."""
    said = (
        *effect_sentences(found, wording),
        pooling_sentence(found, term, wording),
        r_squared_sentence(found, term, wording),
        two_stage_sentence(found, term, wording),
    )
    return tuple(sentence for sentence in said if sentence)


def column_axis(column: GroupColumn, wording: Wording) -> str:
    """Return the axis title of a group-level predictor, with its unit."""
    if column.source:
        unit = wording.column(column.source).unit
        name = column_name(column, wording)
        return f"{name[:1].upper()}{name[1:]}" + (f" ({unit})" if unit else "")
    return wording.column(column.name).title


def column_unit(column: GroupColumn, wording: Wording) -> str:
    """Return the unit of a group-level predictor; '' where there is none."""
    return wording.column(column.source or column.name).unit


def level_name(column: GroupColumn, code: int, wording: Wording) -> str:
    """Return the word for one level of a categorical group-level predictor."""
    return wording.level(column.name, column.levels[code])


def term_name(term: str, fits: PoolingFits, wording: Wording) -> str:
    """Return what a varying coefficient is called, always told from the others."""
    if term == INTERCEPT:
        return "intercept" if fits.spec.predictors else "mean"
    return _slope(term, fits, wording)


def _slope(term: str, fits: PoolingFits, wording: Wording) -> str:
    """Return what a coefficient that is no intercept is called, and where it holds."""
    is_made = any(b.parts for b in fits.data.base if b.name == term)
    what = "coefficient" if is_made else "slope"
    return f"{what} of {wording.in_sentence(term)}{wording.where(term, fits.data)}"


def two_levels_title(found: TwoLevels, term: str, wording: Wording) -> str:
    """Return the finding: the share of the variance between groups that u explains."""
    change, name = found.change(term), column_name(found.column, wording)
    what = f"the {term_name(term, found.including, wording)}"
    start = f"{name[:1].upper()}{name[1:]}"
    before, after = (number(v) for v in change.sigma)
    if change.sigma[0] == 0:
        return (
            f"There is nothing for {name} to explain: between {wording.group.many}, the standard "
            f"deviation of {what} is estimated as zero"
        )
    acts, amounts = found.acts_on(term), f"{before} without it and {after} with it"
    many = wording.group.many
    if acts is None:
        return (
            f"{start} does not enter {what} in this model: its standard deviation between {many} "
            f"is {amounts}"
        )
    if not acts:
        return (
            f"Whether {name} explains how {many} differ in {what} the data do not tell: its "
            f"standard deviation between them is {amounts}"
        )
    if change.explained > _LITTLE:
        return (
            f"{start} explains {percent(change.explained)} of the variance of {what} between "
            f"{many}, by estimate: its standard deviation falls from {before} to {after}"
        )
    return (
        f"{start} goes with {what}, yet the estimates leave {many} as different as before: "
        f"its standard deviation is {amounts}"
    )


def _kind(found: TwoLevels) -> str:
    return "plug-in" if found.posteriors[1] is None else "posterior"


def effect_sentences(found: TwoLevels, wording: Wording) -> tuple[str, ...]:
    """Return one sentence per coefficient of u: what it does per unit, with its interval."""
    table = found.effects
    out = []
    for i, row in enumerate(table.itertuples()):
        estimate, lower, upper = float(row.estimate), float(row.lower), float(row.upper)  # type: ignore[arg-type]
        if not np.isfinite(estimate):
            out.append(
                f"'{row.term}' is a combination of other columns of the model and cannot be told "
                "apart from them."
            )
            continue
        up = estimate if row.varying != INTERCEPT or estimate >= 0 else -estimate
        ends = (lower, upper) if up == estimate else (-upper, -lower)
        amount = with_interval(up, *ends, f"95% {_kind(found)} interval ")
        per = _per(found.column, i, wording)
        varying = str(row.varying)
        is_sure = Claim(estimate, lower, upper).is_sure
        if varying == INTERCEPT:
            what = _intercept(found, wording)
            way = "higher" if estimate >= 0 else "lower"
            if is_sure:
                out.append(f"{per}, {what} is {way} by {amount}.")
            else:
                amount = with_interval(estimate, lower, upper, "95% interval ")
                out.append(
                    f"{per}, whether {what} is higher or lower the data do not tell: {amount}."
                )
        else:
            slope = f"the {_slope(varying, found.including, wording)}"
            start = f"Cross-level interaction: {per[:1].lower()}{per[1:]}, "
            verb = (
                f"{slope} changes by" if is_sure else f"the data do not tell how {slope} changes:"
            )
            out.append(f"{start}{verb} {amount}.")
    return tuple(out)


def _per(column: GroupColumn, i: int, wording: Wording) -> str:
    """Return ``Per log ppm of log uranium``, or ``In girls compared with boys``."""
    if column.levels:
        level = level_name(column, 1 + i % (len(column.levels) - 1), wording)
        return (
            f"With {column_name(column, wording)} '{level}' instead of "
            f"'{level_name(column, 0, wording)}'"
        )
    unit = column_unit(column, wording)
    name = column_name(column, wording)
    return f"Per {per_unit(unit)} of {name}" if unit else f"Per unit of {name}"


def _intercept(found: TwoLevels, wording: Wording) -> str:
    if found.including.spec.predictors:
        return f"the intercept that a {wording.group.one} is pulled towards"
    return f"the mean that a {wording.group.one} is pulled towards"


def pooling_sentence(found: TwoLevels, term: str, wording: Wording) -> str:
    """Return what u does to the targets and to the amount of pooling of one coefficient."""
    change = found.change(term)
    (low0, high0), (low1, high1) = change.target
    digits = decimals_for([low0, high0, low1, high1], digits=3, most=4)
    many, one = wording.group.many, wording.group.one
    before = (
        f"all {many} are pulled towards {fixed(low0, digits)}"
        if high0 - low0 < 1e-9 * max(abs(high0), 1e-300)
        else f"{many} are pulled towards {fixed(low0, digits)} to {fixed(high0, digits)}"
    )
    after = f"each {one} towards its own target, {fixed(low1, digits)} to {fixed(high1, digits)}"
    if high1 - low1 < 1e-9 * max(abs(high1), 1e-300):
        after = f"towards {fixed(low1, digits)}, since it does not act on this coefficient"
    first, second = change.pooling
    if abs(second - first) < _SAME_POOLING:
        pooled = f"On average they are pooled {percent(second)}, as before."
    else:
        way, left = ("more", "less") if second > first else ("less", "more")
        # A correlation, or a coefficient that shares its doubt, may turn it round.
        is_why = (change.sigma[1] < change.sigma[0]) == (second > first)
        why = f"With {left} variance left between {many} they are" if is_why else "They are"
        pooled = f"{why} pooled {way}: {percent(second)} on average instead of {percent(first)}."
    return f"Without it {before}; with it {after}. {pooled}"


def r_squared_sentence(found: TwoLevels, term: str, wording: Wording) -> str:
    """Return the two measures of what u explains, and why they may differ."""
    change = found.change(term)
    share = change.r_squared[1]
    if not np.isfinite(share) or change.sigma[0] == 0:
        return ""
    name, many = term_name(term, found.including, wording), wording.group.many
    explained = _variance_falls(change.explained)
    if share < 0:
        return (
            f"Group-level R² of the {name}: below 0, for the group-level predictors lead one to "
            f"expect no more of the differences between {many} than chance would.{explained}"
        )
    return (
        f"Group-level R² of the {name}: {percent(share)} of the differences between {many} lie in "
        f"what the group-level predictors lead one to expect.{explained}"
    )


def _variance_falls(explained: float) -> str:
    """Return what happens to the estimated group variance, as a sentence of its own."""
    if not np.isfinite(explained):
        return ""
    if explained >= 0:
        return f" The estimated group variance falls by {percent(explained)}."
    rises = "more than doubles" if explained < -1 else f"rises by {percent(-explained)}"
    return f" The estimated group variance {rises}, as estimates of a variance may."


def two_stage_sentence(found: TwoLevels, term: str, wording: Wording) -> str:
    """Return the two-stage slope beside the multilevel one; '' for a category or without one."""
    if found.column.levels:
        return ""
    line = found.line(True, term)
    run = float(line.grid[-1] - line.grid[0])
    slopes = [float(y[-1] - y[0]) / run for y in (line.line, line.two_stage)]
    if not np.isfinite(slopes).all() or not any(slopes):
        return ""
    used = int(np.isfinite(line.own).sum())
    return (
        f"The two-stage regression of the {used:,} no-pooling estimates, all {wording.group.many} "
        f"equal, has slope {number(slopes[1])}; the multilevel model, which counts how well each "
        f"is known, {number(slopes[0])}."
    )


def change_table(found: TwoLevels, wording: Wording) -> pd.DataFrame:
    """Return what changes when u enters the model: ``quantity, without, with``."""
    rows: list[tuple[str, str, str]] = []
    for change in found.changes:
        what = term_name(change.term, found.including, wording)
        group = f"sd between {wording.group.many}"
        rows.append((f"{what}: {group}", *_both(change.sigma)))
        shares = (percent(change.pooling[0]), percent(change.pooling[1]))
        rows.append((f"{what}: mean pooling factor", *shares))
        spans = [f"{number(a)} to {number(b)}" if b > a else number(a) for a, b in change.target]
        rows.append((f"{what}: targets", spans[0], spans[1]))
        explained = "" if np.isnan(change.explained) else _signed_percent(change.explained)
        if change.explained < -1.0:
            explained = "none: it rises"
        rows.append((f"{what}: explained group variance", "", explained))
        r2 = [_signed_percent(v) for v in change.r_squared]
        rows.append((f"{what}: group-level R²", r2[0], r2[1]))
    sides = (found.without.multilevel, found.including.multilevel)
    inside = f"sd of {wording.individual.many} inside a {wording.group.one}"
    rows.append((inside, *_both((sides[0].sigma_y, sides[1].sigma_y))))
    return pd.DataFrame(rows, columns=["quantity", "without", "with"])


def _both(pair: tuple[float, float]) -> tuple[str, str]:
    return number(pair[0]), number(pair[1])


def _signed_percent(share: float) -> str:
    if np.isnan(share) or abs(share) < 1e-9:
        return percent(share - share)
    return percent(share) if share >= 0 else f"−{percent(-share)}"


def line_table(found: TwoLevels, term: str) -> pd.DataFrame:
    """Return the numbers of the figure, one row per group.

    Returns
    -------
    DataFrame
        ``group``, ``n``, u, and for the models without and with u: no pooling, partial pooling,
        its standard error or interval, and the target on the line.
    """
    data = found.including.data
    u = found.column.values
    levels = np.array(found.column.levels, dtype=object)
    columns: dict[str, object] = {
        "group": list(data.group_names),
        "n": data.group_sizes,
        found.column.name: levels[u.astype(np.intp)] if len(levels) else u,
    }
    for is_in in (False, True):
        line = found.line(is_in, term)
        side = "with" if is_in else "without"
        at = line.line[u.astype(np.intp)] if len(levels) else np.interp(u, line.grid, line.line)
        columns |= {
            f"no pooling ({side})": line.own,
            f"no pooling se ({side})": line.own_se,
            f"partial pooling ({side})": line.estimate,
            f"partial pooling lower, 68% {found.source} ({side})": line.lower,
            f"partial pooling upper, 68% {found.source} ({side})": line.upper,
            f"target ({side})": at,
        }
    return pd.DataFrame(columns)


def two_levels_alt(found: TwoLevels, term: str, wording: Wording) -> str:
    """Return a description of the figure with its numbers."""
    parts = [f"{two_levels_title(found, term, wording)}."]
    for is_in in (False, True):
        line = found.line(is_in, term)
        side = "With" if is_in else "Without"
        parts.append(
            f"{side} it: partial-pooling estimates {number(float(line.estimate.min()))} to "
            f"{number(float(line.estimate.max()))}; the group-level line runs from "
            f"{number(float(line.line[0]))} to {number(float(line.line[-1]))}, groups scatter "
            f"about it with sd {number(line.sigma)}."
        )
    return " ".join(parts)
