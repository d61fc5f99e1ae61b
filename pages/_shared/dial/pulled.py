"""Pulled to what? The model with and without its group-level predictor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import core
from core import escape, formats
from core.exceptions import PoolingError
from core.results import PoolingFits
from core.spec import ModelSpec
from pages._shared import cache, texts
from pages._shared.control import Control, place
from pages._shared.dataset import Shown
from pages._shared.option import Offer

AVERAGE, REGRESSION = "average", "regression"
CHOICES = (AVERAGE, REGRESSION)


def first(spec: ModelSpec) -> str:
    """Return what the groups of a model are pulled to unless somebody asks for the other."""
    return REGRESSION if spec.group_predictors else AVERAGE


def _offer(shown: Shown) -> Offer:
    return Offer(first(shown.spec), choices=CHOICES)


PULLED = Control("pulled", "pooling_pulled_{model}", choices=CHOICES, offers=_offer)


@dataclass(frozen=True, eq=False)
class Pulled:
    """What the dial shows: the model asked for, or the same without or with the predictor.

    ``sentence`` says what knowing the predictor does to the spread of the groups, or why the
    other model cannot be shown.
    """

    shown: Shown
    sentence: str = ""


def choose(shown: Shown) -> Pulled:
    """Offer the model with and without its group-level predictor; return the chosen one."""
    columns = shown.spec.group_predictors or _candidate(shown)
    if not columns:
        return Pulled(shown)
    asked = first(shown.spec)
    value = _control(shown, columns, asked)
    if value == asked:
        return Pulled(shown)
    try:
        spec = _with(shown.spec, columns if value == REGRESSION else ())
        data = shown.dataset
        fits = cache.fits(data, spec)
        if fits.multilevel_or_none is None:
            return Pulled(shown, str(fits.refusal))
    except PoolingError as error:
        return Pulled(shown, str(error))
    other = replace(shown, spec=spec, fits=fits)
    return Pulled(other, _sentence(shown.fits, fits, value == REGRESSION, columns, shown))


def _control(shown: Shown, columns: tuple[str, ...], asked: str) -> str:
    """Return what groups are to be pulled to; every model keeps its own choice."""
    text = texts.load("dial")["pulled"]
    words = {
        "group": shown.wording.group.one,
        "column": formats.shorten(formats.listed(columns), 24),
    }
    chosen: str = PULLED.segments(
        text["label"],
        lambda v: escape.for_markdown(text[v].format(**words)),
        at=place(shown),
        first=asked,
        help=text["help"],
    )
    return chosen


def _with(spec: ModelSpec, columns: tuple[str, ...]) -> ModelSpec:
    cross = tuple(pair for pair in spec.cross_level if pair[1] in columns)
    return replace(spec, group_predictors=columns, cross_level=cross)


def _candidate(shown: Shown) -> tuple[str, ...]:
    """Return a numeric column that is constant in every group and not in the model."""
    roles: core.Roles = cache.of_table(shown.dataset, "roles", core.guess_roles)
    spec = shown.spec
    if roles.group != spec.group:
        return ()
    taken = {spec.outcome, spec.group, *spec.predictors}
    table = shown.dataset.table
    free = [c for c in roles.group_predictors if c not in taken and table[c].dtype.kind in "fi"]
    return tuple(free[:1])


def _sentence(
    asked: PoolingFits,
    other: PoolingFits,
    is_with: bool,
    columns: tuple[str, ...],
    shown: Shown,
) -> str:
    fits = (other, asked) if is_with else (asked, other)
    named = formats.listed(shown.wording.column(c).label for c in columns)
    sds = [float(np.atleast_1d(fit.multilevel.sigma_group)[0]) for fit in fits]
    text = texts.load("dial")["pulled"]["smaller" if sds[0] < sds[1] else "larger"]
    with_sd, without_sd = (formats.number(sd, 3) for sd in sds)
    groups = shown.wording.group.many
    out: str = text.format(column=named, groups=groups, with_sd=with_sd, without_sd=without_sd)
    return out
