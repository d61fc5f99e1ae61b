"""The search: a start for every basin, honest units, a certificate that is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import core
from core.fitting import multilevel
from core.fitting.multilevel import find_optimum, unit_of
from core.fitting.scaled import ScaledModel, scale_model
from core.fitting.search.covariance import rel_cov_of
from core.fitting.search.criterion import evaluate, problem_of
from core.fitting.search.optimize import certify, minimise
from core.fitting.search.starts import scan, start_points


def model_of(table: pd.DataFrame, **changes: Any) -> tuple[core.GroupedData, ScaledModel]:
    """Return the data and the scaled model of y on x."""
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    data = core.GroupedData.from_table(table, spec.update(**changes))
    return data, scale_model(data, core.GroupMoments.from_data(data))


def random_table(seed: int, *, sparse: bool = False) -> pd.DataFrame:
    """Return 12 unequal groups whose lines differ, x a sparse dummy if asked."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(12), rng.integers(3, 9, size=12))
    x = rng.normal(size=group.size)
    if sparse:
        x = ((group < 3) & (rng.random(group.size) < 0.5)).astype(float)
        x[:2] = 0.0, 1.0
    lines = rng.normal(size=(12, 2)) * (1.0, 0.6)
    y = lines[group, 0] + lines[group, 1] * x + rng.normal(size=group.size)
    return pd.DataFrame({"y": y, "x": x, "g": [f"g{j:02d}" for j in group]})


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("correlated", [True, False])
def test_points_of_the_scan_are_covariances_with_neighbours(k: int, correlated: bool) -> None:
    points, around = scan(k, correlated)
    assert np.linalg.eigvalsh(points).min() > -1e-9 * points.max()
    assert around.max() < len(points)
    if correlated:
        ranks = np.linalg.matrix_rank(points, tol=1e-9)
        assert (ranks == 1).sum() >= 5 * k  # the edge where one direction carries all variance
    assert len({p.tobytes() for p in points}) == len(points)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("correlated", [True, False])
def test_no_point_of_a_fine_grid_is_lower_than_the_optimum(seed: int, correlated: bool) -> None:
    """Brute force over sds and correlations, far out and next to the edges."""
    _, model = model_of(random_table(seed, sparse=seed % 3 == 0), correlated=correlated)
    found = find_optimum(model, reml=True, correlated=correlated)
    problem = problem_of(model, unit_of(model), reml=True)
    sds = np.concatenate([[0.0], np.logspace(-2.5, 2.5, 26)])
    rhos = np.array([-1, -0.97, -0.7, -0.3, 0, 0.3, 0.7, 0.97, 1.0]) if correlated else np.zeros(1)
    a, b, rho = (v.ravel() for v in np.meshgrid(sds, sds, rhos))
    D = np.array([[a * a, rho * a * b], [rho * a * b, b * b]]).transpose(2, 0, 1)
    lowest = np.nanmin(evaluate(problem, D[None], derivative=False).value)
    assert found.value <= lowest + 1e-7
    assert found.converged


def test_a_narrow_deep_basin_is_started_from_though_many_lower_points_lie_elsewhere() -> None:
    """Made criteria: a wide valley of low points, and a deep hole that the scan only grazes."""
    points, around = scan(2, True)
    centre = np.array([[2.0, 0.3], [0.3, 1.0]])
    spread = np.array([np.linalg.norm(_log(p) - _log(centre)) for p in points])
    deep = int(np.argmax(points[:, 0, 1] * (np.linalg.matrix_rank(points) == 1)))
    value = spread.copy()
    value[deep] = np.sort(spread)[30]  # thirty points of the valley are lower
    lowest = np.flatnonzero(value <= value[around].min(axis=1))
    assert deep in lowest and int(np.argmin(value)) in lowest
    assert len(lowest) <= 6


