"""A training set in scaled units, and the rows to be predicted from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.fitting.scaled import ScaledModel
from core.moments import GroupMoments, group_scaling
from core.tables.grouped import GroupedData
from core.types import BoolArray, FloatArray, IntArray

#: Kinds of rows: of a group in the training set, of another group, of the average group.
KNOWN, NEW, AVERAGE = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows to predict.

    Attributes
    ----------
    base : FloatArray, shape (n, q + 1)
        1 and the individual-level columns, scaled as in the training moments.
    factors : FloatArray, shape (n, f)
        Group-level columns in raw units; NaN where they are not known.
    group : IntArray, shape (n,)
        Position of the group; any number for rows without a known group.
    kind : IntArray, shape (n,)
        KNOWN, NEW or AVERAGE.
    weight : FloatArray, shape (n,), or None
        What the residual variance is divided by (precision weights); None for 1.
    """

    base: FloatArray
    factors: FloatArray
    group: IntArray
    kind: IntArray
    weight: FloatArray | None = None

    @property
    def own_variance(self) -> FloatArray:
        """Variance of an individual over sigma_y**2, shape (n,)."""
        return np.ones(self.n) if self.weight is None else 1.0 / self.weight

    @property
    def n(self) -> int:
        """Number of rows."""
        return len(self.kind)

    def take(self, which: IntArray | slice) -> Rows:
        """Return some of the rows."""
        weight = None if self.weight is None else self.weight[which]
        kept = (self.base[which], self.factors[which], self.group[which], self.kind[which])
        return Rows(*kept, weight)


@dataclass(frozen=True, eq=False)
class Design:
    """The scaled design of some rows.

    Attributes
    ----------
    X : FloatArray, shape (n, all terms)
    Z : FloatArray, shape (n, k)
    unknown : BoolArray, shape (n, f)
        Group-level columns that are not known and stand at their mean over groups.
    factors : FloatArray, shape (n, f)
        The group-level columns as they are used, scaled.
    """

    rows: Rows
    X: FloatArray
    Z: FloatArray
    unknown: BoolArray
    factors: FloatArray


@dataclass(frozen=True, eq=False)
class Training:
    """What predictors are made from: a model on scaled moments.

    ``data`` gives the structure (terms, varying, group-level columns); its rows are not read.
    """

    data: GroupedData
    moments: GroupMoments
    model: ScaledModel

    @property
    def n_groups(self) -> int:
        """Number of groups, those without training rows included."""
        return len(self.moments.n)

    def scaled_factors(self, factors: FloatArray) -> FloatArray:
        """Return group-level columns (n, f) as the model scales them."""
        out = factors.copy()
        for i, (_, values) in enumerate(self.data.group_columns):
            center, spread = group_scaling(self.moments.n, values)
            out[:, i] = (out[:, i] - center) / spread
        return out

    def group_factors(self) -> FloatArray:
        """Return the group-level columns of the training groups, scaled, (J, f)."""
        columns = [values for _, values in self.data.group_columns]
        raw = np.array(columns).T if columns else np.empty((self.n_groups, 0))
        return self.scaled_factors(raw.astype(np.float64))

    def design(self, rows: Rows) -> Design:
        """Return the design of rows; a known group brings its own group-level columns."""
        own = self.group_factors()
        factors = self.scaled_factors(rows.factors)
        known = rows.kind == KNOWN
        factors[known] = own[rows.group[known]]
        unknown = np.isnan(factors)
        if unknown.any():
            live = self.moments.n > 0
            factors = np.where(unknown, own[live].mean(axis=0), factors)
        X = np.empty((rows.n, len(self.data.terms)))
        for i, term in enumerate(self.data.terms):
            X[:, i] = rows.base[:, term.base]
            if term.factor >= 0:
                X[:, i] *= factors[:, term.factor]
        basis = [0, *(b for b in self.data.varying if b > 0)]
        return Design(rows, X, rows.base[:, basis] @ self.model.mix, unknown, factors)

    def raw_varying(self) -> FloatArray:
        """Return the matrix that turns scaled Z into raw Z, shape (k, k)."""
        return np.asarray(np.linalg.inv(self.model.z_to_raw))
