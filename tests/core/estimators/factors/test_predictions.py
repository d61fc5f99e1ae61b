"""Predictions by a model with several factors against dense matrices and least squares."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import SpecError
from core.explore.prediction.factors.cases import NEW, FactorQuestion, cases_of, predict_cases
from core.explore.prediction.factors.numbers import predict_factors
from tests.core.estimators.factors.dense import Dense, relative
from tests.golden.factors.models import fits_of, load

#: Known and new levels of both factors, by model: rows as a reader gives them.
ROWS = {
    "penicillin": pd.DataFrame(
        {"plate": ["a", "a", "new", None], "sample": ["B", "none", "B", None]}
    ),
    "pixel": pd.DataFrame(
        {"Dog": ["1", "2", "x"], "Side": ["L", "y", "L"], "day": [4.0, 8.0, 2.0]}
    ),
}


def _at(dense: Dense, rows: pd.DataFrame, name: str, i: int) -> int:
    label = ":".join(str(rows[c].iloc[i]) for c in dense.spec.path_of(name))
    return dense.levels[name].index(label) if label in dense.levels[name] else -1


@pytest.mark.parametrize("model", sorted(ROWS))
def test_points_and_variances_are_those_of_dense_matrices(model: str) -> None:
    fits, case, rows = fits_of(model, "REML"), load(model, "REML"), ROWS[model]
    dense, D, fit = (
        Dense.of(case.table, case.spec),
        relative(fits_of(model, "REML")),
        fits.multilevel,
    )
    found = predict_factors(fits, rows)
    V = dense.V(D)
    inverse = np.linalg.inv(V)
    cov = np.linalg.inv(dense.X.T @ inverse @ dense.X)
    beta = cov @ dense.X.T @ inverse @ dense.y
    for i in range(len(rows)):
        x = np.array([1.0, *(rows[p].iloc[i] for p in case.spec.predictors)])
        c, own = np.zeros(len(dense.y)), 1.0
        for name in case.spec.groups:
            z = np.array([1.0, *(rows[p].iloc[i] for p in case.spec.varying_of(name))])
            j = _at(dense, rows, name, i)
            own += z @ D[name] @ z
            if j >= 0:
                c += dense.Z[name][:, j] @ D[name] @ z
        # The best linear unbiased predictor of a new row, and its variance (universal kriging).
        weight = inverse @ c
        left = x - dense.X.T @ weight
        point = x @ beta + weight @ (dense.y - dense.X @ beta)
        variance = fit.sigma_y**2 * (own - c @ weight + left @ cov @ left)
        assert found["point"].iloc[i] == pytest.approx(point, rel=1e-6)
        assert found["se"].iloc[i] ** 2 == pytest.approx(variance, rel=1e-6)
    parts = found[["fixed_effects", *(f"level: {n}" for n in case.spec.groups), "individual"]]
    np.testing.assert_allclose(parts.sum(axis=1), found["se"] ** 2, rtol=1e-9)
    np.testing.assert_allclose(core.predict(fits, rows)["point"], found["point"])


def test_no_pooling_predicts_as_least_squares_with_all_indicators() -> None:
    fits, case = fits_of("penicillin", "REML"), load("penicillin", "REML")
    dense = Dense.of(case.table, case.spec)
    W = np.hstack([dense.X, dense.flat("plate"), dense.flat("sample")])
    cov = np.linalg.pinv(W.T @ W)
    coef = cov @ W.T @ dense.y
    found = predict_factors(fits, case.table.head(5), estimator="no_pooling", individual=False)
    np.testing.assert_allclose(found["point"], W[:5] @ coef, rtol=1e-7)
    sigma = fits.no_pooling.sigma_y
    expected = sigma * np.sqrt(np.einsum("ip,pq,iq->i", W[:5], cov, W[:5]))
    np.testing.assert_allclose(found["se"], expected, rtol=1e-6)
    new = predict_factors(fits, ROWS["penicillin"], estimator="no_pooling")
    assert new["point"].notna().tolist() == [True, False, False, False]
    assert "not in the fitted rows" in new["reason"].iloc[1]
    with pytest.raises(SpecError):
        predict_factors(fits, case.table, level=2.0)


def test_a_level_is_known_only_in_the_level_that_it_lies_in() -> None:
    fits = fits_of("pastes", "REML")
    names = fits.data.factor("cask").level_names
    cases = cases_of(fits, FactorQuestion({"batch": "A", "cask": names[0]}, {}))
    assert [case.levels for case in cases] == [("A", names[0]), ("A", NEW), (NEW, NEW)]
    other = cases_of(fits, FactorQuestion({"batch": "B", "cask": names[0]}, {}))
    assert other[0].levels == ("B", NEW)
    asked = FactorQuestion({"batch": "A", "cask": names[0]}, {})
    found = predict_cases(fits, cases, asked, ("partial_pooling", "complete_pooling"))
    width = (found["upper"] - found["lower"])[found["estimator"] == "partial_pooling"].to_numpy()
    assert width[0] < width[1] < width[2]
