"""Predictions against lme4, dense linear algebra, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import core
from core.results import PoolingFits
from core.types import FloatArray
from tests.golden.cases import MODELS, load_case

SLOPES = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
RICH = core.ModelSpec(
    outcome="y",
    group="g",
    predictors=("x", "kind"),
    varying=("x",),
    group_predictors=("u",),
    cross_level=(("x", "u"),),
)


def _fit(table: pd.DataFrame, spec: core.ModelSpec) -> PoolingFits:
    return core.fit_all(core.GroupedData.from_table(table, spec))


@pytest.mark.parametrize("name", MODELS)
def test_known_groups_are_predicted_as_lme4_does(name: str) -> None:
    case = load_case(name)
    fits = _fit(case.table, case.spec())
    found = core.predict(fits, case.table.head(5))
    gold = case.gold["fits"]["REML"]["predict5"]
    assert_allclose(found["point"], gold["with_re"], rtol=1e-5)
    assert (found["kind"] == "known group").all()
    average = core.predict(fits, case.table.head(5), average_group=True)
    assert_allclose(average["point"], gold["without_re"], rtol=1e-5)


def _dense(fits: PoolingFits) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return X, Z over all groups, the covariance of the deviations, and V, row by row."""
    data, fit = fits.data, fits.multilevel
    X, z = data.design(), data.varying_design()
    k = z.shape[1]
    Z = np.zeros((data.n_obs, data.n_groups * k))
    for i, j in enumerate(data.group_index):
        Z[i, j * k : (j + 1) * k] = z[i]
    G = np.kron(np.eye(data.n_groups), fit.vcov_group)
    return X, Z, G, Z @ G @ Z.T + fit.sigma_y**2 * np.eye(data.n_obs)


def test_the_budget_is_the_mean_squared_error_of_the_blup(simulated: pd.DataFrame) -> None:
    """Henderson's formula with the whole covariance matrix of the rows."""
    fits = _fit(simulated, RICH)
    X, Z, G, V = _dense(fits)
    inverse = np.linalg.inv(V)
    cov = np.linalg.inv(X.T @ inverse @ X)
    rows = simulated.iloc[[0, 50, 200]].copy()
    found = core.predict(fits, rows)
    for (_, row), i in zip(found.iterrows(), (0, 50, 200), strict=True):
        x, z = X[i], Z[i]
        apart = x - X.T @ inverse @ Z @ G @ z
        group = z @ (G - G @ Z.T @ inverse @ Z @ G) @ z
        assert_allclose(row["group"], group, rtol=1e-7)
        assert_allclose(row["fixed_effects"], apart @ cov @ apart, rtol=1e-7)
        assert_allclose(row["individual"], fits.multilevel.sigma_y**2, rtol=1e-10)
        assert_allclose(row["se"] ** 2, group + apart @ cov @ apart + row["individual"], rtol=1e-7)


def test_new_groups_have_the_whole_group_variance(simulated: pd.DataFrame) -> None:
    fits = _fit(simulated, RICH)
    fit = fits.multilevel
    new = pd.DataFrame({"g": "unseen", "x": [0.5, -2.0], "u": [1.0, -0.3], "kind": "west"})
    found = core.predict(fits, new)
    for (_, row), x, u in zip(found.iterrows(), new["x"], new["u"], strict=True):
        design = np.array([1.0, x, 0.0, 1.0, u, x * u])
        assert list(fit.fixef_names)[2:4] == ["kind[south]", "kind[west]"]
        z = np.array([1.0, x])
        assert_allclose(row["point"], design @ fit.fixef, rtol=1e-9)
        assert_allclose(row["group"], z @ fit.vcov_group @ z, rtol=1e-9)
        assert_allclose(row["fixed_effects"], design @ fit.fixef_cov @ design, rtol=1e-7)
    average = core.predict(fits, new, average_group=True, individual=False)
    assert_allclose(average["point"], found["point"])
    assert (average[["group", "individual"]] == 0).all(axis=None)
    assert set(average["kind"]) == {"average group"}


def test_without_its_predictor_a_new_group_is_averaged_over_groups(exam: pd.DataFrame) -> None:
    spec = core.ModelSpec(
        outcome="normexam", group="school", predictors=("standLRT",), group_predictors=("schavg",)
    )
    fits = _fit(exam, spec)
    fit = fits.multilevel
    u = fits.data.group_columns[0][1]
    found = core.predict(fits, pd.DataFrame({"standLRT": [0.0]})).iloc[0]
    gamma = fit.fixef[2]
    assert_allclose(found["point"], fit.fixef[0] + gamma * u.mean(), rtol=1e-9)
    assert_allclose(found["group"], fit.vcov_group[0, 0] + gamma**2 * u.var(ddof=1), rtol=1e-9)
    known = core.predict(fits, pd.DataFrame({"standLRT": [0.0], "schavg": [u.mean()]})).iloc[0]
    assert known["group"] < found["group"]


