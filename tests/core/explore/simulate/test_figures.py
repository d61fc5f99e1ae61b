"""The figures of the screen Simulate: they draw the numbers they are given, in every look."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import core
from core.explore.simulate import story as study_story
from core.explore.simulate.numbers import ESTIMATORS, SimulationStudy
from core.explore.simulate.plot_data_needed import plot_data_needed
from core.explore.simulate.plot_draw import plot_draw
from core.explore.simulate.plot_measures import Panel, plot_measures
from core.explore.simulate.plot_sigma_draws import plot_sigma_draws
from core.explore.simulate.plot_win_map import plot_win_map
from core.explore.simulate.simulated import SIMULATED_WORDING
from core.explore.simulate.win_map import RATIO
from core.figures import theme
from core.spec import ModelSpec

INTERCEPT = "(Intercept)"
SPEC = ModelSpec("y", "group", ("x",))
STYLES = [
    theme.Style("light", "normal"),
    theme.Style("dark", "projector", False, False),
    theme.Style("light", "normal", True, False),
]
PANELS = (Panel("rmse", "error"), Panel("bias", "bias"), Panel("sd", "chance"))


@pytest.fixture(scope="module", params=[0.0, 1.0], ids=["equal", "unequal"])
def study(request: pytest.FixtureRequest) -> SimulationStudy:
    """Return a small study."""
    population = core.Population(n_groups=30, group_size=8, size_spread=request.param)
    return core.simulate_many(population, 60, 2, spec=SPEC)


def named(figure: Any, name: str) -> list[Any]:
    """Return the traces of a name."""
    return [trace for trace in figure.data if trace.name == name]


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_one_draw_shows_truth_and_estimates_of_every_group(style: theme.Style) -> None:
    population = core.Population(n_groups=30, group_size=8, size_spread=1.0)
    found = core.compare_draw(core.simulate(population, 1), SPEC)
    figure = plot_draw(found, INTERCEPT, axis="outcome", wording=SIMULATED_WORDING, style=style)
    frame = found.to_frame(INTERCEPT)
    assert list(named(figure, "truth")[0].y) == list(frame["truth"])
    assert list(named(figure, "partial pooling")[0].y) == list(frame["partial_pooling"])
    assert named(figure, "truth")[0].marker.color == style.color("truth")
    strip = {name: len(named(figure, f"nearest: {name}")[0].x) for name in
             ("complete pooling", "no pooling", "partial pooling")}  # fmt: skip
    assert list(strip.values()) == found.wins(INTERCEPT).tolist()
    assert figure.layout.yaxis.title.text == "outcome"
    low, high = figure.layout.yaxis.range
    assert low <= frame["truth"].min() and frame["truth"].max() <= high


def test_estimates_out_of_range_are_pointed_at() -> None:
    population = core.Population(n_groups=60, group_size=4, size_spread=0.6, sigma_beta=0.3)
    slopes = ModelSpec("y", "group", ("x",), ("x",))
    found = core.compare_draw(core.simulate(population, 6), slopes)
    figure = plot_draw(found, "x", axis="slope")
    own, limits = found.to_frame("x")["no_pooling"].to_numpy(), figure.layout.yaxis.range
    symbols = np.array(named(figure, "no pooling")[0].marker.symbol)
    assert (own > limits[1]).any() or (own < limits[0]).any()
    assert ((symbols == "triangle-up") == (own > limits[1])).all()
    assert ((symbols == "triangle-down") == (own < limits[0])).all()


def test_very_many_groups_are_thinned_and_it_is_said() -> None:
    found = core.compare_draw(core.simulate(core.Population(n_groups=2000, group_size=2), 1), SPEC)
    figure = plot_draw(found, INTERCEPT, axis="outcome")
    assert len(named(figure, "truth")[0].y) <= 2000


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_measures_are_those_of_the_table(study: SimulationStudy, style: theme.Style) -> None:
    table = study_story.size_table(study, INTERCEPT)
    figure = plot_measures(
        table, PANELS, title="finding 1", x_axis="rows", y_axis="error", style=style
    )
    assert figure.layout.meta["title"] == "finding 1"
    assert [a.text for a in figure.layout.annotations][:3] == ["error", "bias", "chance"]
    drawn = [t for t in named(figure, "no pooling") if t.mode in ("lines+markers", "markers+text")]
    wanted = table[table["estimator"] == "no_pooling"]
    for trace, panel in zip(drawn, PANELS, strict=True):
        assert list(trace.y) == list(wanted[panel.column])
    assert figure.layout.yaxis.range[1] > table["rmse"].max()


def test_shares_have_their_promise_drawn(study: SimulationStudy) -> None:
    table = study_story.size_table(study, INTERCEPT)
    panels = (Panel("coverage_half", "50%", 0.5), Panel("coverage", "90%", 0.9))
    figure = plot_measures(table, panels, title="t", x_axis="x", y_axis="y", is_share=True)
    assert [shape.y0 for shape in figure.layout.shapes] == [0.5, 0.9]
    assert figure.layout.yaxis.tickformat == ".0%"


@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("truth", [0.0, 0.5])
def test_the_distribution_sets_zero_apart(truth: float, style: theme.Style) -> None:
    population = core.Population(n_groups=8, group_size=4, sigma_alpha=truth)
    study = core.simulate_many(population, 100, 2, spec=SPEC)
    table = study_story.sigma_table(study, INTERCEPT)
    figure = plot_sigma_draws(table, truth, symbol="σ_α", title="t", unit="cm", style=style)
    assert list(named(figure, "exactly zero")[0].y) == [study.zero_share[0]]
    assert list(named(figure, "estimates above zero")[0].y) == list(table["share"][1:])
    assert list(named(figure, "truth")[0].x) == [truth, truth]
    assert "(cm)" in figure.layout.xaxis.title.text
    assert min(figure.layout.xaxis.tickvals) == 0


@pytest.mark.parametrize("style", STYLES, ids=str)
def test_the_map_tells_the_winner_by_colour_and_sign(style: theme.Style) -> None:
    run = core.MapRun(
        core.Population(mu_beta=0.0, n_groups=20),
        (RATIO, (0.0, 0.5)),
        ("group_size", (1, 5, 10)),
        draws=40,
        spec=ModelSpec("y", "group"),
    )
    for _ in range(5):
        run.advance()
    found = run.map()
    figure = plot_win_map(found, row_axis="r", column_axis="c", here=(0.5, 9.0), style=style)
    cells = figure.data[0]
    level = np.array(cells.z)
    assert np.isnan(level[:, 0]).all() and np.isnan(level[1, 2]), "gaps stay blank"
    assert (np.floor_divide(level[0, 1:], 2) == found.best[0, 1:]).all()
    signs = {0: "– –", 1: "○", 2: "●"}
    assert cells.text[0][1].startswith(signs[int(found.best[0, 1])]) and cells.text[0][0] == ""
    ring = figure.layout.shapes[0]
    assert (ring.x0 + ring.x1, ring.y0 + ring.y1) == (4, 2)
    assert ESTIMATORS[2] in dict(figure.layout.meta["key"])


@pytest.mark.parametrize("style", STYLES, ids=str)
@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_the_own_share_is_drawn_for_every_group(sigma: float, style: theme.Style) -> None:
    world = core.make_world(core.Population(n_groups=12, size_spread=0.8, sigma_alpha=sigma))
    found = core.data_needed(world, 0.8)
    names = world.data.group_names
    figure = plot_data_needed(found, names, title="t", wording=SIMULATED_WORDING, style=style)
    order = np.argsort(found.group_sizes, kind="stable")
    assert list(named(figure, "groups")[0].y) == list(found.own_share[order])
    if sigma:
        assert list(named(figure, "asked for")[0].y) == [0.8, 0.8, 0.0]
        assert named(figure, "asked for")[0].x[1] == pytest.approx(found.rows)
