"""How good predictions of held-out rows were: sums by group, and every score from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from core.estimators.holding_out.held_rows import HeldOut, clustered_se
from core.types import BoolArray, FloatArray, IntArray

LEVELS = (0.5, 0.9)
#: Group sizes are told in at most so many bands.
_BANDS = 4
_DIFFERENCE = ("reference_rmse", "rmse", "rmse_se", "log_score", "log_score_se")


@dataclass(frozen=True, eq=False)
class GroupSums:
    """Sums over one estimator's rows by group, each of shape (J,)."""

    n: FloatArray
    square: FloatArray
    log_score: FloatArray
    inside: dict[float, FloatArray]

    def scores(self, some: BoolArray) -> dict[str, float]:
        """Return RMSE, log score and coverages over the rows of some groups."""
        n = float(self.n[some].sum())
        out = {"rmse": np.sqrt(self.square[some].sum() / n) if n else np.nan}
        out["log_score"] = self.log_score[some].sum() / n if n else np.nan
        for level, inside in self.inside.items():
            out[f"coverage_{level * 100:.0f}"] = inside[some].sum() / n if n else np.nan
        return {name: float(value) for name, value in out.items()}


class Scoreboard:
    """Sums by group for the rows that several estimators all predict, made when asked for.

    Parameters
    ----------
    rows : dict of str to HeldOut
    group : IntArray, shape (n,)
    n_groups : int
    """

    def __init__(self, rows: dict[str, HeldOut], group: IntArray, n_groups: int) -> None:
        self.rows, self._group, self.n_groups = rows, group, n_groups
        self.sizes = np.bincount(group, minlength=n_groups)
        self._masks: list[BoolArray] = []
        self._mask_of = {name: self._known(np.isfinite(h.error)) for name, h in rows.items()}
        self._sums: dict[tuple[str, frozenset[int]], GroupSums] = {}

    def _known(self, mask: BoolArray) -> int:
        """Return the number of a set of rows; equal sets share one."""
        for i, other in enumerate(self._masks):
            if np.array_equal(mask, other):
                return i
        self._masks.append(mask)
        return len(self._masks) - 1

    def sums(self, estimator: str, *others: str) -> GroupSums:
        """Return an estimator's sums over the rows that it and the others predict."""
        ids = {self._mask_of[name] for name in (estimator, *others)}
        key = (estimator, frozenset(i for i in ids if not self._masks[i].all()))
        if key not in self._sums:
            self._sums[key] = self._add_up(estimator, key[1])
        return self._sums[key]

    def _add_up(self, estimator: str, masks: frozenset[int]) -> GroupSums:
        held, group = self.rows[estimator], self._group
        some: BoolArray | slice = slice(None)
        if masks:
            some = np.logical_and.reduce([self._masks[i] for i in sorted(masks)])
            group = group[some]

        def total(values: FloatArray | None) -> FloatArray:
            return np.bincount(group, values, minlength=self.n_groups).astype(np.float64)

        return GroupSums(
            n=total(None),
            square=total(np.square(held.error[some])),
            log_score=total(held.log_score[some]),
            inside={v: total(held.inside(v)[some].astype(np.float64)) for v in LEVELS},
        )


def summary(board: Scoreboard) -> pd.DataFrame:
    """Return one row per estimator: counts, scores, and standard errors of the coverages."""
    everybody = np.ones(board.n_groups, dtype=bool)
    table = []
    for name in board.rows:
        sums = board.sums(name)
        n = int(sums.n.sum())
        line: dict[str, object] = {"estimator": name, "n_predicted": n}
        line["n_not_defined"] = int(board.sizes.sum()) - n
        line |= sums.scores(everybody)
        for level, inside in sums.inside.items():
            line[f"coverage_{level * 100:.0f}_se"] = clustered_se(inside, sums.n)
        table.append(line)
    return pd.DataFrame(table)


def differences(board: Scoreboard, some: BoolArray | None = None) -> pd.DataFrame:
    """Return every pair of estimators on the rows (of some groups) that both predict."""
    some = np.ones(board.n_groups, dtype=bool) if some is None else some
    table = []
    for one, other in combinations(board.rows, 2):
        found = _difference(board.sums(one, other), board.sums(other, one), some)
        n = int(board.sums(one, other).n[some].sum())
        table.append({"estimator": one, "reference": other, "n": n, **found})
        found = _difference(board.sums(other, one), board.sums(one, other), some)
        table.append({"estimator": other, "reference": one, "n": n, **found})
    order = {name: i for i, name in enumerate(board.rows)}
    table.sort(key=lambda line: (order[str(line["reference"])], order[str(line["estimator"])]))
    return pd.DataFrame(table)


def _difference(one: GroupSums, other: GroupSums, some: BoolArray) -> dict[str, float]:
    counts = one.n[some]
    n = counts.sum()
    if not n:
        return dict.fromkeys(_DIFFERENCE, np.nan)
    left, right = np.sqrt(one.square[some].sum() / n), np.sqrt(other.square[some].sum() / n)
    score = one.log_score[some] - other.log_score[some]
    # How much each row moves the difference of the RMSEs, to first order.
    floor = np.finfo(float).tiny
    pull = 0.5 * (one.square[some] / max(left, floor) - other.square[some] / max(right, floor))
    values = (
        right,
        left - right,
        clustered_se(pull, counts),
        score.sum() / n,
        clustered_se(score, counts),
    )
    return dict(zip(_DIFFERENCE, map(float, values), strict=True))


def size_bands(sizes: IntArray, most: int = _BANDS) -> list[tuple[int, int]]:
    """Return bands (smallest, largest) of group sizes with about as many groups in each."""
    values = np.unique(sizes)
    if len(values) <= most:
        return [(int(v), int(v)) for v in values]
    cuts = np.unique(np.quantile(sizes, np.arange(1, most) / most, method="lower"))
    starts = [int(values[0]), *(int(values[values > c][0]) for c in cuts if (values > c).any())]
    ends = [*(int(values[values < s][-1]) for s in starts[1:]), int(values[-1])]
    return list(zip(starts, ends, strict=True))


def _bands(board: Scoreboard) -> Sequence[tuple[dict[str, int], BoolArray]]:
    """Return every band's ends and number of groups, and which groups are in it."""
    out = []
    for smallest, largest in size_bands(board.sizes):
        inside = (board.sizes >= smallest) & (board.sizes <= largest)
        ends = {"smallest": smallest, "largest": largest, "n_groups": int(inside.sum())}
        out.append((ends, inside))
    return out


def by_size(board: Scoreboard) -> pd.DataFrame:
    """Return the scores of every estimator by band of group sizes."""
    table = []
    for ends, inside in _bands(board):
        n_rows = int(board.sizes[inside].sum())
        for name in board.rows:
            sums = board.sums(name)
            n = int(sums.n[inside].sum())
            counts = {"estimator": name, "n_predicted": n, "n_not_defined": n_rows - n}
            table.append({**ends, **counts, **sums.scores(inside)})
    return pd.DataFrame(table)


def differences_by_size(board: Scoreboard) -> pd.DataFrame:
    """Return the paired differences by band of group sizes."""
    parts = []
    for ends, inside in _bands(board):
        found = differences(board, inside)
        for i, (name, value) in enumerate(ends.items()):
            found.insert(i, name, value)
        parts.append(found)
    return pd.concat(parts, ignore_index=True)
