"""A model with several factors as dense matrices of its rows, without the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

import core
from core.types import FloatArray


@dataclass(frozen=True)
class Dense:
    """Design, indicators by factor (n, L, k), levels, and the covariance of the rows."""

    table: pd.DataFrame
    spec: core.ModelSpec
    X: FloatArray
    y: FloatArray
    Z: dict[str, FloatArray]
    levels: dict[str, list[str]]

    @classmethod
    def of(cls, table: pd.DataFrame, spec: core.ModelSpec) -> Dense:
        """Lay out a table; predictors are numeric."""
        X = np.column_stack(
            [np.ones(len(table)), *(table[x].to_numpy(float) for x in spec.predictors)]
        )
        Z, levels = {}, {}
        for name in spec.groups:
            labels = table[list(spec.path_of(name))].astype(str).agg(":".join, axis=1)
            levels[name] = sorted(labels.unique())
            at = (labels.to_numpy()[:, None] == np.array(levels[name])).astype(float)
            columns = [at, *(at * table[[x]].to_numpy(float) for x in spec.varying_of(name))]
            Z[name] = np.stack(columns, axis=2)
        return cls(table, spec, X, table[spec.outcome].to_numpy(float), Z, levels)

    def V(self, D: dict[str, FloatArray]) -> FloatArray:
        """Return the covariance of the rows over sigma_y**2 at relative covariances."""
        out = np.eye(len(self.y))
        for name, Z in self.Z.items():
            out += np.einsum("ilk,km,jlm->ij", Z, D[name], Z)
        return out

    def flat(self, name: str) -> FloatArray:
        """Return Z of one factor, shape (n, L k)."""
        return self.Z[name].reshape(len(self.y), -1)


def relative(fits: core.PoolingFits) -> dict[str, FloatArray]:
    """Return every factor's covariance over sigma_y**2."""
    fit = fits.multilevel
    return {name: f.vcov_group / fit.sigma_y**2 for name, f in fit.factors.items()}
