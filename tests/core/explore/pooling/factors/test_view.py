"""The factor in view and its dial against dense matrices; shares, symbols and code."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.estimators.estimates import estimates
from core.estimators.factors.view import factor_dial, factor_view, wording_of
from core.exceptions import SpecError
from core.explore.pooling import equation
from core.explore.pooling.factors import story
from core.explore.pooling.factors.factors_equation import (
    factors_complete_equation,
    factors_equation,
)
from core.explore.pooling.factors.numbers import parameter_rows, variance_shares
from core.explore.pooling.factors.plot_shares import plot_shares
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.tables.wording import Wording
from core.types import FloatArray
from tests.golden.factors.models import fits_of, load

MODELS = ("pastes", "penicillin", "pixel")


def _indicators(table: pd.DataFrame, spec: core.ModelSpec, name: str) -> tuple[FloatArray, list]:
    """Return Z (n, L k) of one factor, and its levels."""
    labels = table[list(spec.path_of(name))].astype(str).agg(":".join, axis=1)
    levels = sorted(labels.unique())
    at = (labels.to_numpy()[:, None] == np.array(levels)).astype(float)
    columns = [at, *(at * table[[x]].to_numpy(float) for x in spec.varying_of(name))]
    return np.stack(columns, axis=2).reshape(len(table), -1), levels


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("c", [0.0, 0.1, 1.0, 4.0, 30.0])
def test_dial_of_a_factor_is_the_dense_model_with_its_variance_scaled(model: str, c: float) -> None:
    fits, case = fits_of(model, "REML"), load(model, "REML")
    spec, fit, table = case.spec, fits.multilevel, case.table
    turned = spec.groups[-1]
    X = np.column_stack([np.ones(len(table)), *(table[x].to_numpy(float) for x in spec.predictors)])
    y = table[spec.outcome].to_numpy(float)
    V = np.eye(len(table))
    parts = {}
    for name in spec.groups:
        Z, levels = _indicators(table, spec, name)
        D = fit.factors[name].vcov_group / fit.sigma_y**2 * (c if name == turned else 1.0)
        parts[name] = Z, np.kron(np.eye(len(levels)), D), levels
        V += Z @ parts[name][1] @ Z.T
    inverse = np.linalg.inv(V)
    beta = np.linalg.solve(X.T @ inverse @ X, X.T @ inverse @ y)
    residual = y - X @ beta
    sigma_y = np.sqrt(residual @ inverse @ residual / (len(y) - X.shape[1]))
    found = factor_dial(fits, turned, c)
    assert found.sigma_y == pytest.approx(sigma_y, rel=1e-8)
    np.testing.assert_allclose(found.fixef, beta, rtol=1e-7, atol=1e-8 * np.abs(y).max())
    for name, (Z, D, levels) in parts.items():
        modes = (D @ Z.T @ inverse @ residual).reshape(len(levels), -1)
        got = found.factors[name]
        order = [levels.index(level) for level in got.group_names]
        np.testing.assert_allclose(got.ranef, modes[order], atol=1e-7 * sigma_y)
    if c == 1.0:
        assert found.criterion_value == pytest.approx(fit.criterion_value, abs=1e-8)


def test_the_dial_refuses_what_it_cannot_be_set_to() -> None:
    fits = fits_of("penicillin", "REML")
    with pytest.raises(SpecError, match="no factor 'x'"):
        factor_dial(fits, "x", 1.0)
    with pytest.raises(SpecError, match="0 or more"):
        factor_dial(fits, "plate", -1.0)


def test_own_estimates_of_balanced_factors_are_means() -> None:
    for model in ("pastes", "penicillin"):
        fits, case = fits_of(model, "REML"), load(model, "REML")
        name = case.spec.groups[0]
        each = estimates(factor_view(fits, name))
        means = case.table.groupby(case.table[name].astype(str))[case.spec.outcome].mean()
        np.testing.assert_allclose(each.no_pooling, means[list(each.group_names)], rtol=1e-10)
        line = fits.multilevel.factors[name].line[:, 0]
        np.testing.assert_array_equal(each.partial_pooling, line)
        assert np.ptp(each.partial_pooling) < np.ptp(each.no_pooling)


def test_shares_are_those_of_the_variances() -> None:
    fits = fits_of("pastes", "REML")
    frame = variance_shares(fits)
    assert frame["level"].tolist() == ["batch", "batch:cask", "residual"]
    assert frame["share"].sum() == pytest.approx(1.0)
    np.testing.assert_allclose(frame["sd"], [1.2874, 2.9041, 0.8234], atol=2e-4)  # lme4's manual
    said = story.shares_sentence(fits)
    assert "between levels of 'batch:cask'" in said
    figure = plot_shares(frame, title=said)
    np.testing.assert_allclose([bar.x[0] for bar in figure.data], frame["share"])


def test_symbols_are_met_through_the_levels_inside() -> None:
    latex = factors_equation(fits_of("pastes", "REML"))
    assert "j[k[i]]" in latex and "_{k[i]}" in latex
    latex = factors_equation(fits_of("penicillin", "REML"))
    assert "_{j[i]}" in latex and "_{k[i]}" in latex and "j[k" not in latex
    assert "60" in factors_complete_equation(fits_of("pastes", "REML"))


def test_code_for_elsewhere_names_every_factor() -> None:
    spec = load("pastes", "REML").spec
    assert "(1 | batch) + (1 | batch:cask)" in equation.lmer_call(spec)
    call = equation.mixedlm_call(spec)
    compile(call, "call", "exec")
    assert "C(batch):C(cask)" in call and "np.ones(len(table))" in call
    hostile = spec.update(groups=("a'); import os #", "b"), within={}, varying={})
    compile(equation.mixedlm_call(hostile), "call", "exec")


def test_words_and_figures_of_every_factor() -> None:
    for model in MODELS:
        fits = fits_of(model, "REML")
        rows = parameter_rows(fits)
        assert np.isfinite(rows["multilevel"]).all()
        for name in fits.data.spec.groups:
            view, words = factor_view(fits, name), wording_of(Wording(), fits, name)
            said = story.headline(fits, view, words)
            assert f"levels of '{fits.data.spec.label_of(name)}'" in said
            assert plot_shrinkage(view, wording=words).layout.meta["title"]