def test_complete_and_no_pooling_are_least_squares_predictions(simulated: pd.DataFrame) -> None:
    fits = _fit(simulated, core.ModelSpec(outcome="y", group="g", predictors=("x",)))
    y, n = simulated["y"].to_numpy(), len(simulated)
    plain = np.column_stack([np.ones(n), simulated["x"]])
    dummies = (fits.data.group_index[:, None] == np.arange(fits.data.n_groups)).astype(float)
    for estimator, X in (
        ("complete_pooling", plain),
        ("no_pooling", np.column_stack([dummies, simulated["x"]])),
    ):
        coef, rss, rank, _ = np.linalg.lstsq(X, y, rcond=None)
        df = n - rank
        inverse = np.linalg.inv(X.T @ X)
        for i in (3, 111):
            found = core.predict(fits, simulated.iloc[[i]], 0.5, estimator).iloc[0]
            se = np.sqrt(rss[0] / df * (1 + X[i] @ inverse @ X[i]))
            assert_allclose(found["point"], X[i] @ coef, rtol=1e-9)
            assert_allclose(found["se"], se, rtol=1e-9)
            assert_allclose(found["upper"], X[i] @ coef + stats.t.ppf(0.75, df) * se, rtol=1e-9)


def test_two_stage_is_a_regression_of_the_groups_own_intercepts(radon: pd.DataFrame) -> None:
    spec = core.ModelSpec(
        outcome="log_radon",
        group="county",
        predictors=("floor",),
        group_predictors=("log_uranium",),
    )
    fits = _fit(radon, spec)
    own = fits.no_pooling
    u = fits.data.group_columns[0][1]
    X = np.column_stack([np.ones(len(u)), u])
    coef, rss, _, _ = np.linalg.lstsq(X, own.coef[:, 0], rcond=None)
    between = rss[0] / (len(u) - 2)
    new = pd.DataFrame({"county": ["nowhere"], "floor": [1], "log_uranium": [0.3]})
    found = core.predict(fits, new, estimator="two_stage").iloc[0]
    at = np.array([1.0, 0.3])
    floor = own.common_coef[list(own.common_names).index("floor")]
    assert_allclose(found["point"], at @ coef + floor, rtol=1e-9)
    # Beside the second stage: the common slope, about the mean of its column.
    slope = (own.common_se[0] * (1 - radon["floor"].mean())) ** 2
    extra = between * at @ np.linalg.inv(X.T @ X) @ at + slope
    assert_allclose(found["group"], between, rtol=1e-9)
    assert_allclose(found["fixed_effects"], extra, rtol=1e-9)
    assert_allclose(found["individual"], own.sigma_y**2, rtol=1e-9)
    seen = core.predict(fits, radon.head(3), estimator="two_stage")
    assert_allclose(seen["point"], core.predict(fits, radon.head(3), estimator="no_pooling").point)


def test_degrees_of_freedom_are_satterthwaites_where_he_has_a_formula(
    dyestuff: pd.DataFrame,
) -> None:
    """Balanced one-way layout: the variance is a combination of two mean squares."""
    fits = _fit(dyestuff, core.ModelSpec(outcome="Yield", group="Batch"))
    found = core.predict(fits, pd.DataFrame({"Batch": ["new"]}))
    n, J = 5, 6
    means = dyestuff.groupby("Batch")["Yield"].mean()
    between = n * means.var(ddof=1)
    within = dyestuff.groupby("Batch")["Yield"].var(ddof=1).mean()
    parts = [((1 + 1 / J) / n * between, J - 1), ((1 - 1 / n) * within, J * (n - 1))]
    variance = sum(value for value, _ in parts)
    assert_allclose(found["se"].iloc[0] ** 2, variance, rtol=1e-6)
    df = variance**2 / sum(value**2 / df for value, df in parts)
    assert_allclose(found["df"].iloc[0], df, rtol=1e-5)


