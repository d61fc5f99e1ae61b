"""Studies in the open: batch by batch, both interval levels, titles that carry the numbers."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.exceptions import SpecError
from core.explore.simulate import story as study_story
from core.explore.simulate.numbers import SimulationStudy
from core.explore.simulate.simulated import SIMULATED_WORDING
from core.explore.simulate.win_map import RATIO
from core.spec import ModelSpec

LEVELS = ModelSpec("y", "group")
INTERCEPTS = ModelSpec("y", "group", ("x",))
SLOPES = ModelSpec("y", "group", ("x",), ("x",))
INTERCEPT = "(Intercept)"


@pytest.fixture(scope="module")
def study() -> SimulationStudy:
    """Return a study of fifty unequal groups with varying intercepts."""
    return core.simulate_many(core.Population(size_spread=0.8), 800, 5, spec=INTERCEPTS)


def test_a_run_in_batches_is_the_study_at_once(study: SimulationStudy) -> None:
    run = core.StudyRun(core.Population(size_spread=0.8), 800, 5, spec=INTERCEPTS)
    with pytest.raises(SpecError, match="advance"):
        run.study()
    steps = []
    while run.advance():
        steps.append(run.done)
        assert run.study().draws == run.done
    assert len(steps) > 2 and steps[-1] == 800 and not run.advance()
    assert (run.study().mse == study.mse).all()
    assert run.coefficients == study.coefficients


def test_both_levels_cover_as_they_promise(study: SimulationStudy) -> None:
    overall = study.overall()
    for e in (1, 2):
        assert 0.88 <= overall["coverage"][e] <= 0.92
        assert 0.47 <= overall["coverage_half"][e] <= 0.53
    assert (study.coverage_half <= study.coverage).all()
    by_size = study_story.size_table(study, INTERCEPT)
    assert by_size["estimator"].tolist() == sorted(by_size["estimator"].tolist())
    weights = by_size.loc[by_size["estimator"] == "no_pooling", "n_groups"]
    values = by_size.loc[by_size["estimator"] == "no_pooling", "coverage_half"]
    assert np.average(values, weights=weights) == pytest.approx(overall["coverage_half"][1])


def test_titles_carry_the_numbers(study: SimulationStudy) -> None:
    overall = study.overall()
    title = study_story.error_title(study, INTERCEPT, SIMULATED_WORDING)
    assert title.startswith("Over 800 draws partial pooling errs least")
    for rmse in overall["rmse"]:
        assert f"{rmse:.2f}" in title
    cover = study_story.coverage_title(study, INTERCEPT)
    assert cover.startswith("90% intervals hold the truth") and "800 draws" in cover
    sigma = study_story.sigma_title(study, INTERCEPT, SIMULATED_WORDING)
    assert "50 groups of" in sigma and "true is 0.5" in sigma
    low, high = np.quantile(np.sqrt(study.vcov_group[:, 0, 0]), [0.05, 0.95])
    assert f"between {low:.2f} and {high:.2f}" in sigma
    alt = study_story.study_alt(study, INTERCEPT, title)
    assert all(f"error {rmse:.3f}" in alt for rmse in overall["rmse"])


def test_the_distribution_of_the_estimates_adds_up(study: SimulationStudy) -> None:
    table = study_story.sigma_table(study, INTERCEPT)
    assert table["share"].sum() == pytest.approx(1.0)
    assert table["share"][0] == study.zero_share[0]
    assert (table["low"][1:] < table["high"][1:]).all()
    flat = core.simulate_many(core.Population(sigma_alpha=0.0, mu_beta=0.0), 200, 1, spec=LEVELS)
    table = study_story.sigma_table(flat, INTERCEPT)
    assert table["share"][0] == flat.zero_share[0] > 0.4
    often = study_story.sigma_title(flat, INTERCEPT, SIMULATED_WORDING)
    assert f"estimated as zero in {flat.zero_share[0]:.0%} of 200 draws" in often


def test_equal_sizes_make_one_class() -> None:
    study = core.simulate_many(core.Population(n_groups=20), 100, 1, spec=INTERCEPTS)
    assert len(study_story.size_table(study, INTERCEPT)) == 3
    assert "smallest" not in study_story.error_title(study, INTERCEPT, SIMULATED_WORDING)
    assert study_story.design_words(study, SIMULATED_WORDING) == "20 groups of 10 rows"


def test_the_wrong_structure_costs_coverage() -> None:
    """Slopes vary by group but one slope is fitted: the groups' intercepts suffer."""
    population = core.Population(
        n_groups=30, group_size=6, sigma_beta=1.0, x_between=0.6, size_spread=0.5
    )
    wrong = core.simulate_many(population, 200, 1, spec=INTERCEPTS).overall(INTERCEPT)
    right = core.simulate_many(population, 200, 1, spec=SLOPES).overall(INTERCEPT)
    assert wrong["rmse"][2] > 1.2 * right["rmse"][2]


