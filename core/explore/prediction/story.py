"""What the screen about prediction shows: a picture, its numbers, and the finding in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias, cast

import numpy as np
import pandas as pd

from core.estimators.predictors import Predictor
from core.explore.prediction.numbers import Predicting
from core.explore.prediction.scenario import (
    Case,
    CaseName,
    Question,
    Setting,
    Value,
    cases,
    grid_of,
    predict_cases,
)
from core.formats import decimals_for, fixed, number, percent
from core.posterior.uncertainty import PLUG_IN, source_label
from core.results import PoolingFits
from core.tables.columns import CategoricalColumn
from core.tables.wording import Wording
from core.types import FloatArray

Main: TypeAlias = Literal["partial_pooling", "complete_pooling"]
NAMES: dict[str, str] = {
    "partial_pooling": "partial pooling",
    "no_pooling": "no pooling",
    "two_stage": "two-stage",
    "complete_pooling": "complete pooling",
}
#: One prediction by column, and the predictions by case and estimator.
Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = dict[tuple[str, str], Row]
_ENDS = ("lower", "upper")
#: What the intervals of the other estimators come from.
T_INTERVAL = "t distribution"
#: Interval widths closer than this are called equal.
_SAME_WIDTH = 0.015


@dataclass(frozen=True, eq=False)
class Picture:
    """Everything that the figures of the screen draw, in plain text and numbers.

    Attributes
    ----------
    now : DataFrame
        From ``predict_cases`` at the chosen values.
    along : DataFrame
        The same along ``grid``.
    main : {"partial_pooling", "complete_pooling"}
        The estimator in front: complete pooling where there is no multilevel fit.
    x, y : FloatArray
        The rows of the group, in positions of the axis.
    short : dict of case to str
        Point and interval: ``0.74 (-0.45 to 1.93)``.
    undefined : dict of case to str
        Why no pooling has no prediction.
    source : str
        Where partial pooling's intervals come from, as ``source_label`` says it.
    """

    cases: tuple[Case, ...]
    now: pd.DataFrame
    along: pd.DataFrame
    main: Main
    level: float
    individual: bool
    grid: tuple[Value, ...]
    value: Value | None
    is_continuous: bool
    ticks: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    title: str
    note: str
    x_title: str
    y_title: str
    unit: str
    points_label: str
    short: dict[CaseName, str]
    undefined: dict[CaseName, str]
    source: str

    def row(self, case: CaseName, estimator: str) -> Row:
        """Return one prediction at the chosen values."""
        return self.rows[case, estimator]

    @cached_property
    def rows(self) -> Rows:
        """The predictions at the chosen values, by case and estimator."""
        return _by_case(self.now)


def _by_case(now: pd.DataFrame) -> Rows:
    """Return predictions by case and estimator: one pass, for looking up many."""
    records = cast("list[Row]", now.to_dict("records"))
    return {(row["case"], row["estimator"]): row for row in records}


def picture(
    fits: PoolingFits,
    predictors: Mapping[Predicting, Predictor],
    asked: Question,
    of: tuple[Setting, ...],
    wording: Wording,
) -> Picture:
    """Return what every estimator predicts for the question, and along its predictor."""
    found = cases(fits, asked.group, wording)
    now = predict_cases(fits, predictors, found, asked)
    setting = next((s for s in of if s.name == asked.along), None)
    grid = grid_of(setting, fits) if setting else [0.0]
    along = predict_cases(fits, predictors, found, asked, grid) if setting else now
    main: Main = "partial_pooling" if "partial_pooling" in predictors else "complete_pooling"
    x, y = _group_rows(fits, asked.group, setting)
    outcome = wording.column(fits.spec.outcome)
    by_case = _by_case(now)
    short = {case.name: _short(by_case, case.name, main) for case in found}
    return Picture(
        cases=found,
        now=now,
        along=along,
        main=main,
        level=asked.level,
        individual=asked.individual,
        grid=tuple(grid),
        value=asked.values[setting.name] if setting else 0.0,
        is_continuous=bool(setting) and not setting.choices if setting else False,
        ticks=setting.labels if setting else ("",),
        x=x,
        y=y,
        title=title(now, main, asked, fits, wording),
        note=_note(asked, wording),
        x_title=wording.column(setting.name).title if setting else "",
        y_title=outcome.title,
        unit=f" {outcome.unit}" if outcome.unit else "",
        points_label=f"{wording.individual.many} of {wording.group_name(asked.group)}",
        short=short,
        undefined={c.name: "not defined" for c in found},
        source=source_label(asked.posterior),
    )


def _note(asked: Question, wording: Wording) -> str:
    """Return which variances the average group leaves out."""
    out = f"The average {wording.group.one} leaves out how {wording.group.many} differ"
    if not asked.individual:
        out = f"Means leave out how {wording.individual.many} differ; {out[:1].lower()}{out[1:]}"
    return f"{out}."


def _group_rows(
    fits: PoolingFits, group: str, setting: Setting | None
) -> tuple[FloatArray, FloatArray]:
    """Return the group's rows: positions along the axis, and outcomes."""
    data = fits.data.rows_of(group)
    rows = np.flatnonzero(data.group_index == data.group_names.index(group))
    y: FloatArray = data.y[rows]
    if setting is None:
        return np.zeros(len(rows)), y
    column = data.columns[setting.name]
    if isinstance(column, CategoricalColumn):
        return column.codes[rows].astype(np.float64), y
    values: FloatArray = column.values[rows]
    if setting.choices:
        choices = np.array(setting.choices, dtype=np.float64)
        return np.searchsorted(choices, values).astype(np.float64), y
    return values, y


