"""The screen where the truth is known, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import core
from tests.fitted import HOSTILE, ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, upload

VIEWS = ("one", "many", "map", "amount")


def slide(app: AppTest, key: str, value: float) -> None:
    """Move a slider and run."""
    kind = app.select_slider if key.removeprefix("simulate_") in _COUNTS else app.slider
    kind(key=key).set_value(value).run()
    healthy(app)


_COUNTS = ("n_groups", "group_size", "share")


@pytest.fixture
def arena(app: AppTest) -> AppTest:
    """Return the screen, with few draws."""
    open_screen(app, "learn/simulate")
    choose(app, "simulate_view", "many")
    choose(app, "simulate_draws", 200)
    return choose(app, "simulate_view", "one")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("where", ["designed", "own"])
def test_every_view_opens_with_a_finding(arena: AppTest, view: str, where: str) -> None:
    choose(arena, "simulate_source", where)
    choose(arena, "simulate_view", view)
    assert not arena.error
    if (view, where) == ("map", "own"):
        assert "designed groups" in arena.info[0].value
        return
    assert any(c.isdigit() for c in arena.title[0].value)
    assert len(arena.get("plotly_chart")) == 1


def test_draw_again_takes_the_next_seed(arena: AppTest) -> None:
    first = arena.title[0].value
    arena.button(key="simulate_again").click().run()
    healthy(arena)
    assert arena.number_input(key="simulate_seed").value == 2
    assert arena.title[0].value != first
    arena.number_input(key="simulate_seed").set_value(1).run()
    assert arena.title[0].value == first


def test_the_title_tells_the_errors_of_the_draw(arena: AppTest) -> None:
    population = core.Population(n_groups=30, group_size=8, size_spread=1.0)
    recipe = core.SimulationRecipe(population, seed=1)
    found = core.compare_draw(core.simulate(population, 1), recipe.spec)
    for error in found.rms("(Intercept)"):
        assert f"{error:.2f}" in arena.title[0].value


def test_a_draw_becomes_the_table_of_the_dashboard(arena: AppTest) -> None:
    slide(arena, "simulate_sigma_beta", 0.5)
    choose(arena, "simulate_structure", "slope")
    arena.button(key="simulate_open").click().run()
    healthy(arena)
    shown = arena.session_state["shown"]
    assert shown.dataset.id == "sim-j30_n8_v1_b0.5_f2_s1"
    assert shown.spec.varying == ("x",) and not shown.dataset.is_upload
    recipe = core.read_recipe(shown.dataset.id)
    assert shown.dataset.table.equals(core.simulate(recipe.population, recipe.seed).table)
    choose(arena, "data_choice", "radon")
    choose(arena, "data_choice", shown.dataset.id)
    assert arena.session_state["shown"].dataset.id == shown.dataset.id


def test_a_draw_on_ones_own_groups_stays_private(arena: AppTest) -> None:
    upload(arena, "mine.csv", many_groups(30).to_csv(index=False).encode())
    choose(arena, "simulate_source", "own")
    assert any("link cannot restore" in c.value for c in arena.caption)
    arena.button(key="simulate_open").click().run()
    healthy(arena)
    drawn = arena.session_state["shown"].dataset
    assert drawn.is_upload and drawn.id.startswith("upload-")
    assert list(drawn.table["g"].unique()) == list(many_groups(30)["g"].unique())
    assert len(arena.session_state["uploads"]) == 1, "what was uploaded is still there"


@pytest.mark.parametrize("structure", ["mean", "intercept", "slope"])
def test_sliders_at_both_ends(arena: AppTest, structure: str) -> None:
    choose(arena, "simulate_structure", structure)
    choose(arena, "simulate_use_u", True)
    ends = {"n_groups": (3, 500), "group_size": (2, 100), "size_spread": (0.0, 1.5)}
    ends |= {"sigma_y": (0.1, 3.0), "sigma_alpha": (0.0, 3.0), "sigma_beta": (0.0, 2.0)}
    ends |= {"gamma_alpha": (-2.0, 2.0), "x_sd": (0.1, 3.0), "x_between": (0.0, 0.9)}
    ends |= {"outlier": (-10.0, 10.0), "rho": (-1.0, 1.0)}
    for name, (low, high) in ends.items():
        for value in (low, high):
            slide(arena, f"simulate_{name}", value)
        if name == "n_groups":
            slide(arena, "simulate_n_groups", 12)
        if name == "group_size":
            slide(arena, "simulate_group_size", 5)
    assert len(arena.get("plotly_chart")) == 1 and not arena.error


def test_what_cannot_be_fitted_is_said(arena: AppTest) -> None:
    slide(arena, "simulate_size_spread", 0.0)
    slide(arena, "simulate_group_size", 1)
    for view in ("one", "many"):
        choose(arena, "simulate_view", view)
        assert "one row" in arena.error[0].value


def test_many_draws_can_be_stopped_and_go_on(arena: AppTest) -> None:
    choose(arena, "simulate_view", "many")
    key, run = arena.session_state["simulate_many_run"]
    assert run.done == 200
    half = core.StudyRun(core.Population(n_groups=500, group_size=20), 200, 1)
    half.advance()
    arena.session_state["simulate_many_run"] = (key, half)
    arena.session_state["simulate_many_is_stopped"] = True
    arena.run()
    healthy(arena)
    assert half.done < 200 and f"Stopped after {half.done:,} of 200" in str(
        [c.value for c in arena.caption]
    )
    arena.button(key="simulate_many_stop").click().run()
    healthy(arena)
    assert half.done == 200


@pytest.mark.parametrize("measure", ["error", "coverage", "sigma"])
@pytest.mark.parametrize("spread", [0.0, 1.0])
def test_every_measure_with_equal_and_unequal_sizes(
    arena: AppTest, measure: str, spread: float
) -> None:
    choose(arena, "simulate_view", "many")
    slide(arena, "simulate_size_spread", spread)
    choose(arena, "simulate_measure", measure)
    choose(arena, "simulate_same_groups", True)
    assert "200 draws" in arena.title[0].value
    assert len(arena.get("plotly_chart")) == 1 and not arena.error


def test_a_table_without_a_multilevel_fit_leaves_designed_groups(app: AppTest) -> None:
    upload(app, "flat.csv", b"y,g\n" + b"".join(b"%d,g%d\n" % (j, j) for j in range(8)) * 4)
    open_screen(app, "learn/simulate")
    assert any("only designed groups" in c.value for c in app.caption)
    assert len(app.get("plotly_chart")) == 1 and not app.error


def test_hostile_names_are_harmless(app: AppTest) -> None:
    table = many_groups(14).rename(columns={"y": f"y {HOSTILE}", "x": f"x {HOSTILE}"})
    table["g"] = table["g"] + " " + HOSTILE
    upload(app, "hostile.csv", table.to_csv(index=False).encode())
    open_screen(app, "learn/simulate")
    choose(app, "simulate_source", "own")
    for view in ("one", "amount", "many"):
        choose(app, "simulate_view", view)
        assert not app.error
        words = [e.value for kind in (app.title, app.markdown, app.caption) for e in kind]
        assert not any("<img" in t.replace("\\<", "") for t in words)


@pytest.mark.parametrize("example", ONE_FACTOR)
def test_every_example_can_be_the_design(app: AppTest, example: str) -> None:
    choose(app, "data_choice", example)
    open_screen(app, "learn/simulate")
    choose(app, "simulate_source", "own")
    for view in ("one", "amount"):
        choose(app, "simulate_view", view)
        assert not app.error and len(app.get("plotly_chart")) == 1


def test_a_class_puts_its_draws_together(app: AppTest) -> None:
    open_screen(app, "learn/simulate")
    line = next(c.value for c in app.code if c.value.startswith("sim-"))
    choose(app, "simulate_view", "class")
    assert "a whole class" in app.title[0].value
    seeds = [f"{n}: {line.rsplit('_s', 1)[0]}_s{n}" for n in range(6)]
    app.text_area(key="simulate_class_lines").set_value("\n".join(["?", *seeds])).run()
    healthy(app)
    assert "6 draws" in app.title[0].value
    assert any("1 line without a draw" in c.value for c in app.caption)
    app.text_area(key="simulate_class_lines").set_value("nothing").run()
    assert "No line holds a draw" in app.error[0].value
