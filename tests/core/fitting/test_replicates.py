"""Many outcomes at once give what one fit after another gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.fitting.fit import fit_all
from core.fitting.multilevel import find_optimum, unit_of
from core.fitting.replicates import Outcomes, fit_replicates, replicate_design
from core.fitting.scaled import scale_model
from core.fitting.search.batch import find_optima, stack_problems
from core.fitting.search.criterion import problem_of
from core.moments import GroupMoments
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.types import FloatArray

# The criterion is flat at its optimum: a difference of 1e-10 in it leaves 1e-5 in the estimates.
CRITERION_TOLERANCE = 1e-9
ESTIMATE_TOLERANCE = 2e-4
EXACT = 1e-9

MODELS = {
    "radon_slope": ("radon", {"varying": ("floor",)}),
    "radon_intercept": ("radon", {"varying": ()}),
    "radon_uncorrelated": ("radon", {"varying": ("floor",), "correlated": False}),
    "radon_ml": ("radon", {"varying": ("floor",), "criterion": "ML"}),
    "radon_slope_only": ("radon", {"varying": ("floor",), "varying_intercept": False}),
    "radon_cross": (
        "radon",
        {
            "varying": ("floor",),
            "group_predictors": ("log_uranium",),
            "cross_level": (("floor", "log_uranium"),),
        },
    ),
    "sleepstudy": ("sleepstudy", {"varying": ("Days",)}),
}
ROLES = {
    "radon": {"outcome": "log_radon", "group": "county", "predictors": ("floor",)},
    "sleepstudy": {"outcome": "Reaction", "group": "Subject", "predictors": ("Days",)},
}


def outcomes_of(data: GroupedData, moments: GroupMoments, ys: FloatArray) -> Outcomes:
    """Return the moments of outcomes (B, n), summed row by row."""
    center, scale = float(ys.mean()), float(ys.std())
    index, J = data.group_index, data.n_groups

    def centred(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        mean = np.bincount(index, values, J) / moments.n
        return mean, values - mean[index]

    xs = [
        centred((data.base_values(b) - moments.center[b]) / moments.scale[b])[1]
        for b in range(1, len(data.base) + 1)
    ]
    parts = [centred((y - center) / scale) for y in ys]
    return Outcomes(
        mean=np.array([mean for mean, _ in parts]),
        within=np.array([[np.bincount(index, x * e, J) for x in xs] for _, e in parts]),
        square=np.array([np.bincount(index, e * e, J) for _, e in parts]),
        center=center,
        scale=scale,
    )


def some_outcomes(data: GroupedData, seed: int) -> FloatArray:
    """Return the data's own outcome, two shuffled ones (no group effects) and two new ones."""
    rng = np.random.default_rng(seed)
    fit = fit_all(data).multilevel
    level = fit.line[:, 0][data.group_index]
    shuffled = [rng.permutation(data.y) for _ in range(2)]
    new = [level + rng.normal(scale=fit.sigma_y, size=data.n_obs) for _ in range(2)]
    return np.array([data.y, *shuffled, *new])


@pytest.mark.parametrize("name", sorted(MODELS))
def test_replicates_equal_single_fits(name: str, request: pytest.FixtureRequest) -> None:
    table_name, options = MODELS[name]
    table: pd.DataFrame = request.getfixturevalue(table_name)
    spec = ModelSpec(**ROLES[table_name], **options)
    data = GroupedData.from_table(table, spec)
    moments = GroupMoments.from_data(data)
    ys = some_outcomes(data, seed=4)
    many = fit_replicates(replicate_design(data, moments), outcomes_of(data, moments, ys))
    for i, y in enumerate(ys):
        one = fit_all(GroupedData.from_table(table.assign(**{spec.outcome: y}), spec))
        exact = [
            (many.complete_coef, one.complete_pooling.coef),
            (many.complete_se, one.complete_pooling.coef_se),
            (many.cluster_se, one.complete_pooling.cluster_se),
            (many.complete_line, one.complete_pooling.line),
            (many.complete_sigma_y, one.complete_pooling.sigma_y),
            (many.no_pooling_coef, one.no_pooling.coef),
            (many.no_pooling_se, one.no_pooling.coef_se),
            (many.no_pooling_sigma_y, one.no_pooling.sigma_y),
        ]
        for got, wanted in exact:
            np.testing.assert_allclose(got[i], wanted, rtol=EXACT, atol=EXACT)
        fit = one.multilevel
        assert many.criterion_value[i] == pytest.approx(
            fit.criterion_value, rel=CRITERION_TOLERANCE
        )
        near = [
            (many.fixef, fit.fixef),
            (many.fixef_se, fit.fixef_se),
            (many.line, fit.line),
            (many.line_se, fit.line_se),
            (many.sigma_y, fit.sigma_y),
            (many.vcov_group, fit.vcov_group),
        ]
        for got, wanted in near:
            size = float(np.abs(wanted).max())
            np.testing.assert_allclose(got[i], wanted, rtol=0, atol=ESTIMATE_TOLERANCE * size)
        assert many.converged[i]
        zero = np.diag(fit.vcov_group) == 0
        assert ((np.diag(many.vcov_group[i]) == 0) == zero).all()


