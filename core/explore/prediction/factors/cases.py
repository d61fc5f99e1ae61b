"""For whom a model with several factors predicts: known and new levels of each factor."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from core.estimators.factors.factor_rows import factor_rows
from core.estimators.factors.predictions import Predicting
from core.explore.prediction.factors.numbers import predicted_frame
from core.explore.prediction.scenario import Value
from core.factors_results import FactorsFits
from core.tables.grouping.cells import Factor
from core.tables.wording import Wording

#: What stands for a new level, and for the average one, among the names of levels.
NEW, AVERAGE = "\N{WHITE SQUARE}", "\N{WHITE SMALL SQUARE}"
#: More levels than this are not listed; those with most rows are.
MOST_LISTED = 2_000
#: Factors whose known and new levels are all combined.
_ALL_COMBINED = 3


@dataclass(frozen=True)
class FactorCase:
    """One question: the level of every factor (NEW for a new one, AVERAGE for none), its name."""

    levels: tuple[str, ...]
    title: str


@dataclass(frozen=True, eq=False)
class FactorQuestion:
    """What is asked: levels by factor, values by predictor, how sure, a row or a mean."""

    levels: Mapping[str, str]
    values: Mapping[str, Value]
    level: float = 0.9
    individual: bool = True


def level_options(fits: FactorsFits) -> dict[str, tuple[str, ...]]:
    """Return what can be chosen of every factor; the level with most rows comes first."""
    out = {}
    for factor in fits.data.factors:
        order = np.argsort(-factor.sizes, kind="stable")[:MOST_LISTED]
        names = [factor.level_names[j] for j in sorted(order)]
        first = factor.level_names[int(order[0])]
        names.remove(first)
        out[factor.name] = (first, *names, NEW, AVERAGE)
    return out


def cases_of(fits: FactorsFits, asked: FactorQuestion) -> tuple[FactorCase, ...]:
    """Return the question as chosen, and with new levels in place of those that are known.

    A level cannot be known inside one that is new, so such combinations are left out.
    """
    factors = fits.data.factors
    chosen = _consistent(factors, tuple(asked.levels[f.name] for f in factors))
    known = [i for i, level in enumerate(chosen) if level not in (NEW, AVERAGE)]
    combos: list[tuple[str, ...]] = [chosen]
    if len(known) <= _ALL_COMBINED:
        combos += [
            _with_new(chosen, [i for i, new in zip(known, news, strict=True) if new])
            for news in product((False, True), repeat=len(known))
        ]
    else:
        combos += [_with_new(chosen, [i]) for i in known]
        combos.append(_with_new(chosen, known))
    combos.append(tuple(NEW for _ in factors))
    out: dict[tuple[str, ...], FactorCase] = {}
    for combo in combos:
        if combo == _consistent(factors, combo):
            out.setdefault(combo, FactorCase(combo, _title(factors, combo)))
    return tuple(out.values())


def _with_new(chosen: tuple[str, ...], places: list[int]) -> tuple[str, ...]:
    return tuple(NEW if i in places else level for i, level in enumerate(chosen))


def _consistent(factors: tuple[Factor, ...], levels: tuple[str, ...]) -> tuple[str, ...]:
    """Return levels with those made new that lie in a level other than the one that is known."""
    at = {f.name: level for f, level in zip(factors, levels, strict=True)}
    out = []
    for factor, level in zip(factors, levels, strict=True):
        made = level
        if level in factor.position:
            for name, parent in factor.outer.items():
                other = next(f for f in factors if f.name == name)
                if other.level_names[int(parent[factor.position[level]])] != at[name]:
                    made = NEW
        out.append(made)
    return tuple(out)


def _title(factors: tuple[Factor, ...], levels: tuple[str, ...]) -> str:
    """Return a case in words: ``plate a, a new sample``."""
    named = dict(zip((f.name for f in factors), levels, strict=True))
    said = []
    for factor, level in zip(factors, levels, strict=True):
        if level == NEW:
            said.append(f"a new {factor.name}")
        elif level == AVERAGE:
            said.append(f"the average {factor.name}")
        else:
            outer = [named[o] for o in factor.outer if named[o] not in (NEW, AVERAGE)]
            name = level.removeprefix(f"{outer[-1]}:") if outer else level
            said.append(f"{factor.name} {name}")
    return ", ".join(said)


def predict_cases(
    fits: FactorsFits,
    cases: tuple[FactorCase, ...],
    asked: FactorQuestion,
    estimators: tuple[Predicting, ...],
) -> pd.DataFrame:
    """Return what every estimator predicts for every case: ``case, estimator`` and the rest."""
    out = []
    for case in cases:
        data = fits.data
        row: dict[str, list[object]] = {n: [v] for n, v in asked.values.items()}
        average = tuple(
            f.name for f, level in zip(data.factors, case.levels, strict=True) if level == AVERAGE
        )
        table = pd.DataFrame(row, index=pd.RangeIndex(1))
        rows = factor_rows(fits, table, average)
        for factor, level in zip(data.factors, case.levels, strict=True):
            rows.known[factor.name][:] = factor.position.get(level, -1)
        rows = rows.settled(fits)
        for estimator in estimators:
            found = predicted_frame(
                fits, rows, asked.level, estimator, individual=asked.individual, average=average
            )
            found.insert(0, "estimator", estimator)
            found.insert(0, "case", case.title)
            out.append(found)
    return pd.concat(out, ignore_index=True)


def noun_of(asked: FactorQuestion, wording: Wording) -> str:
    """Return what is predicted, at the beginning of a sentence."""
    if asked.individual:
        return f"A new {wording.individual.one}"
    return f"The mean of {wording.individual.many}"
