"""Within and between slopes in words: agreement, disagreement, and the alarm of a changed sign."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from core.explore.two_levels.slopes import Slope, Slopes
from core.formats import number, percent, with_interval
from core.results import PoolingFits
from core.tables.grouped import GroupedData
from core.tables.wording import Wording, per_unit

Verdict: TypeAlias = Literal["reversed", "different", "agree", "within_only"]


def slopes_verdict(found: Slopes) -> Verdict:
    """Return whether the slopes agree within error, differ, or differ in sign."""
    if found.difference is None:
        return "within_only"
    if found.is_reversed:
        return "reversed"
    return "agree" if found.agree else "different"


def _per(found: Slopes, wording: Wording) -> str:
    if wording.is_indicator(found.predictor):
        high, low = (wording.level(found.predictor, code) for code in (1, 0))
        return f"from {low} to {high}"
    unit = per_unit(wording.column(found.predictor).unit)
    name = wording.in_sentence(found.predictor)
    return f"per {unit} of {name}" if unit else f"per unit of {name}"


def _interval(slope: Slope) -> str:
    return with_interval(slope.value, slope.lower, slope.upper)


def slopes_title(found: Slopes, wording: Wording) -> str:
    """Return the finding: how the slopes inside and between groups compare."""
    inside, verdict = number(found.within.value), slopes_verdict(found)
    many, one = wording.group.many, wording.group.one
    if found.between is None or verdict == "within_only":
        why = (
            "their means of it do not differ"
            if len(found.sizes) > 2
            else f"{wording.group.count(len(found.sizes))} show no slope with a doubt of its own"
        )
        return (
            f"Inside {many}, the slope is {inside} {_per(found, wording)}; between them none can "
            f"be told, since {why}"
        )
    between = number(found.between.value)
    if verdict == "agree":
        return (
            f"Inside {many} and between them the slopes are {inside} and {between} "
            f"{_per(found, wording)}: whether they differ the data do not tell"
        )
    if verdict == "reversed":
        return (
            f"The slope changes its sign: {inside} inside a {one}, {between} between the means of "
            f"{many}"
        )
    return (
        f"Inside {many} the slope is {inside} {_per(found, wording)}, between their means {between}"
    )


def slopes_note(fits: PoolingFits, predictor: str, wording: Wording) -> str:
    """Return that the model has no one slope, where x enters by more than a line; else ''."""
    if not any(item.parts and item.depends_on(predictor) for item in fits.data.base):
        return ""
    return (
        f"In the model {wording.in_sentence(predictor)} enters by more than a straight line, so no "
        "one number is its slope. The slopes here are those of straight lines in it alone."
    )


def slopes_alarm(found: Slopes, data: GroupedData, wording: Wording) -> str:
    """Return the alarm where within and between disagree in sign; '' otherwise."""
    if not found.is_reversed or found.between is None:
        return ""
    outcome, x = wording.in_sentence(data.spec.outcome), wording.in_sentence(found.predictor)
    rises = "rises" if found.within.value > 0 else "falls"
    other = "falls" if found.within.value > 0 else "rises"
    plain = (
        f"The plain slope, {number(found.plain)}, has the sign that is wrong for every "
        f"{wording.individual.one} inside its {wording.group.one}."
        if found.plain_is_reversed
        else f"The plain slope, {number(found.plain)}, is a blend of the two."
    )
    return (
        f"Simpson's paradox: inside a {wording.group.one}, {outcome} {rises} with {x} "
        f"(slope {_interval(found.within)}), but between {wording.group.many} it {other} "
        f"({_interval(found.between)}). {plain} Let the {wording.group.one} mean of {x} into the "
        "model: then each slope gets its own coefficient."
    )


def blend_sentences(found: Slopes, wording: Wording) -> tuple[str, ...]:
    """Return what the plain slope is a blend of, with the weights; empty where all agree."""
    if slopes_verdict(found) not in ("reversed", "different") or found.between is None:
        return ()
    out = [
        f"The plain slope (complete pooling) {number(found.plain)} = "
        f"{percent(found.weight_within)} × within {number(found.within.value)} + "
        f"{percent(1.0 - found.weight_within)} × between {number(found.between.value)}: the "
        f"weights are how much of the spread of {wording.in_sentence(found.predictor)} lies "
        f"inside and between {wording.group.many}."
    ]
    if np.isfinite(found.multilevel):
        out.append(
            f"A varying intercept trusts the comparison between {wording.group.many} less: it "
            f"gives the within slope {percent(found.multilevel_weight)} of the weight, which makes "
            f"{number(found.multilevel)}. It is still a blend."
        )
    difference = found.difference
    if difference is not None:
        out.append(
            f"Between minus within: {_interval(difference)}, the difference that goes with a "
            f"higher mean of the {wording.group.one}, at the same own value."
        )
    return tuple(out)


def slopes_table(found: Slopes) -> pd.DataFrame:
    """Return the slopes as a table: ``slope, estimate, se, lower, upper, weight``."""
    nothing = Slope(np.nan, np.nan, np.nan, np.nan, np.nan)
    between = found.between or nothing
    rows = [
        ("within groups (group indicators)", found.within, found.weight_within),
        ("between group means (weighted by size)", between, 1.0 - found.weight_within),
        ("between minus within", found.difference or nothing, np.nan),
    ]
    records = [
        {
            "slope": name,
            "estimate": s.value,
            "se": s.se,
            "lower": s.lower,
            "upper": s.upper,
            "weight in the plain slope": weight,
        }
        for name, s, weight in rows
    ]
    blank = dict.fromkeys(("se", "lower", "upper", "weight in the plain slope"), np.nan)
    for name, value in (
        ("plain (complete pooling)", found.plain),
        ("with a varying intercept", found.multilevel),
        ("between group means, all groups equal", found.between_unweighted),
    ):
        records.append({"slope": name, "estimate": value, **blank})
    return pd.DataFrame(records)


def slopes_alt(found: Slopes, wording: Wording) -> str:
    """Return a description of the figure with its numbers."""
    parts = [f"{slopes_title(found, wording)}.", f"Within: {_interval(found.within)}."]
    if found.between is not None:
        parts.append(f"Between: {_interval(found.between)}.")
    parts.append(f"Plain: {number(found.plain)}.")
    return " ".join(parts)