def test_a_map_of_the_ratio_scales_with_the_residual_sd() -> None:
    """Only sigma_alpha / sigma_y matters for who wins, and errors scale with sigma_y."""
    grid = ((RATIO, (0.0, 0.5, 1.0)), ("group_size", (3, 10)))
    one = core.win_map(core.Population(mu_beta=0.0), *grid, draws=60, spec=LEVELS)
    ten = core.win_map(core.Population(mu_beta=0.0, sigma_y=10.0), *grid, draws=60, spec=LEVELS)
    np.testing.assert_allclose(ten.rmse, 10 * one.rmse, rtol=1e-3)
    assert (ten.best == one.best).all()
    assert one.row == RATIO


def test_a_map_grows_cell_by_cell() -> None:
    grid = (("sigma_alpha", (0.0, 0.5)), ("n_groups", (5, 20)))
    run = core.MapRun(core.Population(mu_beta=0.0), *grid, draws=40, seed=3, spec=LEVELS)
    assert run.here == (0.5, 50.0) and run.cells == 4
    assert study_story.map_title(run.map()) == "No cell of the map can be fitted"
    run.advance()
    half = run.map()
    assert (half.best >= 0).sum() == 1 and "of 1 designs" in study_story.map_title(half)
    while run.advance():
        pass
    whole = core.win_map(core.Population(mu_beta=0.0), *grid, draws=40, seed=3, spec=LEVELS)
    np.testing.assert_array_equal(run.map().rmse, whole.rmse)
    ordered = np.sort(whole.rmse, axis=2)
    np.testing.assert_allclose(whole.margin, ordered[..., 1] / ordered[..., 0] - 1)
    alt = study_story.map_alt(whole, ("spread", "groups"))
    assert "spread 0: 5 complete pooling, 20 complete pooling" in alt


def test_the_title_of_a_map_counts_its_cells() -> None:
    found = core.win_map(
        core.Population(mu_beta=0.0, n_groups=30),
        (RATIO, (0.0, 0.5, 8.0)),
        ("group_size", (10, 60)),
        draws=100,
        spec=LEVELS,
    )
    # Alike groups: complete pooling; far apart: no and partial pooling are even.
    assert study_story.map_title(found).startswith(
        "Partial pooling errs least in 2 of 6 designs, is even with the best in 2"
    )


@pytest.mark.parametrize(
    ("spec", "terms"),
    [
        (LEVELS, (INTERCEPT,)),
        (SLOPES, (INTERCEPT, "x")),
        (SLOPES.update(varying_intercept=False), ("x",)),
    ],
)
def test_only_what_varies_in_both_is_compared(spec: ModelSpec, terms: tuple[str, ...]) -> None:
    assert study_story.fitted_terms(core.make_world(core.Population()), spec) == terms


def test_a_world_takes_a_new_correlation() -> None:
    world = core.make_world(core.Population(sigma_beta=0.5, rho=0.4))
    assert world.correlation == pytest.approx(0.4)
    other = world.update(rho=-0.8, sigma_group=np.array([2.0, 1.0]))
    assert other.correlation == pytest.approx(-0.8)
    assert np.sqrt(np.diag(other.vcov_group)) == pytest.approx([2.0, 1.0])
    assert world.update(sigma_group=np.array([0.0, 1.0])).correlation == 0
