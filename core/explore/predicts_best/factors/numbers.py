"""Cross-validation of a model with several factors: rows, or whole levels of one, held out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from core.estimators.factors.factor_rows import fitted_rows
from core.estimators.factors.predictions import Predicting, predictions
from core.estimators.factors.refits import refit_some
from core.estimators.factors.view import check_factor
from core.estimators.holding_out.folds import MOST_FOLDS
from core.estimators.holding_out.held_rows import HeldOut
from core.estimators.students_t import t_log_density, t_quantile
from core.exceptions import PoolingError, SpecError
from core.explore.predicts_best.numbers import CrossValidation
from core.explore.predicts_best.scores import (
    Scoreboard,
    by_size,
    differences,
    differences_by_size,
    summary,
)
from core.factors_results import FactorsFits
from core.types import FloatArray, IntArray

ESTIMATORS: tuple[Predicting, ...] = ("complete_pooling", "no_pooling", "partial_pooling")
#: What stands for single rows among the names of factors.
ROWS = "people"
#: Held-out rows times levels that are solved for in one fold; more rows are drawn at random.
_MOST_SOLVED = 4_000_000
#: Levels up to which degrees of freedom are worked out for every row.
_WITH_DF = 400


def validate_factors(
    fits: FactorsFits,
    hold_out: str = ROWS,
    folds: int = 10,
    seed: int = 0,
    *,
    by: str | None = None,
) -> CrossValidation:
    """Return how well complete, no and partial pooling predict what was held out.

    Parameters
    ----------
    fits : FactorsFits
    hold_out : str
        ``"people"``: single rows, whose levels mostly stay known; else a factor, whose levels are
        held out whole and are new to the fits, with all levels that lie in them.
    folds : int
        All estimators see the same folds.
    seed : int
    by : str, optional
        The factor by whose sizes scores are told; the one held out, or the first.

    Raises
    ------
    SpecError
        When there is no such factor, or so many folds are not possible.

    Notes
    -----
    Each fold is fitted from its own moments. Standard errors of differences are clustered by
    every factor in turn, and the one with the widest t interval is told. Where a table has many
    levels, the held-out rows of a fold that are scored are drawn at random.
    """
    data = fits.data
    if hold_out != ROWS:
        check_factor(fits, hold_out)
    by = by or (data.spec.groups[0] if hold_out == ROWS else hold_out)
    check_factor(fits, by)
    fold = deal(fits, hold_out, folds, seed)
    rows = _scored(fits, fold, folds, np.random.default_rng(seed + 1))
    boards = {f.name: _board(fits, rows, f.name) for f in data.factors}
    board = boards[by]
    return CrossValidation(
        hold_out="people" if hold_out == ROWS else "groups",
        folds=folds,
        seed=seed,
        summary=_widest(boards, by, summary),
        differences=_widest(boards, by, differences),
        by_size=by_size(board),
        differences_by_size=differences_by_size(board),
        rows=dict(rows),
    )


def deal(fits: FactorsFits, hold_out: str, folds: int, seed: int) -> IntArray:
    """Return the fold of every row, shape (n,).

    Rows are dealt out cell by cell in random order; whole levels in random order.
    """
    data = fits.data
    cells = data.cells
    n_levels = data.n_obs if hold_out == ROWS else data.factor(hold_out).n_levels
    most = min(n_levels, MOST_FOLDS)
    if not 2 <= folds <= most:
        raise SpecError(f"{folds:,} folds are not possible: choose between 2 and {most:,}.")
    rng = np.random.default_rng(seed)
    if hold_out != ROWS:
        factor = data.factor(hold_out)
        of_level = np.empty(factor.n_levels, dtype=np.intp)
        of_level[rng.permutation(factor.n_levels)] = np.arange(factor.n_levels) % folds
        return np.asarray(of_level[factor.of_cell[cells.group_index]])
    order = np.lexsort((rng.random(data.n_obs), cells.group_index))
    out = np.empty(data.n_obs, dtype=np.intp)
    out[order] = np.arange(data.n_obs) % folds
    return np.asarray(rng.permutation(folds)[out])


def _scored(
    fits: FactorsFits, fold: IntArray, folds: int, rng: np.random.Generator
) -> dict[str, HeldOut]:
    """Predict every held-out row with every estimator from the rows of the other folds."""
    data = fits.data
    out: dict[str, HeldOut] = {name: HeldOut.empty(data.n_obs) for name in ESTIMATORS}
    levels = sum(f.n_levels * f.k for f in data.factors)
    most = max(_MOST_SOLVED // max(levels, 1), 50)
    for i in range(folds):
        held = np.flatnonzero(fold == i)
        if len(held) > most:
            held = np.sort(rng.permutation(held)[:most])
        try:
            trained = refit_some(fits, np.flatnonzero(fold != i))
        except PoolingError:
            continue
        rows = fitted_rows(data, held, trained.data)
        for name in ESTIMATORS:
            if name == "partial_pooling" and trained.multilevel_or_none is None:
                continue
            found = predictions(trained, rows, name, with_df=levels <= _WITH_DF)
            _put(out[name], held, data.y[held] - found.point, (found.variance, found.df))
    return out


def _put(
    out: HeldOut, where: IntArray, error: FloatArray, spread: tuple[FloatArray, FloatArray]
) -> None:
    se, df = np.sqrt(spread[0]), spread[1]
    out.error[where], out.se[where], out.df[where] = error, se, df
    with np.errstate(invalid="ignore", divide="ignore"):
        out.log_score[where] = t_log_density(error / se, df) - np.log(se)


def _board(fits: FactorsFits, rows: dict[str, HeldOut], name: str) -> Scoreboard:
    factor = fits.data.factor(name)
    return Scoreboard(rows, factor.of_cell[fits.data.cells.group_index], factor.n_levels)


def _widest(
    boards: Mapping[str, Scoreboard], by: str, make: Callable[[Scoreboard], pd.DataFrame]
) -> pd.DataFrame:
    """Return a table with the standard errors of that factor whose t intervals are widest.

    They are told in units of the quantile that ``by`` has with its number of levels.
    """
    tables = {name: make(board) for name, board in boards.items()}
    size = {n: float(_quantile(board)) for n, board in boards.items()}
    out = tables[by].copy()
    for column in out.columns:
        if str(column).endswith("_se"):
            every = [t[column].to_numpy(np.float64) * size[n] for n, t in tables.items()]
            out[column] = np.fmax.reduce(np.array(every), axis=0) / size[by]
    return out


def _quantile(board: Scoreboard) -> float:
    return float(t_quantile(0.975, np.array([max(board.n_groups - 1.0, 1.0)]))[0])
