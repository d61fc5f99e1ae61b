"""What many draws say, in words and in tables for the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.simulate.data_needed import DataNeeded
from core.explore.simulate.draw_story import NAMES, telling_digits
from core.explore.simulate.numbers import ESTIMATORS, SimulationStudy
from core.explore.simulate.win_map import WinMap
from core.formats import number, percent, trimmed
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.population import World
from core.tables.wording import INTERCEPT, Wording
from core.types import FloatArray

#: A lead smaller than this is called even: chance in the draws could make it.
EVEN = 0.01
_BINS = 40


def share(value: float) -> str:
    """Return a share as per cent with a decimal where whole per cent would hide it."""
    return percent(value) if value == 0 or 0.1 <= value <= 0.9 else f"{100 * value:.1f}%"


def error_title(study: SimulationStudy, coefficient: str, wording: Wording) -> str:
    """Return who makes the least error over all draws, and where the difference lies."""
    rmse = study.overall(coefficient)["rmse"].to_numpy()
    if not np.isfinite(rmse).all():
        return "No group has all three estimates, so their errors cannot be compared"
    best, *others = np.argsort(rmse, kind="stable")
    digits = telling_digits(rmse)
    rest = ", ".join(f"{NAMES[e]} {number(float(rmse[e]), digits)}" for e in others)
    start = f"Over {study.draws:,} draws {NAMES[best]} errs least"
    start = f"{start} ({number(float(rmse[best]), digits)}; {rest})"
    table = study.by_size(coefficient).pivot(index="smallest", columns="estimator", values="rmse")
    if len(table) < 2:
        return start
    own, pooled = table[["no_pooling", "partial_pooling"]].to_numpy()[0]
    return (
        f"{start}; in the smallest {wording.group.many} {number(pooled, 2)} where their own "
        f"rows give {number(own, 2)}"
    )


def coverage_title(study: SimulationStudy, coefficient: str) -> str:
    """Return how often the intervals contain the truth."""
    covered = study.overall(coefficient)["coverage"].to_numpy()
    whole, own, partial = (share(float(value)) for value in covered)
    return (
        f"{percent(study.level)} intervals hold the truth {partial} of the time with partial "
        f"pooling, {own} with no pooling, {whole} with complete pooling ({study.draws:,} draws)"
    )


def sigma_of(study: SimulationStudy, coefficient: str) -> FloatArray:
    """Return the estimated sd of a varying coefficient by draw, shape (B,)."""
    i = study.varying_names.index(coefficient)
    return np.asarray(np.sqrt(study.vcov_group[:, i, i]))


def sigma_truth(study: SimulationStudy, coefficient: str) -> float:
    """Return the true sd of a varying coefficient."""
    i = study.world.data.varying_names.index(coefficient)
    return float(study.world.sigma_group[i])


def sigma_symbol(study: SimulationStudy, coefficient: str) -> str:
    """Return how the sd is written: sigma_alpha for intercepts, sigma_beta for slopes."""
    return "σ_α" if coefficient == INTERCEPT else "σ_β"


def design_words(study: SimulationStudy, wording: Wording) -> str:
    """Return the design in words: ``30 groups of 2 to 40 rows``."""
    low, high = int(study.group_sizes.min()), int(study.group_sizes.max())
    size = wording.individual.count(high) if low == high else f"{low:,} to {high:,} rows"
    if low != high:
        size = f"{low:,} to {wording.individual.count(high)}"
    return f"{wording.group.count(study.n_groups)} of {size}"


def sigma_title(study: SimulationStudy, coefficient: str, wording: Wording) -> str:
    """Return how often the spread between groups is estimated as zero, and its usual range."""
    i = study.varying_names.index(coefficient)
    symbol, values = sigma_symbol(study, coefficient), sigma_of(study, coefficient)
    low, high = np.quantile(values, [0.05, 0.95])
    zero = float(study.zero_share[i])
    often = (
        f"in {share(zero)} of {study.draws:,} draws"
        if zero
        else f"in none of {study.draws:,} draws"
    )
    return (
        f"With {design_words(study, wording)}, {symbol} is estimated as zero {often}; true is "
        f"{trimmed(sigma_truth(study, coefficient))}, nine estimates in ten lie between "
        f"{number(float(low), 2)} and {number(float(high), 2)}"
    )


def sigma_table(study: SimulationStudy, coefficient: str) -> pd.DataFrame:
    """Return the estimates of a group sd counted in bins: ``low, high, share``.

    The first row is the estimates that are exactly zero (``low = high = 0``).
    """
    values = sigma_of(study, coefficient)
    positive = values[values > 0]
    top = max(float(values.max()), sigma_truth(study, coefficient)) or 1.0
    counts, edges = np.histogram(positive, bins=_BINS, range=(0.0, top))
    low, high = np.append(0.0, edges[:-1]), np.append(0.0, edges[1:])
    both = np.append(len(values) - len(positive), counts) / len(values)
    return pd.DataFrame({"low": low, "high": high, "share": both})


def study_alt(study: SimulationStudy, coefficient: str, title: str) -> str:
    """Return a description of the figures of many draws, with the numbers of the estimators."""
    overall = study.overall(coefficient)
    rows = []
    columns = ["rmse", "bias", "sd", "coverage", "coverage_half"]
    for name, values in zip(NAMES, overall[columns].to_numpy(dtype=np.float64), strict=True):
        rmse, bias, sd, main, half = (float(v) for v in values)
        rows.append(
            f"{name}: error {number(rmse, 3)}, bias {number(bias, 3)}, chance {number(sd, 3)}, "
            f"{percent(study.level)} intervals cover {share(main)}, 50% intervals {share(half)}"
        )
    return f"{title}. {'; '.join(rows)}."


def map_title(found: WinMap) -> str:
    """Return who wins in how many cells, and what partial pooling costs at worst."""
    best = found.best
    done = int((best >= 0).sum())
    if not done:
        return "No cell of the map can be fitted"
    even = (found.margin < EVEN) & (best >= 0)
    wins = int(((best == 2) & ~even).sum())
    least = np.where(best >= 0, np.nanmin(found.rmse, axis=2, initial=np.inf), np.nan)
    worst = float(np.nanmax(found.rmse[:, :, 2] - least))
    near = "never errs more than the best of the three"
    if worst > 0:
        near = f"errs nowhere more than {number(worst, 2)} above the best"
    close = f", is even with the best in {int((even & (found.price < EVEN)).sum())}"
    return f"Partial pooling errs least in {wins} of {done} designs{close}, and {near}"


def map_alt(found: WinMap, names: tuple[str, str]) -> str:
    """Return a description of the map, row by row."""
    rows = []
    for i, value in enumerate(found.row_values):
        cells = [
            f"{trimmed(column)} {NAMES[e] if e >= 0 else 'cannot be fitted'}"
            for column, e in zip(found.column_values, found.best[i], strict=True)
        ]
        rows.append(f"{names[0]} {trimmed(value)}: {', '.join(cells)}")
    return f"{map_title(found)}. Least error by {names[1]}. {'; '.join(rows)}."


def size_table(study: SimulationStudy, coefficient: str) -> pd.DataFrame:
    """Return one row per estimator and class of group size, as the figures take it."""
    frame = study.by_size(coefficient)
    place = {str(name): i for i, name in enumerate(ESTIMATORS)}
    order = np.lexsort([frame["smallest"], frame["estimator"].map(place)])
    return frame.iloc[order].reset_index(drop=True)


def needed_title(found: DataNeeded, wording: Wording, data: GroupedData) -> str:
    """Return how many rows a group needs, and how many groups have them."""
    term = wording.term(found.coefficient, data)
    own = f"{percent(found.share)} its own data"
    if not np.isfinite(found.rows):
        return (
            f"However many {wording.individual.many} a {wording.group.one} has, its {term} is "
            f"that of all: the sd of the {term}s is zero"
        )
    rows = wording.individual.count(int(np.ceil(found.rows)))
    total = wording.group.count(len(found.group_sizes))
    return (
        f"A {wording.group.one} needs {rows} for its {term} to be {own}; "
        f"{found.n_enough:,} of {total} get there"
    )


def needed_note(found: DataNeeded, wording: Wording) -> str:
    """Return what the rows together are worth for the overall mean; '' where nothing is known."""
    if not np.isfinite(found.design_effect):
        return ""
    return (
        f"Intraclass correlation {number(found.icc, 2)} in this design, where x is 0. "
        f"For the plain mean of all, "
        f"{wording.individual.count(found.n_obs)} are worth about as many as "
        f"{number(found.effective_n, 3)} independent ones (design effect "
        f"{number(found.design_effect, 3)})."
    )


def fitted_terms(world: World, spec: ModelSpec) -> tuple[str, ...]:
    """Return the coefficients that vary in the truth and in a structure to fit."""
    slopes = tuple(spec.varying)
    return tuple(
        name
        for name in world.data.varying_names
        if (name == INTERCEPT and spec.varying_intercept)
        or any(name == s or name.startswith(f"{s}[") for s in slopes)
    )
