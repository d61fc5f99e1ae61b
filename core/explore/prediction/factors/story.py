"""What the predictions of a model with several factors say."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.prediction.factors.cases import FactorCase, FactorQuestion, noun_of
from core.explore.prediction.story import NAMES
from core.factors_results import FactorsFits
from core.figures.interval_panels import IntervalPanel, IntervalRow
from core.figures.stacked_parts import StackedPart
from core.formats import decimals_for, fixed, listed, number, percent
from core.tables.wording import Wording

#: Interval widths closer than this are called equal.
_SAME = 0.015


def title(
    found: pd.DataFrame, cases: tuple[FactorCase, ...], asked: FactorQuestion, wording: Wording
) -> str:
    """Return the prediction as chosen, with new levels of all factors, and how much wider."""
    main = str(found["estimator"].iloc[0])
    some = found[found["estimator"] == main]
    rows = {str(r["case"]): r for r in some.to_dict("records")}
    first, last = cases[0].title, cases[-1].title
    who = noun_of(asked, wording)
    if not np.isfinite(rows[first]["lower"]):
        return f"{who} cannot be predicted with an interval here: {rows[first]['reason']}"
    ends = some[["lower", "upper"]].to_numpy(np.float64)
    digits = decimals_for(ends[np.isfinite(ends)], digits=3, most=4)

    def told(case: str) -> str:
        point, low, high = (fixed(float(rows[case][c]), digits) for c in _COLUMNS)
        return f"{point} ({low} to {high})"

    plug_in = "plug-in " if main == "partial_pooling" else ""
    start = told(first).replace("(", f"({plug_in}{asked.level:.0%} interval ", 1)
    said = f"{who}: {start} for {first}"
    if first == last:
        return said
    width = {case: rows[case]["upper"] - rows[case]["lower"] for case in (first, last)}
    ratio = float(width[last] / width[first]) if width[first] > 0 else np.nan
    return f"{said}; {told(last)} for {last}{_compared(ratio)}"


_COLUMNS = ("point", "lower", "upper")


def _compared(ratio: float) -> str:
    if not np.isfinite(ratio):
        return ""
    if abs(ratio - 1) < _SAME:
        return ", no wider"
    if ratio >= 1.995:
        return f", {number(ratio, 2)} times as wide"
    return f", {percent(abs(ratio - 1))} {'wider' if ratio > 1 else 'narrower'}"


def case_panels(
    found: pd.DataFrame, cases: tuple[FactorCase, ...], axis: str
) -> tuple[IntervalPanel, ...]:
    """Return one panel for each case, estimators under each other."""
    out = []
    for case in cases:
        rows = found[found["case"] == case.title].to_dict("records")
        out.append(
            IntervalPanel(
                case.title,
                axis,
                tuple(
                    IntervalRow(
                        NAMES[str(r["estimator"])],
                        str(r["estimator"]),  # type: ignore[arg-type]
                        float(r["point"]),
                        float(r["lower"]),
                        float(r["upper"]),
                        "" if np.isfinite(r["point"]) else "not defined",
                    )
                    for r in rows
                ),
            )
        )
    return tuple(out)


def budget_parts(
    fits: FactorsFits, found: pd.DataFrame, cases: tuple[FactorCase, ...], words: dict[str, str]
) -> tuple[StackedPart, ...]:
    """Return the variance of every case taken apart, a part for each factor."""
    main = str(found["estimator"].iloc[0])
    rows = found[found["estimator"] == main].set_index("case").loc[[c.title for c in cases]]

    def values(name: str) -> np.ndarray:
        return rows[name].to_numpy(np.float64)

    parts = [StackedPart(words["individual"], values("individual"), "individual")]
    for name in fits.data.spec.groups:
        said = words["part"].format(factor=fits.data.spec.label_of(name))
        parts.append(StackedPart(said, values(f"level: {name}"), "level"))
    parts.append(StackedPart(words["estimation"], values("fixed_effects"), "estimation"))
    return tuple(parts)


def budget_sentences(
    parts: tuple[StackedPart, ...], cases: tuple[FactorCase, ...]
) -> tuple[str, ...]:
    """Return where the doubt about the first and the last case comes from."""
    out = []
    for i in dict.fromkeys((0, len(cases) - 1)):
        values = [float(part.values[i]) for part in parts]
        total = sum(values)
        if not np.isfinite(total) or total <= 0:
            continue
        told = [
            f"{percent(max(value, 0.0) / total)} {part.name}"
            for value, part in zip(values, parts, strict=True)
        ]
        out.append(f"Of the variance of the prediction for {cases[i].title}: {listed(told)}.")
    return tuple(out)


def alt(found: pd.DataFrame, said: str) -> str:
    """Return a description of the figure with its numbers."""
    told = []
    for case, rows in found.groupby("case", sort=False):
        each = [
            f"{NAMES[str(r['estimator'])]} {number(r['point'])} ({number(r['lower'])} to "
            f"{number(r['upper'])})"
            if np.isfinite(r["point"])
            else f"{NAMES[str(r['estimator'])]} not defined"
            for r in rows.to_dict("records")
        ]
        told.append(f"{case}: {', '.join(each)}.")
    return f"{said}. {' '.join(told)}"


def reasons(found: pd.DataFrame) -> tuple[str, ...]:
    """Return why some predictions are not defined, each reason once."""
    some = found[found["reason"] != ""]
    return tuple(
        f"{NAMES[str(e)][:1].upper()}{NAMES[str(e)][1:]} is not defined for {listed(list(rows))}: "
        f"{reason}."
        for (e, reason), rows in some.groupby(["estimator", "reason"], sort=False)["case"]
    )
