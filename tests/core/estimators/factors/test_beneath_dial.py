"""What lies beneath the dial of one factor: dense likelihoods, and refits by hand."""

from __future__ import annotations

import numpy as np
import pytest

from core.estimators.factors.beneath_dial import factor_evidence
from core.explore.pooling.factors.plot_evidence import (
    evidence_alt,
    evidence_sentences,
    plot_evidence,
)
from tests.core.estimators.factors.dense import Dense, relative
from tests.golden.factors.models import fits_of, load


@pytest.mark.parametrize(("model", "factor"), [("penicillin", "sample"), ("pastes", "batch")])
def test_likelihood_and_left_out_error_are_those_of_dense_matrices(model: str, factor: str) -> None:
    fits, case = fits_of(model, "REML"), load(model, "REML")
    dense, D = Dense.of(case.table, case.spec), relative(fits)
    found = factor_evidence(fits, factor)

    def value(c: float) -> float:
        V = dense.V({n: one * (c if n == factor else 1.0) for n, one in D.items()})
        inverse = np.linalg.inv(V)
        XVX = dense.X.T @ inverse @ dense.X
        left = dense.y - dense.X @ np.linalg.solve(XVX, dense.X.T @ inverse @ dense.y)
        nu = len(left) - dense.X.shape[1]
        logs = np.linalg.slogdet(V)[1] + np.linalg.slogdet(XVX)[1]
        return float(-0.5 * (logs + nu * np.log(left @ inverse @ left)))

    top = value(1.0)
    for i in (0, 3, 7, 9, 13):
        assert found.log_likelihood[i] == pytest.approx(value(found.c[i]) - top, abs=1e-8)
    # Rows left out, at the estimate: weights of the rows that are kept.
    fold = np.random.default_rng(1).permutation(np.arange(len(dense.y)) % 5)
    V, total = dense.V(D), 0.0
    for k in range(5):
        held, kept = fold == k, fold != k
        inverse = np.linalg.inv(V[np.ix_(kept, kept)])
        X = dense.X[kept]
        beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ dense.y[kept])
        weight = V[np.ix_(held, kept)] @ inverse
        guess = dense.X[held] @ beta + weight @ (dense.y[kept] - X @ beta)
        total += float(np.sum((dense.y[held] - guess) ** 2))
    at = int(np.flatnonzero(found.c == 1.0)[0])
    assert found.error[at] == pytest.approx(np.sqrt(total / len(dense.y)), rel=1e-8)
    told = evidence_sentences(found, factor)
    low, _ = found.compatible
    assert ("does not rule out" in told[0]) == (low == 0.0)
    figure = plot_evidence(found, 1.0, title=told[0])
    np.testing.assert_allclose(figure.data[1].y, found.error)
    assert "Log-likelihood" in evidence_alt(found, told)
