"""The receipt of a level recombines; checks, influence and group-level columns of factors."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.estimators.factors.level_receipt import factor_receipt
from core.estimators.factors.view import factor_view
from core.exceptions import NotSupportedError, PoolingError
from core.explore.checks.factors.numbers import factor_influence, factor_reference
from core.explore.groups import factor_receipts as story
from core.tables.wording import Wording
from tests.core.estimators.factors.dense import Dense, relative
from tests.golden.factors.models import fits_of, load


@pytest.mark.parametrize("model", ["pastes", "penicillin", "pixel", "wafer", "scotssec"])
def test_steps_recombine_to_the_line_of_the_model(model: str) -> None:
    fits = fits_of(model, "REML")
    fit = fits.multilevel
    for name, of in fit.factors.items():
        for j in range(min(of.n_groups, 4)):
            steps = factor_receipt(fits, name, of.group_names[j])
            assert len(steps) == 1 + len(of.outer)
            for step in steps:
                if np.isfinite(step.own).all():
                    kept = step.weight @ (step.own - step.target)
                    np.testing.assert_allclose(kept, step.deviation, atol=1e-9 * fit.sigma_y)
            if fits.data.factor(name).k == 1:
                total = steps[-1].target[0] + sum(step.deviation[0] for step in steps)
                assert total == pytest.approx(of.line[j, 0], rel=1e-10)
                assert np.allclose(
                    [s.target[0] for s in steps[:-1]], [s.pooled[0] for s in steps[1:]]
                )


def test_a_class_is_pulled_to_its_school_by_its_rows_and_a_school_by_its_classes() -> None:
    fits, case = fits_of("pastes", "REML"), load("pastes", "REML")
    dense, D, fit = Dense.of(case.table, case.spec), relative(fits), fits.multilevel
    cask, batch = factor_receipt(fits, "cask", "A:a")
    at = (case.table["batch"] == "A").to_numpy()
    inside = at & (case.table["cask"] == "a").to_numpy()
    assert cask.own[0] == pytest.approx(dense.y[inside].mean())
    n = inside.sum()
    assert cask.weight[0, 0] == pytest.approx(n * D["cask"][0, 0] / (1 + n * D["cask"][0, 0]))
    # The batch: its rows as noise with the casks' variance in it.
    V = np.eye(at.sum()) + dense.flat("cask")[at] @ dense.flat("cask")[at].T * D["cask"][0, 0]
    one = np.ones(at.sum())
    known = one @ np.linalg.solve(V, one)
    own = one @ np.linalg.solve(V, dense.y[at]) / known
    assert batch.own[0] == pytest.approx(own)
    weight = known * D["batch"][0, 0] / (1 + known * D["batch"][0, 0])
    assert batch.pooled[0] == pytest.approx(fit.fixef[0] + weight * (own - fit.fixef[0]))
    told = story.sentences((cask, batch), Wording())
    assert "the line of batch A" in told[0] and told[2].startswith("Together:")
    assert len(story.table((cask, batch))) == 2
    with pytest.raises(PoolingError, match="no level"):
        factor_receipt(fits, "cask", "Z:z")


def test_residuals_are_those_of_the_fit_and_those_of_data_made_alike() -> None:
    fits = fits_of("pixel", "REML")
    fit, data = fits.multilevel, fits.data
    found = factor_reference(fits, "Dog")
    fitted = data.design() @ fit.fixef
    for factor in data.factors:
        own = fit.factors[factor.name].ranef[factor.of_cell[data.cells.group_index]]
        columns = np.column_stack([data.cells.base_values(b) for b in factor.varying])
        fitted += np.einsum("nk,nk->n", own, columns)
    np.testing.assert_allclose(found.fitted, fitted, rtol=1e-9)
    np.testing.assert_allclose(found.residual, (data.y - fitted) / fit.sigma_y, atol=1e-7)
    # Made by the model: residuals as far from zero as its own, deviations of unit variance.
    assert np.nanstd(found.simulated_deviation[:, :, 0]) == pytest.approx(1.0, abs=0.06)
    assert found.simulated.std() == pytest.approx(found.residual.std(), rel=0.15)


def test_influence_is_a_refit_without_the_level() -> None:
    fits, case = fits_of("pastes", "REML"), load("pastes", "REML")
    found = factor_influence(fits, "batch")
    for level in ("A", "E"):
        rest = case.table[case.table["batch"] != level]
        again = core.fit_all(core.GroupedData.from_table(rest, case.spec)).multilevel
        row = found.without.iloc[found.group_names.index(level)]
        assert row["sigma_y"] == pytest.approx(again.sigma_y, rel=1e-5)
        sd = float(again.factors["cask"].sigma_group[0])
        assert row["sd_(Intercept)|cask"] == pytest.approx(sd, rel=1e-4)


def test_a_column_of_a_factor_is_the_model_that_has_it() -> None:
    rng = np.random.default_rng(5)
    table = load("penicillin", "REML").table
    worth = dict(zip(table["plate"].unique(), rng.normal(size=24), strict=True))
    u = table["plate"].map(worth)
    table = table.assign(u=u, diameter=table["diameter"] + 3.0 * u)
    spec = load("penicillin", "REML").spec
    view = factor_view(core.fit_all(core.GroupedData.from_table(table, spec)), "plate")
    column = next(c for c in core.group_columns(table, view) if c.name == "u")
    found = core.two_levels(view, column)
    direct = core.fit_all(
        core.GroupedData.from_table(table, spec.update(group_predictors=("u",)))
    ).multilevel
    row = found.effects.iloc[0]
    assert row["estimate"] == pytest.approx(direct.fixef[1], rel=1e-6)
    assert row["se"] == pytest.approx(direct.fixef_se[1], rel=1e-6)
    sds = [float(f.vcov_group[0, 0]) ** 0.5 for f in direct.factors.values()]
    assert found.changes[0].sigma[1] == pytest.approx(sds[0], rel=1e-5)
    assert 0.6 < found.changes[0].r_squared[1] <= 1.0


@pytest.mark.parametrize("model", ["pastes", "penicillin", "pixel", "machines"])
def test_mixedlm_agrees_at_the_optimum(model: str) -> None:
    fit = fits_of(model, "REML").multilevel
    found = fit.confirm()
    assert found is not None
    assert abs(found.criterion_gap) < 1e-6 and found.fixef_gap < 1e-6 and found.ranef_gap < 1e-6
    results = fit.to_statsmodels()
    assert type(results).__name__.startswith("MixedLMResults")
    np.testing.assert_allclose(np.asarray(results.fe_params), fit.fixef, rtol=1e-6)


def test_what_mixedlm_cannot_carry_is_said() -> None:
    fit = fits_of("wafer", "REML").multilevel
    assert fit.confirm() is None
    with pytest.raises(NotSupportedError, match="uncorrelated"):
        fit.to_statsmodels()