def test_what_is_not_defined_says_why(tiny: pd.DataFrame) -> None:
    fits = _fit(tiny, core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",)))
    new = pd.DataFrame({"g": ["a", "c", "z", None, "b"], "x": [1.0, 1.0, 1.0, 1.0, np.nan]})
    found = core.predict(fits, new, estimator="no_pooling")
    assert found["kind"].tolist()[:4] == ["known group", "known group", "new group", "new group"]
    assert found["point"].isna().tolist() == [False, True, True, True, True]
    assert found["reason"][0] == ""
    assert "line of their own" in found["reason"][1]
    assert "not in the fitted rows" in found["reason"][2]
    assert found["reason"][4] == "'x' is missing"
    average = core.predict(fits, new.head(1), estimator="no_pooling", average_group=True)
    assert "no average group" in average["reason"][0]


def test_levels_not_seen_and_columns_of_the_wrong_kind(simulated: pd.DataFrame) -> None:
    fits = _fit(simulated, RICH)
    new = pd.DataFrame(
        {"g": "group 03", "x": 0.0, "kind": ["east", "west", None], "u": [9.0, 9.0, 9.0]},
        index=[10, 20, 30],
    )
    found = core.predict(fits, new)
    assert list(found.index) == [10, 20, 30]
    assert found["reason"].tolist() == [
        "level 'east' of 'kind' was not in the fitted rows",
        "",
        "'kind' is missing",
    ]
    with pytest.raises(core.DataError, match="'x' must hold numbers"):
        core.predict(fits, new.assign(x="high"))
    with pytest.raises(core.DataError, match="no column 'kind'"):
        core.predict(fits, new.drop(columns="kind"))
    with pytest.raises(core.SpecError, match="between 0 and 1"):
        core.predict(fits, new, 90)


def test_a_known_group_keeps_its_own_group_level_predictor(simulated: pd.DataFrame) -> None:
    fits = _fit(simulated, RICH)
    row = simulated.iloc[[7]]
    told_otherwise = core.predict(fits, row.assign(u=99.0))
    assert_allclose(told_otherwise["point"], core.predict(fits, row)["point"])


def test_categorical_group_level_predictors(simulated: pd.DataFrame) -> None:
    region = {name: "abc"[i % 3] for i, name in enumerate(sorted(simulated["g"].unique()))}
    table = simulated.assign(region=simulated["g"].map(region))
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), group_predictors=("region",))
    fits = _fit(table, spec)
    found = core.predict(fits, pd.DataFrame({"x": [0.0] * 4, "region": ["a", "c", "q", None]}))
    fixef = dict(zip(fits.multilevel.fixef_names, fits.multilevel.fixef, strict=True))
    assert_allclose(found["point"][0], fixef["(Intercept)"], rtol=1e-7)
    assert_allclose(found["point"][1], fixef["(Intercept)"] + fixef["region[c]"], rtol=1e-7)
    assert found["reason"][2] == "level 'q' of 'region' was not in the fitted rows"
    assert found["reason"][3] == ""


def test_a_shift_of_x_changes_nothing(simulated: pd.DataFrame) -> None:
    fits = _fit(simulated, SLOPES)
    far = _fit(simulated.assign(x=simulated["x"] + 1e6), SLOPES)
    new = pd.DataFrame({"g": ["group 01", "unseen"], "x": [0.7, 0.7]})
    here, there = core.predict(fits, new), core.predict(far, new.assign(x=new["x"] + 1e6))
    for column in ("point", "lower", "upper", "group", "fixed_effects"):
        assert_allclose(there[column], here[column], rtol=1e-6)


def test_rows_that_need_an_unknown_coefficient_are_not_defined(simulated: pd.DataFrame) -> None:
    """With x2 = 2 x in every fitted row, only rows that keep to it can be predicted."""
    table = simulated.assign(x2=2 * simulated["x"])
    fits = _fit(table, core.ModelSpec(outcome="y", group="g", predictors=("x", "x2")))
    new = pd.DataFrame({"g": "group 01", "x": [1.0, 1.0], "x2": [2.0, 5.0]})
    for estimator in ("complete_pooling", "no_pooling", "partial_pooling"):
        found = core.predict(fits, new, estimator=estimator)
        assert found["point"].isna().tolist() == [False, True], estimator
        assert "cannot tell apart" in found["reason"][1]


def _coverage(n_groups: int, n_draws: int, sd: float, seed: int) -> FloatArray:
    """Return the coverage of 90% intervals of individuals: (known, new group)."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(3, 9, size=n_groups)
    group = np.repeat(np.arange(n_groups), sizes)
    names = np.array([f"g{j:02d}" for j in range(n_groups + 1)])
    hits = np.zeros((n_draws, 2))
    for draw in range(n_draws):
        alpha = sd * rng.normal(size=n_groups + 1)
        x = rng.normal(size=group.size)
        y = alpha[group] + 0.5 * x + rng.normal(size=group.size)
        table = pd.DataFrame({"y": y, "x": x, "g": names[group]})
        fits = _fit(table, core.ModelSpec(outcome="y", group="g", predictors=("x",)))
        new = pd.DataFrame({"x": rng.normal(size=n_groups + 1), "g": names})
        found = core.predict(fits, new)
        truth = alpha + 0.5 * new["x"] + rng.normal(size=n_groups + 1)
        inside = ((truth >= found["lower"]) & (truth <= found["upper"])).to_numpy()
        hits[draw] = inside[:-1].mean(), inside[-1]
    return hits.mean(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize(("n_groups", "sd"), [(5, 1.0), (8, 1.0), (20, 0.3), (50, 1.0)])
def test_coverage_is_within_two_points_of_nominal(n_groups: int, sd: float) -> None:
    known, new = _coverage(n_groups, 2000, sd, seed=1)
    assert abs(known - 0.9) < 0.02
    # 2,000 draws know the coverage of one new group to 0.7 points.
    assert abs(new - 0.9) < 0.02 + 0.007