def _log(D: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(D + 0.03**2 * np.eye(2))
    return np.asarray((vectors * np.log(values)) @ vectors.T)


@pytest.mark.parametrize("seed", range(4))
def test_starts_are_local_minima_of_the_scan(seed: int) -> None:
    _, model = model_of(random_table(seed))
    problem = problem_of(model, unit_of(model), reml=True)
    starts = start_points(problem, correlated=True, most=12)
    value = evaluate(problem, rel_cov_of(starts[0], 2, True)[None], derivative=False).value[0]
    points, _ = scan(2, True)
    assert value.min() < np.nanmin(evaluate(problem, points[None]).value) + 0.5
    assert (np.linalg.eigvalsh(rel_cov_of(starts[0], 2, True)) > 1e-4).all()  # inside the edge
    assert 1 <= starts.shape[1] <= 12


def test_rounding_is_no_unit_of_a_sparse_predictor() -> None:
    """x varies inside 3 of 12 groups; in the others rounding of the centred x is left over."""
    table = random_table(1, sparse=True)
    for shift in (0.0, 0.1):
        data, model = model_of(table.assign(x=table["x"] + shift), correlated=False)
        unit = unit_of(model)
        assert (unit > 1e-3).all() and (unit < 1e4).all()
        fit = core.fit_all(data).multilevel
        assert fit.optimization.converged and fit.status.code != "not_certified"
        assert (fit.sigma_group < 100 * table["y"].std()).all()


def dense(data: core.GroupedData, model: ScaledModel, D: np.ndarray, reml: bool) -> float:
    """Return the profiled criterion at D from the covariance of all rows, but for a constant."""
    Z = data.varying_design() @ model.z_to_raw
    same = data.group_index[:, None] == data.group_index[None, :]
    V = np.eye(data.n_obs) + (Z @ D @ Z.T) * same
    X, y = data.design(), data.y
    inverse = np.linalg.inv(V)
    XVX = X.T @ inverse @ X
    rest = y - X @ np.linalg.solve(XVX, X.T @ inverse @ y)
    nu = data.n_obs - (X.shape[1] if reml else 0)
    value = np.linalg.slogdet(V)[1] + nu * np.log(rest @ inverse @ rest)
    return float(value + (np.linalg.slogdet(XVX)[1] if reml else 0.0))


@pytest.mark.parametrize("reml", [True, False])
@pytest.mark.parametrize("correlated", [True, False])
def test_criterion_and_derivative_are_those_of_all_rows(reml: bool, correlated: bool) -> None:
    data, model = model_of(random_table(5), correlated=correlated)
    problem = problem_of(model, np.ones(2), reml=reml)
    D, h = np.array([[0.8, 0.2], [0.2, 0.4]]), 1e-4
    slope = evaluate(problem, D[None, None]).derivative[0, 0]
    ends = np.array([D, 3.0 * D])[None]
    ours = np.diff(evaluate(problem, ends, derivative=False).value[0])[0]
    assert_allclose(
        ours, dense(data, model, 3.0 * D, reml) - dense(data, model, D, reml), rtol=1e-9
    )
    for i, j in ((0, 0), (0, 1), (1, 1)):
        E = np.zeros((2, 2))
        E[i, j] = E[j, i] = h
        change = dense(data, model, D + E, reml) - dense(data, model, D - E, reml)
        assert_allclose(slope[i, j], change / (2 * h) / (1 if i == j else 2), rtol=1e-5, atol=1e-6)


def test_a_certificate_fails_next_to_the_optimum_and_holds_at_it() -> None:
    _, model = model_of(random_table(2))
    problem = problem_of(model, unit_of(model), reml=True)
    found = minimise(problem, np.array([[[1.0, 0.0, 1.0]]]), correlated=True)
    D = rel_cov_of(found.theta[0, 0], 2, True)
    at = certify(problem, D, correlated=True)
    off = certify(problem, 1.5 * D + 0.1 * np.eye(2), correlated=True)
    assert at.gain < 1e-8 < 1e-3 < off.gain
    assert off.stationarity > 1e3 * at.stationarity


def test_zero_variance_is_left_where_the_derivative_says_so() -> None:
    """theta = 0 is stationary always; only the derivative in D tells whether to leave it."""
    _, model = model_of(random_table(3), varying=())
    problem = problem_of(model, unit_of(model), reml=True)
    at_zero = certify(problem, np.zeros((1, 1)), correlated=True)
    assert at_zero.stationarity == 0.0 and at_zero.least_curvature < 0.0


def test_a_fit_without_a_certificate_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multilevel, "_is_certified", lambda certificate, problem: False)
    data, _ = model_of(random_table(4))
    fits = core.fit_all(data)
    assert fits.status.code == "not_certified"
    assert "certified end" in fits.status.sentence and "is certified" not in fits.status.sentence
    assert not fits.multilevel.optimization.converged


def test_another_road_is_taken_where_the_first_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first search is made to end at a poor point: the fit must come to the optimum."""
    data, model = model_of(random_table(6))
    best = find_optimum(model, reml=True, correlated=True)
    real, roads = multilevel._search, []

    def poor(model: Any, unit: Any, **how: Any) -> Any:
        found = real(model, unit, **how)
        roads.append(unit)
        if len(roads) > 1:
            return found
        problem = problem_of(model, unit, reml=True)
        return multilevel._at(problem, found, np.array([5.0, 0.0, 5.0]), 1e9, True)

    monkeypatch.setattr(multilevel, "_search", poor)
    found = find_optimum(model, reml=True, correlated=True)
    assert len(roads) == 2 and found.converged
    assert_allclose(found.value, best.value, rtol=1e-9)
    assert core.fit_all(data).status.code != "not_certified"


def test_a_matrix_without_rank_ends_no_search() -> None:
    _, model = model_of(random_table(7))
    problem = problem_of(model, unit_of(model), reml=True)
    D = np.array([np.eye(2), np.eye(2) * 1e300])[None]
    with np.errstate(all="ignore"):
        value = evaluate(problem, D, derivative=False).value[0]
    assert np.isfinite(value[0])
