"""The fits of one step and what is computed from them, each kind of number once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from core.estimators.estimates import Estimates, estimates, varying_names
from core.estimators.holding_out.folds import HoldOut
from core.estimators.profile import Profile, profile
from core.exceptions import SpecError
from core.explore.dial.numbers import DialPosition, dial
from core.explore.dial.path import DialPath, dial_path
from core.explore.prediction.numbers import predict
from core.explore.predicts_best.numbers import CrossValidation, validate_fits
from core.explore.standard_errors.numbers import standard_errors
from core.explore.variance.numbers import IntraclassCorrelation, icc
from core.posterior.posterior import Posterior, posterior
from core.results import PoolingFits
from core.tables.columns import CategoricalColumn
from core.tables.wording import INTERCEPT, Wording
from core.types import FloatArray

#: All readers of a lesson see the same folds.
_SEED = 1
#: A group that no table has: predicted as a new one.
_NEW = "\N{WHITE SQUARE}"


class Facts:
    """What can be said about one table and model; computed when first asked for.

    Parameters
    ----------
    fits : PoolingFits
    wording : Wording
    """

    def __init__(self, fits: PoolingFits, wording: Wording) -> None:
        self.fits, self.wording = fits, wording
        self._validation: dict[HoldOut, CrossValidation] = {}
        self._positions: dict[float, DialPosition] = {}

    @cached_property
    def level(self) -> Estimates:
        """The three estimates of every group's intercept."""
        return estimates(self.fits, INTERCEPT)

    @cached_property
    def slope_name(self) -> str:
        """Name of the first slope that varies.

        Raises
        ------
        SpecError
            When none does.
        """
        for name in varying_names(self.fits):
            if name != INTERCEPT:
                return name
        raise SpecError("no slope varies in the model of this step")

    @cached_property
    def slope(self) -> Estimates:
        """The three estimates of every group's first varying slope."""
        return estimates(self.fits, self.slope_name)

    @cached_property
    def errors(self) -> pd.DataFrame:
        """Standard errors by approach, indexed by coefficient."""
        return standard_errors(self.fits).set_index("term")

    @cached_property
    def profile(self) -> Profile:
        """95% profile intervals."""
        return profile(self.fits.multilevel)

    @cached_property
    def icc(self) -> IntraclassCorrelation:
        """The intraclass correlation where every predictor is 0."""
        return icc(self.fits.multilevel)

    @cached_property
    def posterior(self) -> Posterior:
        """The full posterior under a flat prior, with 95% intervals."""
        return posterior(self.fits)

    @cached_property
    def path(self) -> DialPath:
        """The pooling dial."""
        return dial_path(self.fits)

    def at(self, c: float) -> DialPosition:
        """Return the model at one position of the dial (the last few are kept)."""
        if c not in self._positions:
            if len(self._positions) > 24:
                self._positions.clear()
            self._positions[c] = dial(self.path, c)
        return self._positions[c]

    def validation(self, hold_out: HoldOut) -> CrossValidation:
        """Return the cross-validation of one kind."""
        if hold_out not in self._validation:
            found = validate_fits(self.fits, hold_out, seed=_SEED)
            self._validation[hold_out] = found
        return self._validation[hold_out]

    def prediction(self, who: str, group: str | None) -> pd.Series:
        """Return the 90% prediction of one new individual, predictors at their usual values.

        Parameters
        ----------
        who : {"known", "new", "mean"}
            An individual of a known group, one of a new group, or the mean of a known group.
        group : str or None
            The known group.
        """
        row = {**self._usual(), self.fits.spec.group: _NEW if group is None else group}
        table = pd.DataFrame([row])
        return predict(self.fits, table, individual=who != "mean").iloc[0]

    def _usual(self) -> dict[str, object]:
        """Return numbers at their mean, 0 for an indicator, categories at their first level."""
        out: dict[str, object] = {}
        for name in self.fits.spec.predictors:
            column = self.fits.data.columns[name]
            if isinstance(column, CategoricalColumn):
                out[name] = column.levels[0]
            else:
                coded = self.wording.is_indicator(name)
                out[name] = 0.0 if coded else float(column.values.mean())
        return out

    def dial_values(self, c: float, term: str) -> FloatArray:
        """Return one coefficient of every group at a position of the dial, shape (J,)."""
        return np.asarray(self.at(c).coef[:, varying_names(self.fits).index(term)])


@dataclass(frozen=True, eq=False)
class Scene:
    """What the placeholders of one step speak of.

    Attributes
    ----------
    facts : Facts
    groups : tuple of str
        The groups the step shows; the first is ``@group``.
    chosen : str
        The group the reader picked, or '' (``@guess``).
    guess, answer : str
        Guess and answer in words, once there are some.
    c : float
        Position of the dial.
    others : callable
        Gives the facts of another step by its number.
    """

    facts: Facts
    groups: tuple[str, ...] = ()
    chosen: str = ""
    guess: str = ""
    answer: str = ""
    c: float = 1.0
    others: Callable[[int], Facts] | None = field(default=None, repr=False)
