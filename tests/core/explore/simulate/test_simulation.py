"""Many draws against theory: closed forms, limits, coverage, and draws made row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from core.exceptions import PoolingError, SpecError
from core.explore.simulate.simulation import draw_outcomes, simulate_many, source_of, world_of
from core.fitting.fit import fit_all
from core.moments import GroupMoments
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.population import POPULATION_SPEC, Population, make_world, matrix_root, simulate

LEVELS_ONLY = ModelSpec("y", "group")
INTERCEPTS = ModelSpec("y", "group", ("x",))
SLOPES = ModelSpec("y", "group", ("x",), ("x",))
COMPLETE, NONE, PARTIAL = 0, 1, 2


def flat(**options: float) -> Population:
    """Return a population without predictors, so that closed forms hold."""
    return Population(**{"mu_beta": 0.0, **options})


def test_moments_are_drawn_as_rows_would_give_them() -> None:
    """Mean and variance of every moment, against tables simulated row by row."""
    population = Population(
        n_groups=6, group_size=4, size_spread=1.0, sigma_alpha=0.7, sigma_beta=0.4, rho=0.5,
        mu_alpha=2.0, gamma_alpha=0.5, gamma_beta=-0.3, x_between=0.5, outlier=1.0,
    )  # fmt: skip
    world = make_world(population, 1)
    assert world.data.group_sizes.min() == 1
    source, n_draws = source_of(world), 1500
    rng = np.random.default_rng(0)
    ranef = rng.normal(size=(n_draws, 6, 2)) @ matrix_root(world.vcov_group).T
    drawn = draw_outcomes(source, ranef, rng, np.array([0]))
    rows = []
    for seed in range(n_draws):
        table = simulate(world, seed).table
        moments = GroupMoments.from_data(GroupedData.from_table(table, POPULATION_SPEC))
        scale, center = moments.scale[-1], moments.center[-1]
        rows.append(
            np.concatenate(
                [
                    moments.mean[-1] * scale + center,
                    moments.within(1, 2) * scale,
                    moments.within(2, 2) * scale**2,
                ]
            )
        )
    by_rows = np.array(rows)
    by_moments = np.concatenate(
        [
            drawn.mean * drawn.scale + drawn.center,
            drawn.within[:, 0] * drawn.scale,
            drawn.square * drawn.scale**2,
        ],
        axis=1,
    )
    sd = by_rows.std(axis=0)
    np.testing.assert_allclose(by_moments.std(axis=0), sd, rtol=0.17, atol=1e-9)
    # Five standard errors of the difference of two means, for each of 18 of them.
    gap = np.abs(by_moments.mean(axis=0) - by_rows.mean(axis=0))
    assert (gap <= 5 * sd * np.sqrt(2 / n_draws) + 1e-9).all()


@pytest.mark.parametrize("ratio", [0.4, 1.0])
def test_balanced_designs_have_their_closed_form(ratio: float) -> None:
    """Varying intercepts, equal sizes: the mean squared errors can be written down.

    With v = sigma_y**2 / n and lambda = sigma_alpha**2 / (sigma_alpha**2 + v): v for no
    pooling, sigma_alpha**2 (1 - 1/J) + v / J for complete pooling. The estimated variance
    ratio is an F, so partial pooling has v (1 - (1 - lambda)(J-1)(J-5) / (J (J-3))) where
    the variance is hardly ever estimated as zero (James & Stein's argument).
    """
    J, n = 50, 10
    study = simulate_many(
        flat(n_groups=J, group_size=n, sigma_alpha=ratio), 3000, 1, spec=LEVELS_ONLY
    )
    v = 1.0 / n
    pooled = v / (ratio**2 + v)
    expected = {
        COMPLETE: ratio**2 * (1 - 1 / J) + v / J,
        NONE: v,
        PARTIAL: v * (1 - pooled * (J - 1) * (J - 5) / (J * (J - 3))),
    }
    overall = study.overall()
    for e, mse in expected.items():
        error = 4 * overall["rmse_se"][e]
        assert overall["rmse"][e] == pytest.approx(np.sqrt(mse), abs=error + 0.004 * np.sqrt(mse))
    # What returns in every draw is the pull towards the mean: omega sigma_alpha.
    assert overall["bias"][PARTIAL] == pytest.approx(pooled * ratio, rel=0.06)


@pytest.mark.parametrize("spec", [LEVELS_ONLY, INTERCEPTS], ids=["levels", "intercepts"])
@pytest.mark.parametrize("spread", [0.0, 0.8], ids=["equal", "unequal"])
def test_intervals_cover_at_fifty_groups(spec: ModelSpec, spread: float) -> None:
    population = Population(
        n_groups=50, group_size=10, size_spread=spread, mu_beta=0.5 if spec.predictors else 0.0
    )
    overall = simulate_many(population, 1000, 3, spec=spec).overall()
    assert 0.88 <= overall["coverage"][NONE] <= 0.92
    assert 0.88 <= overall["coverage"][PARTIAL] <= 0.92


def test_complete_pooling_wins_when_groups_do_not_differ() -> None:
    study = simulate_many(flat(sigma_alpha=0.0), 500, 2, spec=LEVELS_ONLY)
    overall = study.overall()
    assert overall["rmse"].idxmin() == COMPLETE
    assert overall["best"][COMPLETE] >= 0.5
    # A variance of zero is estimated as zero in about half of all draws.
    assert 0.45 <= study.zero_share[0] <= 0.7


def test_no_pooling_catches_up_as_groups_differ_more() -> None:
    gaps = []
    for sigma in (0.5, 2.0, 8.0):
        rmse = simulate_many(flat(sigma_alpha=sigma), 400, 2, spec=LEVELS_ONLY).overall()["rmse"]
        gaps.append(rmse[NONE] / rmse[PARTIAL] - 1)
        assert rmse[NONE] < rmse[COMPLETE]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 0.001


@pytest.mark.parametrize("sigma", [0.0, 0.1, 0.3, 1.0, 3.0])
def test_partial_pooling_is_never_far_from_the_best(sigma: float) -> None:
    study = simulate_many(flat(sigma_alpha=sigma, size_spread=0.8), 300, 4, spec=LEVELS_ONLY)
    rmse = study.overall()["rmse"]
    # The price of estimating a variance that is zero: what remains of the noise.
    assert rmse[PARTIAL] <= 1.05 * rmse.min() + 0.03


def test_variances_are_estimated_and_never_taken_from_the_truth() -> None:
    study = simulate_many(flat(sigma_alpha=0.5), 500, 6, spec=LEVELS_ONLY)
    variance = study.vcov_group[:, 0, 0]
    assert variance.std() > 0.03
    assert variance.mean() == pytest.approx(0.25, abs=4 * variance.std() / np.sqrt(500))
    assert (study.sigma_y**2).mean() == pytest.approx(1.0, abs=0.02)


def test_one_structure_generates_and_another_is_fitted() -> None:
    """A varying slope that the fit leaves out makes the slope's standard error too small."""
    population = Population(sigma_beta=0.5, group_size=20)
    wrong = simulate_many(population, 300, 1, spec=INTERCEPTS).average_coefficients()
    right = simulate_many(population, 300, 1, spec=SLOPES).average_coefficients()

    def coverage(frame: pd.DataFrame) -> float:
        chosen = (frame["term"] == "x") & (frame["standard_error"] == "multilevel")
        return float(frame.loc[chosen, "coverage"].iloc[0])

    assert coverage(wrong) < 0.7
    assert 0.85 <= coverage(right) <= 0.95


def test_the_same_groups_can_be_kept() -> None:
    """With fixed groups no pooling is unbiased group by group, and the pull is a bias."""
    population = flat(sigma_alpha=0.5, group_size=5)
    study = simulate_many(population, 1500, 1, spec=LEVELS_ONLY, same_groups=True)
    assert study.bias[NONE].max() < 5 * np.sqrt(1 / 5) / np.sqrt(1500)
    assert study.overall()["bias"][PARTIAL] > 0.15
    np.testing.assert_allclose(study.rmse**2, study.bias**2 + study.sd**2, rtol=1e-9)


def test_progress_counts_up_and_can_cancel() -> None:
    seen: list[tuple[int, int]] = []
    simulate_many(
        Population(n_groups=300), 120, 1, spec=INTERCEPTS, progress=lambda i, n: seen.append((i, n))
    )
    assert len(seen) > 1
    assert seen[-1] == (120, 120)

    class Enough(Exception):
        pass

    def stop(done: int, draws: int) -> None:
        raise Enough

    with pytest.raises(Enough):
        simulate_many(Population(), 500, 1, progress=stop)


def test_the_same_seed_gives_the_same_study() -> None:
    one, two = (simulate_many(Population(sigma_beta=0.2), 50, 9) for _ in range(2))
    assert (one.mse == two.mse).all()
    assert (one.rmse == two.rmse).all()


def test_the_readers_own_design(radon: pd.DataFrame) -> None:
    """County sizes, floors and estimates of the radon data; small counties gain most."""
    spec = ModelSpec("log_radon", "county", ("floor",), ("floor",))
    fits = fit_all(GroupedData.from_table(radon, spec))
    world = world_of(radon, fits)
    assert (world.data.group_sizes == fits.data.group_sizes).all()
    study = simulate_many(world, 200, 1)
    overall = study.overall()
    assert overall["rmse"].idxmin() == PARTIAL
    # Counties without a first-floor home have no slope of their own.
    assert study.compared[:, 1].sum() == fits.no_pooling.estimable[:, 1].sum()
    by_size = study.by_size().pivot(index="smallest", columns="estimator", values="rmse")
    gain = by_size["no_pooling"] - by_size["partial_pooling"]
    assert gain.iloc[0] > 5 * gain.iloc[-1]
    assert world.sigma_y == fits.multilevel.sigma_y


def test_rows_with_gaps_are_left_out_of_the_design(radon: pd.DataFrame) -> None:
    holed = radon.assign(floor=radon["floor"].where(radon.index % 9 != 0))
    fits = fit_all(GroupedData.from_table(holed, ModelSpec("log_radon", "county", ("floor",))))
    assert world_of(holed, fits).data.n_obs == fits.data.n_obs


@pytest.mark.parametrize(
    ("population", "spec", "message"),
    [
        (Population(), ModelSpec("y", "group", ("x", "z"), ()), "'z' is fitted"),
        (Population(), ModelSpec("x", "group"), "outcome and group"),
        (Population(group_size=1), LEVELS_ONLY, "every group has one row"),
        (Population(), ModelSpec("y", "group", (), (), group_predictors=("v",)), "'v'"),
    ],
)
def test_what_cannot_be_simulated_is_said(
    population: Population, spec: ModelSpec, message: str
) -> None:
    with pytest.raises(PoolingError, match=message):
        simulate_many(population, 10, 1, spec=spec)


def test_a_study_needs_draws() -> None:
    with pytest.raises(SpecError, match="at least 2"):
        simulate_many(Population(), 1)
