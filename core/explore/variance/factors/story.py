"""What the variances of several factors say, in words, and as rows of figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.estimators.factors.intervals import PROFILE, RESIDUAL
from core.factors_results import FactorsFits
from core.figures.interval_panels import IntervalPanel, IntervalRow
from core.figures.stacked_parts import StackedPart
from core.formats import listed, number, percent
from core.tables.wording import INTERCEPT, Wording

#: A lower end below this share of the estimate is told as zero.
_NOTHING = 1e-6


def level_name(fits: FactorsFits, level: str) -> str:
    """Return what one part of the variance lies between."""
    return "rows alike in all of these" if level == RESIDUAL else f"levels of '{level}'"


def title(fits: FactorsFits, table: pd.DataFrame) -> str:
    """Return where the most variance is, as far as the intervals allow to say so."""
    shares = table[table["quantity"] == "share"]
    if shares.empty:
        return "No intercept varies in this model, so its variance has no shares by factor"
    order = shares.sort_values("estimate", ascending=False).to_dict("records")
    first, second = order[0], order[1]
    left = " that the predictors leave" if fits.data.spec.predictors else ""
    start = f"Of the variance{left}, {percent(float(first['estimate']))}"
    where = _between(fits, str(first["level"]))
    ends = f"{percent(float(first['lower']))} to {percent(float(first['upper']))}"
    said = f"{start} lies {where} (95% interval {ends})"
    if float(first["lower"]) <= float(second["upper"]):
        other = _between(fits, str(second["level"]))
        return f"{said}; whether more lies there than {other} is not sure"
    return f"{said}, surely the largest part"


def _between(fits: FactorsFits, level: str) -> str:
    name = level_name(fits, level)
    return f"among {name}" if level == RESIDUAL else f"between {name}"


def sentences(fits: FactorsFits, table: pd.DataFrame, wording: Wording) -> tuple[str, ...]:
    """Return one sentence per share and per sd, with intervals."""
    out = []
    shares = table[table["quantity"] == "share"]
    if not shares.empty:
        told = [
            f"{percent(float(r['estimate']))} ({percent(float(r['lower']))} to "
            f"{percent(float(r['upper']))}) {_between(fits, str(r['level']))}"
            for r in shares.to_dict("records")
        ]
        out.append(f"Shares with 95% intervals: {listed(told)}.")
    where = _where_slopes_are_zero(fits, wording)
    if where and not shares.empty:
        out.append(where)
    sds = table[(table["quantity"] == "sd") & (table["level"] != RESIDUAL)]
    out += [_about_sd(fits, r, wording) for r in sds.to_dict("records")]
    return tuple(out)


def _where_slopes_are_zero(fits: FactorsFits, wording: Wording) -> str:
    names = dict.fromkeys(n for g in fits.data.spec.groups for n in fits.data.spec.varying_of(g))
    if not names:
        return ""
    said = listed([wording.in_sentence(name) for name in names])
    verb = "is" if len(names) == 1 else "are"
    return (
        f"Shares hold where {said} {verb} 0: with slopes that vary, how much levels differ depends "
        "on where one looks."
    )


def _about_sd(fits: FactorsFits, row: Mapping[Any, Any], wording: Wording) -> str:
    level, term = str(row["level"]), str(row["term"])
    what = "means" if not fits.data.spec.predictors else "intercepts"
    if term != INTERCEPT:
        what = f"slopes of {wording.in_sentence(term)}"
    estimate, low, high = (float(row[c]) for c in ("estimate", "lower", "upper"))
    if estimate <= 0:
        return (
            f"That {level_name(fits, level)} differ in their {what} is not seen: their sd is "
            f"estimated as zero, and may be up to {number(high)}."
        )
    if low <= _NOTHING * estimate:
        return (
            f"{what[:1].upper()}{what[1:]} of {level_name(fits, level)} have sd "
            f"{number(estimate)} (0 to {number(high)}): that they do not differ is not ruled out."
        )
    return (
        f"{what[:1].upper()}{what[1:]} of {level_name(fits, level)} differ: sd {number(estimate)} "
        f"({number(low)} to {number(high)})."
    )


def parts(fits: FactorsFits, table: pd.DataFrame) -> tuple[StackedPart, ...]:
    """Return the stacked bar of the shares."""
    shares = table[table["quantity"] == "share"]
    return tuple(
        StackedPart(
            "rows alike in all of these" if r["level"] == RESIDUAL else f"between {r['level']}",
            np.array([float(r["estimate"])]),
            "individual" if r["level"] == RESIDUAL else "level",
        )
        for r in shares.to_dict("records")
    )


def share_panel(fits: FactorsFits, table: pd.DataFrame) -> IntervalPanel:
    """Return the shares with their intervals."""
    rows = table[table["quantity"] == "share"].to_dict("records")
    return IntervalPanel(
        "",
        "share of the variance",
        tuple(_row(_between(fits, str(r["level"])), r) for r in rows),
    )


def sd_panels(
    fits: FactorsFits, table: pd.DataFrame, wording: Wording
) -> tuple[IntervalPanel, ...]:
    """Return the sds with their intervals: intercepts and residuals, then each slope."""
    unit = wording.column(fits.data.spec.outcome).unit
    sds = table[table["quantity"] == "sd"]
    out = []
    for term in dict.fromkeys(t for t in sds["term"] if t):
        some = sds[(sds["term"] == term) | ((sds["term"] == "") & (term == INTERCEPT))]
        rows = tuple(
            _row("residual" if r["level"] == RESIDUAL else str(r["level"]), r)
            for r in some.to_dict("records")
        )
        name = "intercepts" if term == INTERCEPT else f"slopes of {wording.in_sentence(term)}"
        axis = (
            f"standard deviation ({unit})" if unit and term == INTERCEPT else "standard deviation"
        )
        out.append(IntervalPanel(f"Sd of {name}", axis, rows))
    return tuple(out)


def _row(name: str, row: Mapping[Any, Any]) -> IntervalRow:
    estimate, low, high = (float(row[c]) for c in ("estimate", "lower", "upper"))
    return IntervalRow(name, "partial_pooling", estimate, low, high)


def alt(table: pd.DataFrame, said: str) -> str:
    """Return a description of the figure with its numbers."""
    told = [
        f"{r['quantity']} of {r['level']}{' ' + str(r['term']) if r['term'] else ''} "
        f"{number(float(r['estimate']))} ({number(float(r['lower']))} to "
        f"{number(float(r['upper']))})"
        for r in table.to_dict("records")
    ]
    return f"{said}. {'; '.join(told)}."


def method(table: pd.DataFrame) -> str:
    """Return where the intervals come from."""
    if (table["source"] == PROFILE).all():
        return (
            "95% intervals of the profile likelihood: values that the likelihood does not reject, "
            "all else free. They are of the plain likelihood (ML) even where REML was fitted."
        )
    return (
        "95% Wald intervals on the log scale (of shares, on the logit scale): the table is too "
        "large for profiles within a moment."
    )
