"""One draw: errors, wins and sentences against numbers worked out by hand or by row."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.exceptions import PoolingError
from core.explore.simulate.draw_story import draw_alt, draw_note, draw_title
from core.explore.simulate.simulated import SIMULATED_WORDING, chosen, simulated_story, span_of
from core.spec import ModelSpec

SLOPES = ModelSpec("y", "group", ("x",), ("x",))
POPULATION = core.Population(n_groups=25, group_size=6, size_spread=1.0, sigma_beta=0.4)


def test_estimates_are_those_of_the_three_fits() -> None:
    draw = core.simulate(POPULATION, 4)
    found = core.compare_draw(draw, SLOPES)
    fits = core.fit_all(core.GroupedData.from_table(draw.table, SLOPES))
    np.testing.assert_allclose(found.estimate[2], fits.multilevel.coef, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.estimate[0], fits.complete_pooling.line)
    j = int(np.argmax(draw.world.data.group_sizes))
    rows = draw.table[draw.table["group"] == draw.group_names[j]]
    slope, level = np.polyfit(rows["x"], rows["y"], 1)
    assert found.estimate[1, j] == pytest.approx([level, slope])
    assert (found.truth == draw.line).all()


def test_errors_and_wins_count_only_groups_with_all_three() -> None:
    found = core.compare_draw(core.simulate(POPULATION, 4), SLOPES)
    rows = found.compared("x")
    assert (rows == np.isfinite(found.estimate[1, :, 1])).all() and not rows.all()
    error = found.estimate[:, rows, 1] - found.truth[rows, 1]
    assert found.rms("x") == pytest.approx(np.sqrt((error**2).mean(axis=1)))
    assert found.wins("x").sum() == rows.sum()
    frame = found.to_frame("x")
    assert (frame["nearest"] == "not compared").sum() == (~rows).sum()
    assert frame["n"].is_monotonic_increasing
    first = frame[frame["nearest"] == "no pooling"].iloc[0]
    own = abs(first["no_pooling"] - first["truth"])
    assert own <= abs(first["partial_pooling"] - first["truth"])
    assert own <= abs(first["complete_pooling"] - first["truth"])


def test_sentences_carry_the_numbers() -> None:
    found = core.compare_draw(core.simulate(POPULATION, 4), SLOPES)
    title = draw_title(found, "(Intercept)")
    best = int(np.argmin(found.rms("(Intercept)")))
    name = ("complete pooling", "no pooling", "partial pooling")[best]
    assert title.startswith(f"This time {name} comes closest to the truth: typical error")
    assert f"{found.rms('(Intercept)')[best]:.2f}" in title
    note = draw_note(found, "x", SIMULATED_WORDING)
    assert "True sd of the groups' slopes 0.4, estimated" in note
    alt = draw_alt(found, "x", "slope", SIMULATED_WORDING)
    for name, n in zip(("complete", "no", "partial"), found.wins("x"), strict=True):
        assert f"{name} pooling in {n}" in alt


def test_a_zero_estimate_is_said() -> None:
    flat = core.Population(n_groups=5, group_size=4, sigma_alpha=0.0, mu_beta=0.0)
    spec = ModelSpec("y", "group")
    found = [core.compare_draw(core.simulate(flat, seed), spec) for seed in range(20)]
    zero = [f for f in found if f.fits.multilevel.sigma_group[0] == 0]
    assert 5 <= len(zero) <= 17, "about six in ten"
    assert "exactly zero" in draw_note(zero[0], "(Intercept)", SIMULATED_WORDING)
    np.testing.assert_allclose(zero[0].estimate[2], zero[0].estimate[0])


def test_nothing_in_common_is_refused() -> None:
    only_slope = ModelSpec("y", "group", ("x",), ("x",), varying_intercept=False)
    found = core.compare_draw(core.simulate(POPULATION, 4), only_slope)
    assert found.coefficients == ("x",)
    with pytest.raises(PoolingError, match="'z'"):
        found.rms("z")


def test_the_story_of_a_table_tells_its_truth() -> None:
    told = simulated_story(core.SimulationRecipe(POPULATION.update(outlier=3.0, gamma_alpha=0.7)))
    for words in ("σ_α = 0.5", "σ_β = 0.4", "u adds 0.7", "lies 3 above"):
        assert words in told


@pytest.mark.parametrize("estimate", [0.0, 0.0317, 0.337, 1.0, 24.7, 9312.0])
def test_the_slider_of_an_sd_starts_at_the_estimate(estimate: float) -> None:
    span = span_of(estimate, 0.9)
    assert span.low <= span.value <= span.high
    assert abs(span.value - estimate) <= span.step
    assert span.high >= 3 * estimate > 0 or span.high >= 0.45
    assert 20 <= span.high / span.step <= 1010
    assert chosen(span.value, span, estimate) == estimate
    assert chosen(span.high, span, estimate) == span.high
    assert span.value == pytest.approx(float(span.format % span.value))