def test_stacked_problems_find_the_optimum_of_each(radon: pd.DataFrame) -> None:
    """Problems that differ in their rows, as training folds do."""
    spec = ModelSpec("log_radon", "county", ("floor",), ("floor",))
    rng = np.random.default_rng(8)
    fold = rng.integers(0, 5, size=len(radon))
    # Every county keeps its first home, so that all training tables have the same groups.
    fold[~radon["county"].duplicated()] = -1
    training = [GroupedData.from_table(radon[fold != f], spec) for f in range(5)]
    models = [scale_model(d, GroupMoments.from_data(d)) for d in training]
    unit = unit_of(models[0])
    problems = [problem_of(m, unit, reml=True, merge=False) for m in models]
    optima = find_optima(stack_problems(problems), correlated=True)
    for i, model in enumerate(models):
        single = find_optimum(model, reml=True, correlated=True)
        assert optima.value[i] == pytest.approx(single.value, abs=1e-6)


@pytest.mark.parametrize("varying", [(), ("x",)])
def test_two_starts_are_enough_on_pure_noise(varying: tuple[str, ...]) -> None:
    """With no group effects most optima lie on the boundary, where searches go astray."""
    rng = np.random.default_rng(5)
    sizes = rng.integers(2, 9, size=20)
    group = np.repeat(np.arange(20), sizes)
    table = pd.DataFrame({"x": rng.normal(size=group.size), "g": [f"{j:02d}" for j in group]})
    table["y"] = rng.normal(size=group.size)
    spec = ModelSpec("y", "g", ("x",), varying)
    data = GroupedData.from_table(table, spec)
    moments = GroupMoments.from_data(data)
    ys = rng.normal(size=(60, group.size))
    many = fit_replicates(replicate_design(data, moments), outcomes_of(data, moments, ys))
    for i, y in enumerate(ys):
        one = fit_all(GroupedData.from_table(table.assign(y=y), spec)).multilevel
        assert many.criterion_value[i] <= one.criterion_value + 1e-5


def test_a_zero_variance_is_named_though_coefficients_are_uncorrelated(
    radon: pd.DataFrame,
) -> None:
    """Rounding left in the place of a zero variance once read as a perfect correlation."""
    spec = ModelSpec("log_radon", "county", ("floor",), ("floor",), correlated=False)
    data = GroupedData.from_table(radon, spec)
    shuffled = some_outcomes(data, seed=4)[2]
    fits = fit_all(GroupedData.from_table(radon.assign(log_radon=shuffled), spec))
    assert fits.status.code == "zero_variance"
    assert (fits.multilevel.sigma_group == 0).any()


def test_a_slope_is_not_made_of_rounding(radon: pd.DataFrame) -> None:
    """Without a varying intercept, a county with basements only (floor is 0) has no slope."""
    spec = ModelSpec("log_radon", "county", ("floor",), ("floor",), varying_intercept=False)
    fit = fit_all(GroupedData.from_table(radon, spec)).no_pooling
    first_floors = radon.groupby("county")["floor"].sum()
    wanted = (first_floors.loc[list(fit.group_names)] > 0).to_numpy()
    assert (np.isfinite(fit.coef[:, 0]) == wanted).all()
    assert (fit.estimable[:, 0] == wanted).all()
