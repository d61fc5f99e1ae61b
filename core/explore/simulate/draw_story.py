"""One draw with known truth: who is nearer, group by group and over all."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.explore.simulate.numbers import ESTIMATORS
from core.fitting.fit import fit_all
from core.formats import decimals_for, fixed, number, trimmed
from core.results import PoolingFits
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.population import Draw
from core.tables.wording import Wording
from core.types import BoolArray, FloatArray, IntArray

#: The estimators in a sentence, in the order of ``ESTIMATORS``.
NAMES = ("complete pooling", "no pooling", "partial pooling")


@dataclass(frozen=True, eq=False)
class DrawComparison:
    """Truth and the three estimates of every group, for c coefficients.

    Attributes
    ----------
    draw : Draw
    fits : PoolingFits
        The three fits of the drawn table.
    coefficients : tuple of str, length c
        Coefficients that vary both in the truth and in the fit.
    truth : FloatArray, shape (J, c)
    estimate : FloatArray, shape (3, J, c)
        In the order of ``ESTIMATORS``; NaN where a group has none.
    """

    draw: Draw = field(repr=False)
    fits: PoolingFits = field(repr=False)
    coefficients: tuple[str, ...]
    truth: FloatArray = field(repr=False)
    estimate: FloatArray = field(repr=False)

    @property
    def group_names(self) -> tuple[str, ...]:
        """Names of the J groups."""
        return self.draw.group_names

    @property
    def group_sizes(self) -> IntArray:
        """Rows of each group, shape (J,)."""
        return self.fits.data.group_sizes

    @property
    def error(self) -> FloatArray:
        """Estimate minus truth, shape (3, J, c)."""
        return np.asarray(self.estimate - self.truth)

    def compared(self, coefficient: str) -> BoolArray:
        """Return which groups have all three estimates, shape (J,)."""
        c = self._position(coefficient)
        return np.asarray(np.isfinite(self.estimate[:, :, c]).all(axis=0))

    def rms(self, coefficient: str) -> FloatArray:
        """Return the root mean squared error of the three over the compared groups, (3,)."""
        c, rows = self._position(coefficient), self.compared(coefficient)
        if not rows.any():
            return np.full(3, np.nan)
        return np.asarray(np.sqrt(np.mean(self.error[:, rows, c] ** 2, axis=1)))

    def nearest(self, coefficient: str) -> IntArray:
        """Return which estimator is nearest to the truth of each group; -1 where not compared."""
        c = self._position(coefficient)
        size = np.abs(self.error[:, :, c])
        best = np.argmin(np.where(np.isnan(size), np.inf, size), axis=0)
        return np.asarray(np.where(self.compared(coefficient), best, -1), dtype=np.intp)

    def wins(self, coefficient: str) -> IntArray:
        """Return in how many groups each estimator is nearest, shape (3,)."""
        nearest = self.nearest(coefficient)
        return np.bincount(nearest[nearest >= 0], minlength=3)

    def to_frame(self, coefficient: str | None = None) -> pd.DataFrame:
        """Return one row per group, smallest first: truth, three estimates, who is nearest."""
        name = coefficient or self.coefficients[0]
        c = self._position(name)
        words = np.array([*NAMES, "not compared"])
        frame = pd.DataFrame(self.estimate[:, :, c].T, columns=list(ESTIMATORS))
        frame.insert(0, "truth", self.truth[:, c])
        frame.insert(0, "n", self.group_sizes)
        frame.insert(0, "group", self.group_names)
        frame["nearest"] = words[self.nearest(name)]
        return frame.sort_values(["n", "truth"], kind="stable", ignore_index=True)

    def _position(self, coefficient: str) -> int:
        if coefficient not in self.coefficients:
            known = ", ".join(self.coefficients)
            raise SpecError(f"'{coefficient}' is not compared in this draw. Choose: {known}.")
        return self.coefficients.index(coefficient)


def compare_draw(draw: Draw, spec: ModelSpec | None = None) -> DrawComparison:
    """Fit a drawn table three ways and set the estimates beside the truth.

    Parameters
    ----------
    draw : Draw
    spec : ModelSpec, optional
        The structure that is fitted; by default the one that generated.

    Raises
    ------
    PoolingError
        When the structure cannot be fitted to the table, or shares no varying coefficient
        with the truth.
    """
    fits = fit_all(GroupedData.from_table(draw.table, spec or draw.world.spec))
    model = fits.multilevel
    names = tuple(n for n in model.varying_names if n in draw.varying_names)
    if not names:
        raise SpecError(
            "No coefficient varies both in the truth and in the fit, so there is nothing to "
            "compare. Let the intercept vary in both."
        )
    of_fit = [model.varying_names.index(n) for n in names]
    own = np.where(fits.no_pooling.estimable, fits.no_pooling.coef, np.nan)
    lines = np.stack([fits.complete_pooling.line, own, model.line])
    return DrawComparison(
        draw=draw,
        fits=fits,
        coefficients=names,
        truth=draw.line[:, [draw.varying_names.index(n) for n in names]],
        estimate=lines[:, :, of_fit],
    )


def draw_title(found: DrawComparison, coefficient: str) -> str:
    """Return who came closest this time, with the errors."""
    rms = found.rms(coefficient)
    if not np.isfinite(rms).all():
        return "No group has all three estimates, so they cannot be compared"
    best, *others = np.argsort(rms, kind="stable")
    digits = telling_digits(rms)
    rest = ", ".join(f"{NAMES[e]} {number(float(rms[e]), digits)}" for e in others)
    return (
        f"This time {NAMES[best]} comes closest to the truth: typical error "
        f"{number(float(rms[best]), digits)}; {rest}"
    )


def telling_digits(values: FloatArray) -> int:
    """Return the significant digits, 2 or 3, that tell the least value from the next."""
    low, high = np.sort(values)[:2]
    return 2 if high - low > 0.05 * high else 3


def draw_note(found: DrawComparison, coefficient: str, wording: Wording) -> str:
    """Return what was true and what was estimated of the spread between groups."""
    world, model = found.draw.world, found.fits.multilevel
    true = float(world.sigma_group[world.data.varying_names.index(coefficient)])
    got = float(model.sigma_group[model.varying_names.index(coefficient)])
    zero = " (exactly zero: partial pooling is then complete pooling)" if got == 0 else ""
    name = wording.term(coefficient, found.fits.data)
    return (
        f"True sd of the {wording.group.many}' {name}s {trimmed(true)}, estimated from this "
        f"draw {number(got, 3)}{zero}. Residual sd {trimmed(world.sigma_y)}, estimated "
        f"{number(model.sigma_y, 3)}."
    )


def draw_alt(found: DrawComparison, coefficient: str, axis: str, wording: Wording) -> str:
    """Return a description of the figure of one draw, with its numbers."""
    frame, wins = found.to_frame(coefficient), found.wins(coefficient)
    spans = []
    for column, name in zip(("truth", *ESTIMATORS), ("truth", *NAMES), strict=True):
        values = frame[column].dropna()
        if len(values):
            digits = decimals_for(frame["truth"], 3)
            low, high = fixed(values.min(), digits), fixed(values.max(), digits)
            spans.append(f"{name} {low} to {high}")
    nearest = ", ".join(f"{name} in {n}" for name, n in zip(NAMES, wins, strict=True))
    return (
        f"{draw_title(found, coefficient)}. Shown: {axis} for "
        f"{wording.group.count(len(frame))}, smallest first: {'; '.join(spans)}. "
        f"Nearest to the truth: {nearest}."
    )
