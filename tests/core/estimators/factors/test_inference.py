"""Errors, degrees of freedom, intervals and ranks of several factors: R, dense matrices."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import minimize

import core
from core.estimators.factors.intervals import RESIDUAL, variance_intervals
from core.estimators.factors.satterthwaite import fixef_df
from core.estimators.factors.system import line_contrasts, scaled_variance, system_of
from core.estimators.factors.view import factor_view
from core.exceptions import NotSupportedError, PoolingError, SpecError
from core.explore.ranking.joint import joint_coefficients
from core.explore.standard_errors.factors import story
from core.explore.standard_errors.factors.numbers import cluster_df, factor_standard_errors
from core.tables.wording import Wording
from tests.core.estimators.factors.dense import Dense, relative
from tests.golden.factors.models import FOLDER, fits_of, load

GOLD = json.loads((FOLDER / "inference.json").read_text())
MODELS = ("pastes", "penicillin", "pixel", "stool")


@pytest.mark.parametrize("model", MODELS)
def test_degrees_of_freedom_are_those_of_lmertest(model: str) -> None:
    np.testing.assert_allclose(fixef_df(fits_of(model, "REML")), GOLD[model]["df"], rtol=1e-3)


@pytest.mark.parametrize(
    "model", ["pastes", *(pytest.param(m, marks=pytest.mark.slow) for m in ("penicillin", "stool"))]
)
def test_intervals_of_sds_are_those_of_confint(model: str) -> None:
    fits = fits_of(model, "REML")
    found = variance_intervals(fits).query("quantity == 'sd'")
    ends = np.column_stack([GOLD[model]["lower"], GOLD[model]["upper"]])
    gold = dict(zip(GOLD[model]["parameters"], ends, strict=True))
    for row in found.to_dict("records"):
        name = "sigma" if row["level"] == RESIDUAL else f"sd_(Intercept)|{row['level']}"
        np.testing.assert_allclose([row["lower"], row["upper"]], gold[name], rtol=2e-3, atol=1e-4)


def test_the_interval_of_a_share_is_where_the_likelihood_falls_that_far() -> None:
    fits, case = fits_of("pastes", "REML"), load("pastes", "REML")
    dense = Dense.of(case.table, case.spec)
    row = variance_intervals(fits).query("quantity == 'share' and level == 'batch:cask'").iloc[0]

    def deviance(a: float, b: float) -> float:
        V = dense.V({"batch": np.array([[a]]), "cask": np.array([[b]])})
        inverse, n = np.linalg.inv(V), len(dense.y)
        beta = np.linalg.solve(dense.X.T @ inverse @ dense.X, dense.X.T @ inverse @ dense.y)
        left = dense.y - dense.X @ beta
        return float(np.linalg.slogdet(V)[1] + n * np.log(left @ inverse @ left))

    def profiled(share: float) -> float:
        grid = [deviance(a, share / (1 - share) * (1 + a)) for a in np.linspace(0, 40, 81)]
        return min(grid)

    top = minimize(lambda t: deviance(t[0] ** 2, t[1] ** 2), [1.5, 3.5], method="Nelder-Mead")
    for end in (row["lower"], row["upper"]):
        assert profiled(end) - top.fun == pytest.approx(3.8415, abs=0.03)


@pytest.mark.parametrize("model", ["pastes", "penicillin", "pixel"])
def test_levels_together_are_as_uncertain_as_dense_matrices_say(model: str) -> None:
    fits, case = fits_of(model, "REML"), load(model, "REML")
    dense = Dense.of(case.table, case.spec)
    D, fit = relative(fits), fits.multilevel
    V = dense.V(D)
    inverse = np.linalg.inv(V)
    cov_beta = np.linalg.inv(dense.X.T @ inverse @ dense.X)
    P = inverse - inverse @ dense.X @ cov_beta @ dense.X.T @ inverse
    name = case.spec.groups[0]
    Z = dense.flat(name)
    spread = np.kron(np.eye(len(dense.levels[name])), D[name])
    # Var(beta + u) about what it estimates, by hand: Var(b) + Var(u) + both covariances.
    cross = -cov_beta @ dense.X.T @ inverse @ Z @ spread
    own = spread - spread @ Z.T @ P @ Z @ spread
    k = D[name].shape[0]
    take = np.arange(len(dense.levels[name])) * k
    expected = cov_beta[0, 0] + own[np.ix_(take, take)]
    expected = expected + cross[0, take][None, :] + cross[0, take][:, None]
    found = system_of(fits).covariance(line_contrasts(fits.data, name, "(Intercept)"))
    order = [dense.levels[name].index(level) for level in fit.factors[name].group_names]
    np.testing.assert_allclose(
        found * scaled_variance(fits), fit.sigma_y**2 * expected[np.ix_(order, order)], rtol=1e-6
    )
    joint = joint_coefficients(fits, None, name)
    together = np.diag(joint.own_sd**2) + joint.shared @ joint.shared.T
    np.testing.assert_allclose(together, found * scaled_variance(fits), atol=1e-10)


@pytest.mark.parametrize("model", ["pastes", "penicillin", "pixel"])
def test_errors_of_no_pooling_are_those_of_all_indicators(model: str) -> None:
    fits, case = fits_of(model, "REML"), load(model, "REML")
    dense, spec = Dense.of(case.table, case.spec), case.spec
    W = np.hstack([dense.X, *(dense.flat(name) for name in spec.groups)])
    cov = np.linalg.pinv(W.T @ W)
    left = dense.y - W @ (cov @ (W.T @ dense.y))
    variance = left @ left / (len(left) - np.linalg.matrix_rank(W))
    name = spec.groups[0]
    own = fits.no_pooling.factors[name]
    others = [n for n in spec.groups if n != name]
    is_nested = bool(spec.within)
    for j, level in enumerate(own.group_names[:4]):
        at = dense.Z[name][:, dense.levels[name].index(level), 0] > 0
        some = W[at] if is_nested else W
        row = some.mean(axis=0)
        row[: dense.X.shape[1]] = np.eye(dense.X.shape[1])[0]  # where predictors are 0
        start = dense.X.shape[1]
        for n in spec.groups:
            width, k = dense.flat(n).shape[1], dense.Z[n].shape[2]
            if n == name:
                row[start : start + width] = 0.0
                row[start + dense.levels[name].index(level) * k] = 1.0
            else:
                mask = np.arange(width) % k == 0
                row[start : start + width] *= mask
            start += width
        assert own.coef_se[j, 0] == pytest.approx(np.sqrt(variance * row @ cov @ row), rel=1e-6)
    assert others


def test_errors_robust_to_two_factors_are_sums_over_pairs_of_rows() -> None:
    fits, case = fits_of("penicillin", "REML"), load("penicillin", "REML")
    dense = Dense.of(case.table, case.spec)
    bread = np.linalg.inv(dense.X.T @ dense.X)
    left = dense.y - dense.X @ bread @ dense.X.T @ dense.y
    scores = dense.X * left[:, None]

    def middle(labels: list[str]) -> np.ndarray:
        key = case.table[labels].astype(str).agg("|".join, axis=1).to_numpy()
        same = key[:, None] == key
        G = len(set(key))
        return np.einsum("ip,ij,jq->pq", scores, same, scores) * G / (G - 1)

    joint = middle(["plate"]) + middle(["sample"]) - middle(["plate", "sample"])
    table = factor_standard_errors(fits)
    assert table["clustered"].iloc[0] == pytest.approx(np.sqrt((bread @ joint @ bread)[0, 0]))
    one = np.sqrt((bread @ middle(["plate"]) @ bread)[0, 0])
    assert table["clustered: plate"].iloc[0] == pytest.approx(one)
    assert cluster_df(fits) == {"plate": 23.0, "sample": 5.0, "": 5.0}
    said = story.title(fits, table, Wording())
    assert "4.7 times too small" in said
    drawn = story.intervals(fits, table)
    assert drawn["approach"].tolist()[-1] == "multilevel" and len(drawn) == 5


def test_ranks_of_a_factor_take_the_others_into_account() -> None:
    fits = fits_of("penicillin", "REML")
    table = core.rank(fits, factor="sample")
    best = table.sort_values("rank")["group"].tolist()
    assert best[0] == "A" and table["p_top"].max() > 0.9
    assert core.compare_groups(fits, "A", "F", factor="sample").is_apart
    assert core.pairs_alike(fits, factor="plate").n_pairs == 276
    with pytest.raises(SpecError, match="no factor"):
        core.rank(fits, factor="x")
    with pytest.raises(NotSupportedError):
        core.rank(fits)


def test_a_view_refuses_what_only_a_model_of_one_factor_has() -> None:
    view = factor_view(fits_of("pastes", "REML"), "cask")
    with pytest.raises(PoolingError):
        core.posterior(view)
    with pytest.raises(PoolingError):
        core.receipt(view, 0)
    with pytest.raises(PoolingError):
        core.profile(view.multilevel)
