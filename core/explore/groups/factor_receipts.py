"""The receipt of a level of one of several factors, in words and as rows of a figure."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.estimates import way_gone
from core.estimators.factors.level_receipt import ReceiptStep
from core.figures.interval_panels import IntervalPanel, IntervalRow
from core.formats import decimals_for, fixed, listed, percent
from core.tables.wording import INTERCEPT, Wording


def step_name(step: ReceiptStep, inner: str = "") -> str:
    """Return what a level is called: its factor and its name."""
    return f"{step.factor} {step.level.split(':')[-1] if ':' in step.label else step.level}{inner}"


def sentences(steps: tuple[ReceiptStep, ...], wording: Wording) -> tuple[str, ...]:
    """Return one sentence for each step, and one that puts them together."""
    out = []
    for i, step in enumerate(steps):
        towards = "the average"
        if i + 1 < len(steps):
            towards = f"the line of {step_name(steps[i + 1])}"
        out.append(_sentence(step, towards, wording))
    if len(steps) > 1:
        out.append(_together(steps))
    return tuple(out)


def _sentence(step: ReceiptStep, towards: str, wording: Wording) -> str:
    name = step_name(step)
    inside = [f"{n:,} levels of '{f}'" for f, n in step.n_inside.items()]
    rows = wording.individual.count(step.n)
    size = f"{rows} in {listed(inside)}" if inside else rows
    start = f"{name[:1].upper()}{name[1:]} ({size})"
    what = "level" if step.varying_names[0] == INTERCEPT else "slope"
    own, target, pooled = (float(v[0]) for v in (step.own, step.target, step.pooled))
    if not np.isfinite(own):
        digits = decimals_for([target, pooled], 3)
        return (
            f"{start} cannot have a line of its own: it is drawn from {towards}, "
            f"{fixed(target, digits)}, to {fixed(pooled, digits)}."
        )
    digits = decimals_for([own, target, pooled], 3)
    told = (fixed(own, digits), fixed(target, digits), fixed(pooled, digits))
    gone = float(way_gone(step.own[:1], step.target[:1], step.pooled[:1])[0])
    moves = f"its own {what} of {told[0]} is pulled towards {told[1]}, {towards},"
    if np.isnan(gone):
        return f"{start}: {moves} and stays there."
    if not -1e-9 <= gone <= 1.0 + 1e-9:
        return (
            f"{start}: {moves} and comes to {told[2]}, as intercept and slope are pulled together."
        )
    share = percent(min(max(gone, 0.0), 1.0))
    return f"{start}: {moves} and goes {share} of the way, to {told[2]}."


def _together(steps: tuple[ReceiptStep, ...]) -> str:
    last = steps[-1]
    values = [float(last.target[0]), *(float(s.deviation[0]) for s in reversed(steps))]
    largest = max(abs(value) for value in values[1:]) or 1.0
    digits = int(np.clip(2 - np.floor(np.log10(largest)), 0, 8))
    parts = [fixed(values[0], digits)]
    for value in values[1:]:
        sign = "+" if value >= 0 else "\N{MINUS SIGN}"
        parts.append(f"{sign} {fixed(abs(value), digits)}")
    names = [step_name(s) for s in reversed(steps)]
    return (
        f"Together: {' '.join(parts)} = {fixed(float(steps[0].pooled[0]), digits)} (the average, "
        f"then the deviation of {listed(names)})."
    )


def panels(steps: tuple[ReceiptStep, ...], axis: str) -> tuple[IntervalPanel, ...]:
    """Return a panel for each step: its own (with its error), what it is pulled to, its line."""
    out = []
    for step in steps:
        own, se = float(step.own[0]), float(step.own_se[0])
        target, pooled = float(step.target[0]), float(step.pooled[0])
        rows = (
            IntervalRow(
                "its own", "no_pooling", own, own - se, own + se, "" if own == own else "none"
            ),
            IntervalRow("pooled", "partial_pooling", pooled, np.nan, np.nan),
            IntervalRow("pulled towards", "complete_pooling", target, np.nan, np.nan),
        )
        out.append(IntervalPanel(step_name(step), axis, rows))
    return tuple(out)


def table(steps: tuple[ReceiptStep, ...]) -> pd.DataFrame:
    """Return every step and coefficient: own, error, target, what is kept, pooled."""
    rows = []
    for step in steps:
        for a, name in enumerate(step.varying_names):
            own, target = float(step.own[a]), float(step.target[a])
            pooled = float(step.pooled[a])
            kept = (pooled - target) / (own - target) if own != target else np.nan
            rows.append(
                {
                    "level": step_name(step),
                    "rows": step.n,
                    "term": name,
                    "its own": own,
                    "± se": float(step.own_se[a]),
                    "pulled towards": target,
                    "keeps": kept if 0 <= kept <= 1 else np.nan,
                    "pooled": pooled,
                }
            )
    return pd.DataFrame(rows)


def alt(told: tuple[str, ...]) -> str:
    """Return a description of the figure."""
    return " ".join(told)
