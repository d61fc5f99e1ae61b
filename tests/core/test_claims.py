"""No sentence says more than the data: each kind of claim, recomputed by another road.

Correlations and variances at zero: likelihood ratios of models fitted without them, not the
profile. What a group-level predictor explains: generalised least squares with n x n matrices.
Slopes: least squares with indicators. Standard errors: groups drawn with replacement.
Pooling past its target: every group's own regression.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
import scipy.stats

import core
from core.estimators.claims import Claim, correlation_claim, of_difference, ratio_of_errors
from core.estimators.estimates import estimates
from core.estimators.profile import profile_interval
from core.exceptions import PoolingError
from core.explore.pooling import story as pooling
from core.explore.pooling.overshoot import overshoot, strays
from core.explore.standard_errors.error_intervals import coefficient_errors
from core.explore.standard_errors.story import errors_title
from core.explore.two_levels.group_columns import group_columns
from core.explore.two_levels.numbers import two_levels
from core.explore.two_levels.slopes import slope_predictors, slopes
from core.explore.two_levels.slopes_story import slopes_title
from core.explore.two_levels.story import effect_sentences, two_levels_title
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording
from core.types import FloatArray
from tests.core import dense
from tests.golden.cases import corpus_table, load_corpus

#: A fall of the criterion by this is where a 95% likelihood interval ends.
_FALL = float(scipy.stats.chi2.ppf(0.95, 1))
#: Falls closer than this to it are left to rounding of either road.
_NEAR = 0.02
#: Every kind of claim is sure in one of these and unsure in another.
_FEW = (2, 5, 6, 9, 10, 16)
_SPEC = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))


def simulated(seed: int, again: int = 0) -> pd.DataFrame:
    """Return a table of any shape: y, x, g, and u by group, with or without what is claimed.

    ``again`` draws other groups and rows from the same truth, of the same sizes.
    """
    truth = np.random.default_rng(seed)
    J = int(truth.choice([4, 8, 15, 30]))
    sizes = truth.integers(*((2, 6) if seed % 3 else (5, 15)), size=J)
    spread, rho = truth.choice([0.0, 1.0]), float(truth.choice([-0.8, 0.0, 0.8]))
    sd = np.array([truth.choice([0.0, 0.3, 1.5]), truth.choice([0.0, 0.5])])
    of_u, of_mean = truth.choice([0.0, 0.7]), truth.choice([-2.5, 0.0, 0.5])
    slope = truth.choice([0.0, 0.4])
    rng = np.random.default_rng([seed, again])
    group = np.repeat(np.arange(J), sizes)
    u, mean = rng.normal(size=J), spread * rng.normal(size=J)
    x = mean[group] + rng.normal(size=len(group))
    both = rng.normal(size=(J, 2)) @ np.linalg.cholesky([[1.0, rho], [rho, 1.0]]).T * sd
    level = both[:, 0] + of_u * u + of_mean * mean
    y = level[group] + (slope + both[group, 1]) * x + rng.normal(size=len(group))
    return pd.DataFrame({"y": y, "x": x, "u": u[group], "g": [f"g{j:02d}" for j in group]})


def fitted(table: pd.DataFrame, spec: core.ModelSpec = _SPEC) -> PoolingFits | None:
    """Return the three fits; None where the table admits no multilevel model."""
    try:
        fits = core.fit_all(core.GroupedData.from_table(table, spec))
    except PoolingError:
        return None
    return fits if fits.multilevel_or_none is not None else None


@cache
def cases(*, is_long: bool) -> dict[str, tuple[pd.DataFrame, PoolingFits]]:
    """Return a few simulated tables with their fits; at length, hundreds, and the corpus."""
    found = {}
    for name, entry in load_corpus().items() if is_long else ():
        columns = {entry["outcome"]: "y", entry["predictor"]: "x", entry["group"]: "g"}
        found[name] = corpus_table(name).rename(columns=columns)[["y", "x", "g"]].dropna()
    found |= {f"simulated {seed}": simulated(seed) for seed in (range(400) if is_long else _FEW)}
    fits = {name: fitted(table) for name, table in found.items() if len(table) <= 1500}
    return {name: (found[name], fit) for name, fit in fits.items() if fit is not None}


@pytest.fixture
def every(request: pytest.FixtureRequest) -> dict[str, tuple[pd.DataFrame, PoolingFits]]:
    return cases(is_long=request.config.getoption("--slow"))


def enough(n: int, every: dict[str, tuple[pd.DataFrame, PoolingFits]]) -> bool:
    """Return whether a claim was sure in so many tables that a test of it means something."""
    return n >= (5 if len(every) > len(_FEW) else 1)


def fall(fits: PoolingFits, **held: object) -> float:
    """Return how much lower the deviance is than that of a model with something held.

    By maximum likelihood, as profile intervals are (lme4 does the same for a REML fit).
    """
    data, free = table_of(fits), fits.spec.update(criterion="ML")
    values = [
        core.fit_all(core.GroupedData.from_table(data, spec)).multilevel.criterion_value
        for spec in (free.update(**held), free)
    ]
    return values[0] - values[1]


def table_of(fits: PoolingFits) -> pd.DataFrame:
    """Return y, x and g as the fits have them."""
    data = fits.data
    names = np.array(data.group_names, dtype=object)[data.group_index]
    return pd.DataFrame({"y": data.y, "x": data.columns["x"].values, "g": names})


def test_what_is_said_of_a_correlation_is_what_a_likelihood_ratio_says(
    every: dict[str, tuple[pd.DataFrame, PoolingFits]],
) -> None:
    """A correlation is surely not 0 where the model without one fits worse by 3.84."""
    sure, untrue = 0, []
    for name, (_, fits) in every.items():
        model = fits.multilevel
        claim = correlation_claim(model, INTERCEPT, "x")
        if not np.isfinite(claim.lower + claim.upper) or model.is_singular:
            continue
        lost = fall(fits, correlated=False)
        sure += claim.is_sure
        if abs(lost - _FALL) > _NEAR and claim.is_sure != (lost > _FALL):
            untrue.append((name, lost, claim))
        title = pooling.map_title(fits, (INTERCEPT, "x"), Wording())
        if ("do not tell" in title) == claim.is_sure or ("goes with" in title) != claim.is_sure:
            untrue.append((name, title))
        if claim.is_sure and ("higher slope" in title) != (model.correlation[0, 1] > 0):
            untrue.append((name, title))
    assert not untrue
    assert enough(sure, every)


def test_a_variance_is_away_from_zero_where_the_model_without_it_fits_worse(
    every: dict[str, tuple[pd.DataFrame, PoolingFits]],
) -> None:
    sure, untrue = 0, []
    for name, (_, fits) in every.items():
        model = fits.multilevel
        low, _ = profile_interval(model, "sd_x", 0.95)
        lost = fall(fits, varying=())
        sure += low > 0
        if abs(lost - _FALL) > _NEAR and (low > 0) != (lost > _FALL):
            untrue.append((name, low, lost))
    assert not untrue
    assert enough(sure, every)


def test_a_predictor_of_the_groups_explains_only_where_least_squares_in_full_say_so(
    every: dict[str, tuple[pd.DataFrame, PoolingFits]],
) -> None:
    """With V written out, |t| is above the normal 1.96 wherever a title says 'explains'."""
    spec = core.ModelSpec("y", "g", predictors=("x",), group_predictors=("u",))
    said, untrue = 0, []
    for name, (table, _) in every.items():
        fits = fitted(table, spec) if "u" in table else None
        if fits is None or len(table) > 250:
            continue
        model = fits.multilevel
        beta, cov = dense.estimates(table, spec, model.sigma_y, model.vcov_group)
        t = beta[2] / np.sqrt(cov[2, 2])
        title, sentences = u_title(fits)
        sure = "do not tell" not in title and "nothing for" not in title
        said += sure
        if sure and abs(t) < 1.96:
            untrue.append((name, t, title))
        (effect,) = sentences
        way = "is higher by" in effect or "is lower by" in effect
        if way and (abs(t) < 1.96 or ("higher" in effect) != (t > 0)):
            untrue.append((name, t, effect))
        # Beyond any t with two degrees of freedom; four groups leave as few as one.
        if not way and abs(t) > (4.4 if len(fits.data.group_names) > 4 else 12.8):
            untrue.append((name, t, effect))
    assert not untrue
    assert enough(said, every)


def u_title(fits: PoolingFits) -> tuple[str, tuple[str, ...]]:
    (column,) = (c for c in group_columns(table_with_u(fits), fits) if c.name == "u")
    found = two_levels(fits, column)
    return two_levels_title(found, INTERCEPT, Wording()), effect_sentences(found, Wording())


def table_with_u(fits: PoolingFits) -> pd.DataFrame:
    ((_, u),) = fits.data.group_columns
    return table_of(fits).assign(u=u[fits.data.group_index])


def least_squares(X: FloatArray, y: FloatArray, weight: FloatArray) -> tuple[float, float]:
    """Return the last coefficient of weighted least squares and its t."""
    root = np.sqrt(weight)[:, None]
    inverse = np.linalg.inv((root * X).T @ (root * X))
    beta = inverse @ X.T @ (weight * y)
    rest = float((weight * (y - X @ beta) ** 2).sum()) / (len(y) - X.shape[1])
    return float(beta[-1]), float(beta[-1] / np.sqrt(rest * inverse[-1, -1]))


def test_a_slope_changes_its_sign_only_where_both_slopes_are_sure(
    every: dict[str, tuple[pd.DataFrame, PoolingFits]],
) -> None:
    """Inside: least squares with an indicator a group. Between: means on means."""
    turned, untrue = 0, []
    for name, (table, fits) in every.items():
        if "x" not in slope_predictors(fits):
            continue
        title = slopes_title(slopes(fits, "x"), Wording())
        if "changes its sign" not in title:
            continue
        turned += 1
        means = table.groupby("g")[["y", "x"]].mean()
        n = table.groupby("g").size().to_numpy(float)
        inner = table[["y", "x"]] - table.groupby("g")[["y", "x"]].transform("mean")
        within = scipy.stats.linregress(inner["x"], inner["y"])
        t_in = within.slope / within.stderr * np.sqrt((len(table) - len(n) - 1) / (len(table) - 2))
        X = np.column_stack([np.ones(len(n)), means["x"]])
        slope, t_out = least_squares(X, means["y"].to_numpy(), n)
        if within.slope * slope >= 0 or abs(t_in) < 1.96 or abs(t_out) < 1.6:
            untrue.append((name, t_in, t_out, title))
    assert not untrue
    assert enough(turned, every)


def test_an_error_is_called_too_small_only_where_other_groups_agree(
    every: dict[str, tuple[pd.DataFrame, PoolingFits]],
) -> None:
    """Over other groups of the same truth, the least squares scatter more than their error says."""
    said, untrue = 0, []
    for name, (_, fits) in every.items():
        found = coefficient_errors(fits)
        small = [e.term for e in found if e.ratio > 1.15 and e.claim.direction == "up"]
        title = errors_title(found, fits, Wording())
        if ("times too small" in title) != bool(small):
            untrue.append((name, title))
        if not (small and name.startswith("simulated")):
            continue
        said += 1
        drawn, told = zip(
            *(_least_squares(int(name.split()[1]), i) for i in range(1, 201)), strict=True
        )
        spread, own = np.std(drawn, axis=0), np.median(told, axis=0)
        at = ["(Intercept)", "x"]
        untrue += [(name, term) for term in small if spread[at.index(term)] < own[at.index(term)]]
    # Of so many sure claims at 95%, a few may be false by chance.
    assert len(untrue) <= 0.02 * said, untrue
    assert enough(said, every)


def _least_squares(seed: int, again: int) -> tuple[FloatArray, FloatArray]:
    """Return intercept and slope of all rows and their errors, from other groups of a truth."""
    table = simulated(seed, again)
    found = scipy.stats.linregress(table["x"], table["y"])
    errors = np.array([found.intercept_stderr, found.stderr])
    return np.array([found.intercept, found.slope]), errors


def test_who_goes_past_the_target_is_counted_group_by_group(
    every: dict[str, tuple[pd.DataFrame, PoolingFits]],
) -> None:
    """Every group's own regression, and where the model puts it: counted with a loop."""
    some, untrue = 0, []
    for name, (table, fits) in every.items():
        model, each = fits.multilevel, estimates(fits)
        past = away = 0
        for j, group in enumerate(fits.data.group_names):
            rows = table[table["g"].astype(str) == group]
            x = rows["x"].to_numpy(float)
            if len(rows) < 2 or np.ptp(x) < 1e-6 or not fits.no_pooling.estimable[j].all():
                continue
            own = np.polynomial.polynomial.polyfit(x, rows["y"].to_numpy(float), 1)[0]
            whole = own - model.fixef[0]
            gone = (own - model.line[j, 0]) / whole
            past += gone > 1.005 + 1e-6
            away += gone < -0.005 - 1e-6
        counted = strays(each.way)
        if abs(counted[0] - past) + abs(counted[1] - away) > 1:  # one may be on the edge
            untrue.append((name, (past, away), counted))
        words = overshoot(each.term, each.way, fits, Wording())
        headline = pooling.headline(fits, Wording())
        some += bool(words)
        if bool(words) != bool(sum(counted)):
            untrue.append((name, words))
        if "Every group's" in headline and sum(counted) and "pulled to" not in headline:
            untrue.append((name, headline))
    assert not untrue
    assert enough(some, every)


def test_the_claims_themselves() -> None:
    assert Claim(1.0, 0.5, 2.0).direction == "up"
    assert Claim(1.0, 0.5, 2.0, null=1.0).direction == "unknown"
    assert not Claim(1.0, np.nan, np.nan).is_sure
    assert of_difference(-2.0, 0.5, 2.0).direction == "down"
    # An error of 1.5 times another: 60 degrees of freedom tell, 6 do not.
    assert ratio_of_errors(1.5, 60).direction == "up"
    assert not ratio_of_errors(1.5, 6).is_sure
    assert not ratio_of_errors(1.5, np.nan).is_sure


def test_the_interval_of_a_ratio_of_errors_holds_the_truth_as_often_as_it_says() -> None:
    """Simulated: the sd of 9 normal numbers over the true one."""
    rng = np.random.default_rng(3)
    ratios = rng.normal(size=(4000, 9)).std(axis=1, ddof=1)
    claims = [ratio_of_errors(float(r), 8) for r in ratios]
    held = np.mean([c.lower <= 1.0 <= c.upper for c in claims])
    assert held == pytest.approx(0.95, abs=0.012)