def _digits(rows: Rows, main: str) -> int:
    """Return the decimals that suit the intervals."""
    ends = [row[end] for (_, name), row in rows.items() if name == main for end in _ENDS]
    return decimals_for(ends, digits=3, most=4)


def _short(rows: Rows, case: CaseName, main: str) -> str:
    row = rows[case, main]
    if not np.isfinite(row["point"]):
        return "not defined"
    digits = _digits(rows, main)
    return (
        f"{fixed(row['point'], digits)} ({fixed(row['lower'], digits)} to "
        f"{fixed(row['upper'], digits)})"
    )


def title(
    now: pd.DataFrame, main: str, asked: Question, fits: PoolingFits, wording: Wording
) -> str:
    """Return the finding: the group's prediction, a new group's, and how much wider that is."""
    rows = now[now["estimator"] == main].set_index("case")
    one, group = wording.individual.one, wording.group.one
    who = f"A new {one}" if asked.individual else f"The mean of {wording.individual.many}"
    name = wording.group_name(asked.group)
    other: CaseName = "placed" if "placed" in rows.index else "new"
    which = f"a new {group}" + (" with known predictors" if other == "placed" else "")
    if not np.isfinite(rows[list(_ENDS)].loc[["known", other]]).all(axis=None):
        reason = next((r for r in rows["reason"] if r), "the residual spread is not known")
        return f"{who} cannot be predicted with an interval here: {reason}"
    by_case = _by_case(now)
    known, new = (_short(by_case, c, main) for c in _pair(other))
    width = rows["upper"] - rows["lower"]
    ratio = float(width[other] / width["known"]) if width["known"] > 0 else np.nan
    plug_in = f"{PLUG_IN} " if main == "partial_pooling" and asked.posterior is None else ""
    known = known.replace("(", f"({plug_in}{asked.level:.0%} interval ", 1)
    return f"{who}: {known} for {name}; {new} for {which}{_compared(ratio)}"


def _pair(other: CaseName) -> tuple[CaseName, CaseName]:
    return "known", other


def _compared(ratio: float) -> str:
    if not np.isfinite(ratio):
        return ""
    if abs(ratio - 1) < _SAME_WIDTH:
        return ", no wider"
    if ratio >= 1.995:
        return f", {number(ratio, 2)} times as wide"
    return f", {percent(abs(ratio - 1))} {'wider' if ratio > 1 else 'narrower'}"


def alt(shown: Picture, wording: Wording) -> str:
    """Return a description of the main figure with its numbers."""
    parts = [f"{shown.title}."]
    for case in shown.cases:
        told = []
        for estimator, label in NAMES.items():
            if (case.name, estimator) in shown.rows:
                told.append(f"{label} {_short(shown.rows, case.name, estimator)}")
        parts.append(f"{wording_begin(case.title)}: {', '.join(told)}.")
    return " ".join(parts)


def wording_begin(text: str) -> str:
    """Return a text with a capital first letter."""
    return text[:1].upper() + text[1:]


def numbers(shown: Picture) -> pd.DataFrame:
    """Return the table behind the figures: a row per case and estimator."""
    names = {case.name: case.title for case in shown.cases}
    order = {case.name: i for i, case in enumerate(shown.cases)}
    ranks = {name: i for i, name in enumerate(NAMES)}
    table = shown.now.assign(
        _case=shown.now["case"].map(order), _rank=shown.now["estimator"].map(ranks)
    ).sort_values(["_case", "_rank"], kind="stable")
    return pd.DataFrame(
        {
            "for": table["case"].map(names),
            "estimator": table["estimator"].map(NAMES),
            "point": table["point"],
            "lower": table["lower"],
            "upper": table["upper"],
            "interval from": np.where(
                table["estimator"] == "partial_pooling", shown.source, T_INTERVAL
            ),
            "standard error": table["se"],
            "df": table["df"],
            "variance: estimation": table["fixed_effects"],
            "variance: group": table["group"],
            "variance: individual": table["individual"],
            "why not": table["reason"],
        }
    ).reset_index(drop=True)


def budget_sentence(shown: Picture, wording: Wording) -> str:
    """Return where the doubt about a known and about a new group comes from."""
    rows = shown.now[shown.now["estimator"] == shown.main].set_index("case")
    one, many = wording.group.one, wording.individual.many
    parts = ("individual", "group", "fixed_effects")
    known = rows.loc["known", list(parts)].to_numpy(dtype=np.float64)
    new = rows.loc["new", list(parts)].to_numpy(dtype=np.float64)
    if np.isinf(new).any():
        return (
            f"With so few {wording.group.many} and this prior the prediction for a new {one} has "
            "an interval, but no finite variance that could be taken apart."
        )
    if not (np.isfinite(known).all() and known.sum() > 0 and new.sum() > 0):
        return ""
    share, other = known / known.sum(), new / new.sum()
    if not shown.individual:
        return (
            f"Of the variance of the prediction for {shown.cases[0].title}, {percent(share[1])} is "
            f"what is not known of this {one} and {percent(share[2])} the estimation of the "
            f"averages; for a new {one} {percent(other[1])} and {percent(other[2])}."
        )
    return (
        f"Of the variance of the prediction for {shown.cases[0].title}, {percent(share[0])} is the "
        f"spread of {many} inside a {one}, {percent(share[1])} what is not known of this {one}, "
        f"and {percent(share[2])} the estimation of the averages; for a new {one} "
        f"{percent(other[0])}, {percent(other[1])} and {percent(other[2])}."
    )
