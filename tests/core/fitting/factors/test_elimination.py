"""The eliminated criterion, its derivative and the covariances against dense matrices."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import block_diag

import core
from core.fitting.factors import block_algebra, elimination
from core.fitting.factors.cell_layout import CellLayout, lay_out
from core.fitting.factors.factor_criterion import (
    FactorProblem,
    average_information,
    evaluate_at,
    evaluate_factors,
    gradient_of,
)
from core.fitting.factors.takeback import covariances
from core.moments import GroupMoments
from core.spec import ModelSpec
from core.tables.grouped import FactorsData
from core.types import FloatArray

KINDS = ("crossed", "nested", "mixed", "diamond")
VARYING = ({}, {"a": ("x",)}, {"b": ("x",)}, {"a": ("x",), "b": ("x",), "c": ("x",)})


def _table(kind: str, n: int = 150) -> pd.DataFrame:
    rng = np.random.default_rng(sum(map(ord, kind)))
    a = rng.integers(0, 9, n)
    b, c = {
        "crossed": (rng.integers(0, 5, n), rng.integers(0, 3, n)),
        "nested": (a // 3, a // 6),
        "mixed": (a // 2, rng.integers(0, 4, n)),
        "diamond": (a // 3, a % 2),
    }[kind]
    x = rng.normal(size=n) * 3 + 7
    y = 5 + rng.normal(size=n) + rng.normal(size=9)[a]
    return pd.DataFrame({"y": y, "x": x, "u": rng.normal(size=9)[a], "a": a, "b": b, "c": c})


def _layout(kind: str, *, correlated: bool, criterion: str, varying: dict) -> CellLayout:
    spec = ModelSpec(
        outcome="y",
        groups=("b", "a", "c"),
        predictors=("x",),
        group_predictors=("u",),
        varying=varying,
        correlated=correlated,
        criterion=criterion,
    )
    data = core.GroupedData.from_table(_table(kind), spec)
    assert isinstance(data, FactorsData)
    return lay_out(data, GroupMoments.from_data(data.cells))


class _Dense:
    """The same quantities from n x n matrices."""

    def __init__(self, layout: CellLayout, problem: FactorProblem, theta: FloatArray) -> None:
        data = layout.data
        X = data.design() @ layout.to_raw
        y = (data.y - layout.y_center) / layout.y_scale
        self.Z, D = [], []
        for design, lam in zip(layout.designs, problem.split(theta[None]), strict=True):
            factor = design.factor
            values = np.column_stack([data.cells.base_values(b) for b in factor.varying])
            level = factor.of_cell[data.cells.group_index]
            Z = np.zeros((len(y), factor.n_levels, factor.k))
            Z[np.arange(len(y)), level] = values @ design.to_raw
            self.Z.append(Z.reshape(len(y), -1))
            D.append(np.kron(np.eye(factor.n_levels), lam[0] @ lam[0].T))
        whole, cov = np.hstack(self.Z), block_diag(*D)
        V = np.eye(len(y)) + whole @ cov @ whole.T
        inverse = np.linalg.inv(V)
        XVX = X.T @ inverse @ X
        nu = len(y) - X.shape[1] if problem.reml else len(y)
        P = inverse - inverse @ X @ np.linalg.solve(XVX, X.T @ inverse)
        r2 = float(y @ P @ y)
        self.value = np.linalg.slogdet(V)[1] + nu * (1 + np.log(2 * np.pi * r2 / nu))
        self.value += np.linalg.slogdet(XVX)[1] if problem.reml else 0.0
        self.K = cov - cov @ whole.T @ inverse @ whole @ cov
        self.pull = [(P if problem.reml else inverse, P @ y, nu / r2)] * len(self.Z)
        self.P, self.y, self.r2, self.nu = P, y, r2, nu

    def derivative(self, f: int, k: int) -> FloatArray:
        Z, (M, Py, weight) = self.Z[f], self.pull[f]
        h = Z.T @ Py
        full = Z.T @ M @ Z - weight * np.outer(h, h)
        return sum(full[i : i + k, i : i + k] for i in range(0, Z.shape[1], k))

    def covariance(self, f: int, k: int) -> FloatArray:
        start = sum(Z.shape[1] for Z in self.Z[:f])
        at = range(start, start + self.Z[f].shape[1], k)
        return np.array([self.K[i : i + k, i : i + k] for i in at])


def _points(problem: FactorProblem) -> FloatArray:
    rng = np.random.default_rng(3)
    theta = rng.uniform(0.2, 2, size=(3, problem.n_theta))
    theta[1] *= rng.integers(0, 2, problem.n_theta)  # variances at zero, singular covariances
    theta[2] *= 1e-4
    return theta


@pytest.mark.parametrize(("kind", "varying"), list(itertools.product(KINDS, VARYING)))
@pytest.mark.parametrize("correlated", [True, False])
@pytest.mark.parametrize("is_long", [False, True])
def test_criterion_derivative_and_covariances_are_the_dense_ones(
    kind: str, varying: dict, correlated: bool, is_long: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    criterion = "ML" if is_long else "REML"
    layout = _layout(kind, correlated=correlated, criterion=criterion, varying=varying)
    if is_long:  # every factor that can goes level by level
        monkeypatch.setattr(elimination, "order_of", _longest)
        monkeypatch.setattr(block_algebra, "_MOST_PAIRS", 0)
    problem = FactorProblem(elimination.eliminate(layout), criterion == "REML", correlated)
    theta = _points(problem)
    got = evaluate_factors(problem, theta)
    for e, one in enumerate(theta):
        dense = _Dense(layout, problem, one)
        own = covariances(evaluate_at(problem, one[None]).found).own
        assert got.value[e] == pytest.approx(dense.value, abs=1e-9)
        for f, k in enumerate(problem.sizes):
            assert got.derivative[f][e] == pytest.approx(dense.derivative(f, k), abs=1e-8)
            assert own[f][:, 0] == pytest.approx(dense.covariance(f, k), abs=1e-10)


def _longest(layout: CellLayout) -> tuple[tuple[int, ...], tuple[int, ...]]:
    designs = layout.designs
    chain = [max(range(3), key=lambda i: designs[i].n_levels * designs[i].k)]
    while True:
        outer = designs[chain[-1]].factor.outer
        inside = [i for i in range(3) if designs[i].factor.name in outer]
        if not inside:
            return tuple(chain), tuple(i for i in range(3) if i not in chain)
        chain.append(max(inside, key=lambda i: designs[i].n_levels))


@pytest.mark.parametrize("kind", KINDS)
def test_average_information_is_the_dense_one(kind: str) -> None:
    layout = _layout(kind, correlated=True, criterion="REML", varying={})
    problem = FactorProblem(elimination.eliminate(layout), True, True)
    theta = np.array([[0.7, 1.3, 0.4]])
    at = evaluate_at(problem, theta)
    dense = _Dense(layout, problem, theta[0])
    Py = dense.P @ dense.y
    moved = [Z @ (Z.T @ Py) for Z in dense.Z]
    q = np.array([float(a @ Py) for a in moved])
    inner = np.array([[a @ dense.P @ b for b in moved] for a in moved])
    expected = dense.nu * (inner / dense.r2 - np.outer(q, q) / dense.r2**2)
    slope = np.diag([2.0 * float(s[0, 0, 0]) for s in at.result.derivative])
    want = 4.0 * np.outer(theta[0], theta[0]) * expected + slope
    assert average_information(problem, at, theta[0]) == pytest.approx(want, rel=1e-8, abs=1e-8)


def test_the_gradient_in_theta_is_that_of_the_value() -> None:
    layout = _layout("mixed", correlated=True, criterion="REML", varying={"a": ("x",)})
    problem = FactorProblem(elimination.eliminate(layout), True, True)
    theta = np.array([[0.5, 0.8, 0.3, 0.6, 1.1]])
    gradient = gradient_of(problem, evaluate_factors(problem, theta), theta)[0]
    for i, slope in enumerate(gradient):
        moved = np.repeat(theta, 2, axis=0)
        moved[:, i] += [-1e-5, 1e-5]
        low, high = evaluate_factors(problem, moved, derivative=False).value
        assert (high - low) / 2e-5 == pytest.approx(slope, rel=1e-5, abs=1e-6)
