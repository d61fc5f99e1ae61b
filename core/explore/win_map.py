"""Which estimator comes closest where: studies over a grid of populations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exceptions import PoolingError
from core.explore.simulation import Progress, simulate_many
from core.explore.study import ESTIMATORS
from core.spec import ModelSpec
from core.tables.simulate import Population
from core.types import FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class WinMap:
    """Errors of the three estimators over a grid of two parameters.

    Attributes
    ----------
    row, column : str
        Parameters of ``Population``.
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
        A parameter of ``Population`` and its values, e.g. ``("sigma_alpha", (0, 0.5, 1))``.
    draws : int
        Draws per cell.
    spec : ModelSpec, optional
        The structure that is fitted, as for ``simulate_many``.
    progress : callable, optional
        Called with (cells done, cells) after every cell; what it raises ends the map.
    """
    row, row_values = rows
    column, column_values = columns
    shape = (len(row_values), len(column_values))
    rmse, rmse_se = np.full((*shape, 3), np.nan), np.full((*shape, 3), np.nan)
    zero_share = np.full(shape, np.nan)
    for i, high in enumerate(row_values):
        for j, wide in enumerate(column_values):
            here = population.update(**{row: _like(population, row, high)})
            here = here.update(**{column: _like(population, column, wide)})
            try:
                study = simulate_many(here, draws, seed, spec=spec)
            except PoolingError:
                continue  # e.g. one row per group: the map shows a gap there
            finally:
                if progress is not None:
                    progress(i * shape[1] + j + 1, shape[0] * shape[1])
            overall = study.overall()
            rmse[i, j], rmse_se[i, j] = overall["rmse"], overall["rmse_se"]
            zero_share[i, j] = study.zero_share[0]
    return WinMap(
        row=row,
        column=column,
        row_values=tuple(float(v) for v in row_values),
        column_values=tuple(float(v) for v in column_values),
        rmse=rmse,
        rmse_se=rmse_se,
        zero_share=zero_share,
    )


def _like(population: Population, name: str, value: float) -> float | int:
    """Return a value as the type of the parameter it replaces."""
    return int(value) if isinstance(getattr(population, name), int) else float(value)
