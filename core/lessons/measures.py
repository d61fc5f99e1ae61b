"""How each quantity of the vocabulary is computed from the facts of a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core import formats
from core.estimators.estimates import Estimates
from core.estimators.holding_out.folds import HoldOut
from core.exceptions import SpecError
from core.explore.compare.numbers import r_squared
from core.lessons.facts import Facts, Scene
from core.tables.wording import INTERCEPT

FITS = ("complete_pooling", "no_pooling", "partial_pooling")
WORDS = {
    "complete_pooling": "complete pooling",
    "no_pooling": "no pooling",
    "partial_pooling": "partial pooling",
    "two_stage": "the two-stage method",
    "cluster_robust": "cluster-robust",
    "dial": "the dial",
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "fit": FITS,
    "fit or dial": (*FITS, "dial"),
    "estimator": (*FITS, "two_stage"),
    "approach": (*FITS, "cluster_robust"),
    "held out": ("people", "groups"),
    "who": ("known", "mean"),
    "end": ("low", "high"),
    "point": ("low", "median", "high"),
    "noun": ("group", "groups", "row", "rows"),
}


def choices(kind: str) -> tuple[str, ...]:
    """Return what an argument may be; empty where any text may stand."""
    return _CHOICES.get(kind, ())


@dataclass(frozen=True)
class Value:
    """What a placeholder stands for: the number (NaN for words) and how it is written."""

    number: float
    text: str


def number_value(value: float) -> Value:
    """Return a number in three digits."""
    return Value(float(value), formats.number(float(value)))


def share_value(value: float) -> Value:
    """Return a share in per cent."""
    return Value(float(value), formats.percent(float(value)))


def words_value(text: str) -> Value:
    """Return words."""
    return Value(float("nan"), text)


def count_value(value: float) -> Value:
    """Return a whole number."""
    return Value(float(value), f"{round(value):,}")


def _of(scene: Scene, fit: str, term: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    facts = scene.facts
    each = facts.level if term == INTERCEPT else facts.slope
    if fit == "dial":
        return facts.dial_values(scene.c, each.term)
    return np.asarray(getattr(each, fit), dtype=np.float64)


def each(term: str, part: str) -> Callable[[Scene, int], Value]:
    """Return how one attribute of the estimates of a group is read."""

    def compute(scene: Scene, j: int) -> Value:
        value = float(getattr(_estimates(scene.facts, term), part)[j])
        return share_value(value) if part == "pooling_factor" else number_value(value)

    return compute


def _estimates(facts: Facts, term: str) -> Estimates:
    return facts.level if term == INTERCEPT else facts.slope


def estimate(term: str) -> Callable[[Scene, str, int], Value]:
    """Return how a coefficient of a group is read."""
    return lambda scene, fit, j: number_value(float(_of(scene, fit, term)[j]))


def standard_error(term: str) -> Callable[[Scene, str, int], Value]:
    """Return how the standard error of a coefficient of a group is read."""

    def compute(scene: Scene, fit: str, j: int) -> Value:
        if fit == "complete_pooling":
            raise SpecError("complete pooling has no standard error of its own for a group")
        return number_value(float(getattr(_estimates(scene.facts, term), f"{fit}_se")[j]))

    return compute


def shift(term: str) -> Callable[[Scene, int], Value]:
    """Return how the distance that a group is moved is read."""
    return lambda scene, j: number_value(abs(float(_estimates(scene.facts, term).shift[j])))


def extreme(term: str, best: Callable[..., float]) -> Callable[[Scene, str], Value]:
    """Return how the lowest or highest coefficient is found."""
    return lambda scene, fit: number_value(float(best(_of(scene, fit, term))))


def spread(scene: Scene, fit: str) -> Value:
    """Return the standard deviation of the intercepts."""
    return number_value(float(np.nanstd(_of(scene, fit, INTERCEPT), ddof=1)))


def slope_spread(scene: Scene, fit: str) -> Value:
    """Return the standard deviation of the slopes."""
    return number_value(float(np.nanstd(_of(scene, fit, "slope"), ddof=1)))


def coefficient(scene: Scene, fit: str, term: str) -> Value:
    """Return an average or common coefficient."""
    fits = scene.facts.fits
    if fit == "no_pooling":
        names, values = fits.no_pooling.common_names, fits.no_pooling.common_coef
    elif fit == "complete_pooling":
        names, values = fits.complete_pooling.coef_names, fits.complete_pooling.coef
    else:
        names, values = fits.multilevel.fixef_names, fits.multilevel.fixef
    if term not in names:
        raise SpecError(f"{WORDS[fit]} has no coefficient '{term}'; it has {', '.join(names)}")
    return number_value(float(values[names.index(term)]))


def _cell(table: pd.DataFrame, row: str, column: str) -> float:
    values = dict(zip(table.index, table[column].to_numpy(dtype=np.float64), strict=True))
    if row not in values:
        raise SpecError(f"there is no '{row}' here; there are {', '.join(map(str, values))}")
    return float(values[row])


_COLUMNS = {"partial_pooling": "multilevel", "cluster_robust": "cr2"}


def coefficient_error(scene: Scene, approach: str, term: str) -> Value:
    """Return its standard error."""
    fits = scene.facts.fits
    if approach == "partial_pooling" and term in fits.multilevel.fixef_names:
        at = fits.multilevel.fixef_names.index(term)
        return number_value(float(fits.multilevel.fixef_se[at]))
    column = _COLUMNS.get(approach, approach)
    return number_value(_cell(scene.facts.errors, term, column))


def effective(scene: Scene, term: str) -> Value:
    """Return its effective number of rows."""
    return count_value(round(_cell(scene.facts.errors, term, "effective_n")))


def sigma_alpha(facts: Facts) -> float:
    """Return the group sd of the intercepts."""
    model = facts.fits.multilevel
    if not model.spec.varying_intercept:
        raise SpecError("no intercept varies in the model of this step")
    return float(model.sigma_group[0])


def sigma_beta(facts: Facts) -> float:
    """Return the group sd of the first varying slope."""
    names = facts.fits.multilevel.varying_names
    return float(facts.fits.multilevel.sigma_group[names.index(facts.slope_name)])


def rho(scene: Scene) -> Value:
    """Return the correlation of intercepts and slopes."""
    model = scene.facts.fits.multilevel
    at = model.varying_names.index(scene.facts.slope_name)
    return number_value(float(model.correlation[0, at]))


def residual(scene: Scene, fit: str) -> Value:
    """Return the residual sd of a fit."""
    fits = scene.facts.fits
    return number_value(
        {
            "complete_pooling": lambda: fits.complete_pooling.sigma_y,
            "no_pooling": lambda: fits.no_pooling.sigma_y,
            "partial_pooling": lambda: fits.multilevel.sigma_y,
        }[fit]()
    )


def interval(name: Callable[[Facts], str]) -> Callable[[Scene, str], Value]:
    """Return how one end of a profile interval is read."""

    def compute(scene: Scene, end: str) -> Value:
        low, high = scene.facts.profile.interval(name(scene.facts))
        return number_value(low if end == "low" else high)

    return compute


def score(what: str) -> Callable[[Scene, HoldOut, str], Value]:
    """Return how a score of the cross-validation is read."""

    def compute(scene: Scene, hold_out: HoldOut, estimator: str) -> Value:
        table = scene.facts.validation(hold_out).summary.set_index("estimator")
        value = _cell(table, estimator, what)
        return share_value(value) if what.startswith("coverage") else number_value(value)

    return compute


def best(scene: Scene, hold_out: HoldOut) -> Value:
    """Return which estimator predicts best."""
    return words_value(WORDS[scene.facts.validation(hold_out).best])


def _predicted(scene: Scene, part: str, who: str, j: int | None) -> Value:
    facts = scene.facts
    group = None if j is None else facts.fits.data.group_names[j]
    row = facts.prediction(who, group)
    if part == "reach":
        return number_value(0.5 * (float(row["upper"]) - float(row["lower"])))
    return number_value(float(row[part]))


def for_known(part: str) -> Callable[[Scene, str, int], Value]:
    """Return how a prediction for a known group is made."""
    return lambda scene, who, j: _predicted(scene, part, who, j)


def for_new(part: str) -> Callable[[Scene], Value]:
    """Return how a prediction for a new group is made."""
    return lambda scene: _predicted(scene, part, "new", None)


def noun(scene: Scene, which: str) -> Value:
    """Return what groups or rows are called."""
    words = scene.facts.wording
    noun = words.group if which.startswith("group") else words.individual
    return words_value(noun.many if which.endswith("s") else noun.one)


def name(scene: Scene, j: int) -> Value:
    """Return the name of a group."""
    names = scene.facts.fits.data.group_names
    return words_value(scene.facts.wording.group_name(names[j]))


def _sizes(scene: Scene) -> np.ndarray[tuple[int, ...], np.dtype[np.intp]]:
    return scene.facts.fits.data.group_sizes


def size(scene: Scene, j: int) -> Value:
    """Return the rows of a group with their noun."""
    n = int(_sizes(scene)[j])
    return Value(float(n), scene.facts.wording.individual.count(n))


def groups_up_to(scene: Scene, most: str) -> Value:
    """Return how many groups have at most so many rows."""
    return count_value(float((_sizes(scene) <= int(most)).sum()))


def without_own(term: str) -> Callable[[Scene], Value]:
    """Return how groups without an estimate of their own are counted."""
    return lambda scene: count_value(float((~_estimates(scene.facts, term).is_estimable).sum()))


def axis(term: str) -> Callable[[Scene], Value]:
    """Return how the meaning of a coefficient is told."""

    def compute(scene: Scene) -> Value:
        facts = scene.facts
        return words_value(facts.wording.term_axis(_estimates(facts, term).term, facts.fits.data))

    return compute


def all_rows(scene: Scene) -> Value:
    """Return the rows used."""
    n = scene.facts.fits.data.n_obs
    return Value(float(n), scene.facts.wording.individual.count(n))


def all_groups(scene: Scene) -> Value:
    """Return the groups."""
    n = scene.facts.fits.data.n_groups
    return Value(float(n), scene.facts.wording.group.count(n))


def half_pooled(scene: Scene) -> Value:
    """Return the rows at which a group is half pooled."""
    sigma = sigma_alpha(scene.facts)
    if sigma == 0:
        raise SpecError("the groups do not differ, so no size is half pooled")
    rows = (scene.facts.fits.multilevel.sigma_y / sigma) ** 2
    return Value(rows, formats.number(rows, 2))


def column(scene: Scene, column: str) -> Value:
    """Return what a column is called."""
    if column not in scene.facts.fits.spec.columns:
        raise SpecError(f"the model has no column '{column}'")
    return words_value(scene.facts.wording.in_sentence(column))


def unit(scene: Scene) -> Value:
    """Return the unit of the outcome."""
    facts = scene.facts
    return words_value(facts.wording.column(facts.fits.spec.outcome).unit or "units")


def explained(scene: Scene, which: str) -> Value:
    """Return R squared."""
    found = r_squared(scene.facts.fits.multilevel)
    return share_value(found.marginal if which == "low" else found.conditional)
