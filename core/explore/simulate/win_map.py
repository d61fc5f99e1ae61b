"""Which estimator comes closest where: studies over a grid of populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exceptions import PoolingError
from core.explore.simulate.numbers import ESTIMATORS
from core.explore.simulate.simulation import Progress, simulate_many
from core.spec import ModelSpec
from core.tables.population import Population
from core.types import FloatArray, IntArray

#: sigma_alpha / sigma_y, which a map takes like a parameter of ``Population``.
RATIO = "sigma_ratio"


@dataclass(frozen=True, eq=False)
class WinMap:
    """Errors of the three estimators over a grid of two parameters.

    Attributes
    ----------
    row, column : str
        Parameters of ``Population``, or ``sigma_ratio`` for sigma_alpha / sigma_y.
    row_values, column_values : tuple of float
    rmse, rmse_se : FloatArray, shape (R, C, 3)
        Root mean squared error of the groups' intercepts and its Monte Carlo standard
        error; NaN where the structure cannot be fitted.
    zero_share : FloatArray, shape (R, C)
        Share of draws in which the variance of the intercepts is estimated as zero.
    """

    row: str
    column: str
    row_values: tuple[float, ...]
    column_values: tuple[float, ...]
    rmse: FloatArray = field(repr=False)
    rmse_se: FloatArray = field(repr=False)
    zero_share: FloatArray = field(repr=False)

    @property
    def best(self) -> IntArray:
        """Position in ``ESTIMATORS`` of the least error, shape (R, C); -1 where there is none."""
        known = np.isfinite(self.rmse).any(axis=2)
        least = np.argmin(np.where(np.isfinite(self.rmse), self.rmse, np.inf), axis=2)
        return np.asarray(np.where(known, least, -1), dtype=np.intp)

    @property
    def margin(self) -> FloatArray:
        """How much more error the second best makes than the best, as a share, (R, C)."""
        ordered = np.sort(np.where(np.isfinite(self.rmse), self.rmse, np.inf), axis=2)
        known = np.isfinite(ordered[:, :, 0]) & (ordered[:, :, 0] > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(known, ordered[:, :, 1] / ordered[:, :, 0] - 1.0, np.nan))

    @property
    def price(self) -> FloatArray:
        """How much more error partial pooling makes than the best, as a share, (R, C)."""
        known = np.isfinite(self.rmse).any(axis=2)
        least = np.where(np.isfinite(self.rmse), self.rmse, np.inf).min(axis=2)
        return np.asarray(self.rmse[:, :, 2] / np.where(known, least, np.nan) - 1.0)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per cell and estimator."""
        R, C = self.rmse.shape[:2]
        row, column, which = np.indices((R, C, 3)).reshape(3, -1)
        return pd.DataFrame(
            {
                self.row: np.array(self.row_values)[row],
                self.column: np.array(self.column_values)[column],
                "estimator": np.array(ESTIMATORS)[which],
                "rmse": self.rmse.reshape(-1),
                "rmse_se": self.rmse_se.reshape(-1),
                "zero_share": self.zero_share[row, column],
            }
        )


def win_map(
    population: Population,
    rows: tuple[str, Sequence[float]],
    columns: tuple[str, Sequence[float]],
    *,
    draws: int = 200,
    seed: int = 0,
    spec: ModelSpec | None = None,
    progress: Progress | None = None,
) -> WinMap:
    """Return the errors of the three estimators over a grid of two parameters.

    Parameters
    ----------
    rows, columns : (str, sequence of float)
        A parameter of ``Population`` and its values, e.g. ``("sigma_alpha", (0, 0.5, 1))``;
        ``sigma_ratio`` stands for sigma_alpha / sigma_y.
    draws : int
        Draws per cell.
    spec : ModelSpec, optional
        The structure that is fitted, as for ``simulate_many``.
    progress : callable, optional
        Called with (cells done, cells) after every cell; what it raises ends the map.
    """
    run = MapRun(population, rows, columns, draws=draws, seed=seed, spec=spec)
    while run.advance():
        if progress is not None:
            progress(run.done, run.cells)
    return run.map()


class MapRun:
    """A map that is made a cell at a time, so that it can be watched and left.

    Parameters
    ----------
    population, rows, columns, draws, seed, spec
        As for ``win_map``, which gives the same numbers.

    Attributes
    ----------
    cells, done : int
        Cells of the map, and those made so far.
    """

    def __init__(
        self,
        population: Population,
        rows: tuple[str, Sequence[float]],
        columns: tuple[str, Sequence[float]],
        *,
        draws: int = 200,
        seed: int = 0,
        spec: ModelSpec | None = None,
    ) -> None:
        self._population, self._rows, self._columns = population, rows, columns
        self._draws, self._seed, self._spec = draws, seed, spec
        shape = (len(rows[1]), len(columns[1]))
        self.cells, self.done = shape[0] * shape[1], 0
        self._rmse, self._rmse_se = np.full((*shape, 3), np.nan), np.full((*shape, 3), np.nan)
        self._zero_share = np.full(shape, np.nan)

    def advance(self) -> bool:
        """Make one more cell; False when all are made."""
        if self.done >= self.cells:
            return False
        i, j = divmod(self.done, len(self._columns[1]))
        self.done += 1
        try:
            study = simulate_many(self._here(i, j), self._draws, self._seed, spec=self._spec)
        except PoolingError:
            return True  # e.g. one row per group: the map shows a gap there
        overall = study.overall()
        self._rmse[i, j], self._rmse_se[i, j] = overall["rmse"], overall["rmse_se"]
        self._zero_share[i, j] = study.zero_share[0]
        return True

    def _here(self, i: int, j: int) -> Population:
        """Return the population of a cell."""
        here = self._population
        for name, value in (
            (self._rows[0], self._rows[1][i]),
            (self._columns[0], self._columns[1][j]),
        ):
            here = _changed(here, name, value)
        return here

    @property
    def here(self) -> tuple[float, float]:
        """The population's own values of the two parameters."""
        return _value(self._population, self._rows[0]), _value(self._population, self._columns[0])

    def map(self) -> WinMap:
        """Return what the cells made so far say; the others are gaps."""
        return WinMap(
            row=self._rows[0],
            column=self._columns[0],
            row_values=tuple(float(v) for v in self._rows[1]),
            column_values=tuple(float(v) for v in self._columns[1]),
            rmse=self._rmse.copy(),
            rmse_se=self._rmse_se.copy(),
            zero_share=self._zero_share.copy(),
        )


def _changed(population: Population, name: str, value: float) -> Population:
    """Return a population with one parameter changed, in the parameter's own type."""
    if name == RATIO:
        return population.update(sigma_alpha=float(value) * population.sigma_y)
    is_count = isinstance(getattr(population, name), int)
    return population.update(**{name: int(value) if is_count else float(value)})


def _value(population: Population, name: str) -> float:
    if name == RATIO:
        return population.sigma_alpha / population.sigma_y
    return float(getattr(population, name))
