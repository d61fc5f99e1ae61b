"""The views of the screen Simulate: one draw, many draws, who wins where."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import streamlit as st

import core
from core import escape, formats
from core.explore.simulate import draw_story
from core.explore.simulate import story as study_story
from core.explore.simulate.class_results import hand_in
from core.explore.simulate.plot_data_needed import plot_data_needed
from core.explore.simulate.plot_draw import plot_draw
from core.explore.simulate.plot_measures import Panel, plot_measures
from core.explore.simulate.plot_sigma_draws import plot_sigma_draws
from core.explore.simulate.plot_win_map import plot_win_map
from core.explore.simulate.simulated import simulated_story
from core.formats import upper_first
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from pages._shared import cache, figures, look, state, texts
from pages._shared.dataset import Dataset, Shown
from pages._shared.drawn import drawn
from pages.learn.simulate import parts as arena
from pages.learn.simulate import run as arena_run
from pages.learn.simulate.controls import DRAWS, MAP, MEASURE, SAME, SHARE, TERM, VIEW
from pages.learn.simulate.parts import Setup

START = "pages/explore/pooling/screen.py"


def choose_view() -> str:
    """Return which view is wanted."""
    words = texts.load("simulate")["views"]
    return str(VIEW.segments(words["label"], words))


def _coefficient(names: tuple[str, ...], setup: Setup, data: GroupedData) -> str:
    """Return the coefficient to look at; a choice where there are several."""
    if len(names) == 1:
        return names[0]
    chosen = TERM.segments(
        texts.load("simulate")["one"]["coefficient"],
        lambda n: escape.for_markdown(upper_first(setup.wording.term(n, data))),
        names,
        first=names[0],
    )
    return str(chosen)


def _title(place: Any, title: str) -> None:
    place.slot.title(escape.for_markdown(title), anchor=False)


def one_draw(setup: Setup, shown: Shown, title: Any, options: Any) -> None:
    """Show one draw: the truth of every group beside its three estimates."""
    text = texts.load("simulate")
    draw, found = _compared(setup, shown)
    with options:
        st.button(
            text["one"]["again"],
            key="simulate_again",
            help=text["one"]["again_help"],
            on_click=arena.again,
            type="primary",
        )
        wants = st.button(
            text["one"]["open"],
            key="simulate_open",
            help=text["one"]["open_help"],
            on_click=open_draw,
            args=(setup, shown, draw),
        )
        term = _coefficient(found.coefficients, setup, found.fits.data)
    axis = setup.wording.term_axis(term, found.fits.data)
    owner = shown.dataset if setup.recipe is None else None
    figure = drawn(
        owner, plot_draw, found, term, axis=axis, wording=setup.wording, style=look.style()
    )
    _title(title, figure.layout.meta["title"])
    figures.key(figure.layout.meta)
    alt = draw_story.draw_alt(found, term, axis, setup.wording)
    figures.picture(figure, key="simulate_one", alt=alt)
    st.caption(escape.for_markdown(draw_story.draw_note(found, term, setup.wording)))
    figures.numbers(lambda: found.to_frame(term), key="simulate_one")
    if setup.recipe is not None:
        st.caption(text["class"]["hand_in"])
        st.code(hand_in(setup.recipe, found.fits), language=None)
    if wants:
        st.switch_page(START)


def _compared(setup: Setup, shown: Shown) -> tuple[core.Draw, core.DrawComparison]:
    """Return a draw and its fits: for everybody where no table of a reader's is behind it."""

    def make() -> tuple[core.Draw, core.DrawComparison]:
        draw = core.simulate(setup.truth, setup.seed)
        return draw, core.compare_draw(draw, setup.spec)

    key, spec = setup.key, repr(setup.spec)
    found: tuple[core.Draw, core.DrawComparison]
    if setup.recipe is None:
        found = cache.private(("compared_draw", shown.dataset.id, key, spec), make)
    else:
        found = cache.of_example("compared_draw", make, key, spec)
    return found


def open_draw(setup: Setup, shown: Shown, draw: core.Draw) -> None:
    """Make a drawn table the table of all screens."""
    if setup.recipe is not None:
        name = state.open_simulation(core.recipe_text(setup.recipe))
    else:
        digest = hashlib.sha256(setup.key.encode()).hexdigest()[:16]
        name = state.add_simulation(
            Dataset(
                id=f"upload-{digest}",
                title=f"Simulated on {shown.dataset.title}, seed {setup.seed}",
                table=draw.table,
                wording=setup.wording,
                first_spec=setup.spec,
                is_upload=True,
            )
        )
    st.session_state["data_choice"] = name


def many_draws(setup: Setup, title: Any, options: Any) -> None:
    """Show what many draws say: errors, coverage, the spread as it is estimated."""
    words = texts.load("simulate")["many"]
    with options:
        measure = MEASURE.segments(words["measure"], words)
        draws = DRAWS.select(words["draws"], lambda n: f"{n:,} draws", width=175)
        same_groups = SAME.toggle(words["same_groups"], help=words["same_groups_help"])
    run: core.StudyRun = arena_run.held(
        "many",
        repr((setup.key, draws, same_groups)),
        partial(
            core.StudyRun,
            setup.truth,
            draws,
            setup.seed,
            spec=setup.spec,
            same_groups=same_groups,
        ),
    )
    with options:
        term = _coefficient(run.coefficients, setup, setup.world.data)
    with st.container(gap=None):
        bar, place = st.container(), arena_run.Place(st.container())

    def draw(is_last: bool) -> None:
        if not run.done:
            return
        study = run.study()
        figure = _study_figure(study, measure, term, setup)
        _title(title, figure.layout.meta["title"])
        alt = study_story.study_alt(study, term, figure.layout.meta["title"])
        with place.slot.container():
            figures.key(figure.layout.meta)
            figures.picture(figure, key=f"simulate_{measure}" if is_last else None, alt=alt)
            if is_last:
                figures.numbers(lambda: _study_table(study, measure, term), key="simulate_many")

    with bar:
        arena_run.follow("many", run, run.draws, words=words, draw=draw)


def _study_table(study: core.SimulationStudy, measure: str, term: str) -> Any:
    if measure == "sigma":
        return study_story.sigma_table(study, term)
    return study_story.size_table(study, term)


def _study_figure(study: core.SimulationStudy, measure: str, term: str, setup: Setup) -> Any:
    words, wording, style = texts.load("simulate")["many"], setup.wording, look.style()
    data = study.world.data
    if measure == "sigma":
        return plot_sigma_draws(
            study_story.sigma_table(study, term),
            study_story.sigma_truth(study, term),
            symbol=study_story.sigma_symbol(study, term),
            title=study_story.sigma_title(study, term, wording),
            unit=wording.column(data.spec.outcome).unit,
            style=style,
        )
    x_axis = words["x_axis"].format(rows=wording.individual.many, group=wording.group.one)
    if measure == "coverage":
        panels = (
            Panel("coverage_half", words["coverage_half"], 0.5),
            Panel("coverage", words["coverage_main"], study.level),
        )
        return plot_measures(
            study_story.size_table(study, term),
            panels,
            title=study_story.coverage_title(study, term),
            x_axis=x_axis,
            y_axis=words["coverage_axis"],
            is_share=True,
            note=words["coverage_note"],
            style=style,
        )
    panels = (
        Panel("rmse", words["error_total"]),
        Panel("bias", words["error_bias"]),
        Panel("sd", words["error_chance"]),
    )
    return plot_measures(
        study_story.size_table(study, term),
        panels,
        title=study_story.error_title(study, term, wording),
        x_axis=x_axis,
        y_axis=words["error_axis"].format(
            term=wording.term(term, data), outcome=wording.column(data.spec.outcome).title
        ),
        note=words["error_note"],
        style=style,
    )


def who_wins(setup: Setup, title: Any, options: Any) -> None:
    """Show which estimator errs least over a grid of designs."""
    text = texts.load("simulate")
    words = text["map"]
    if not isinstance(setup.truth, core.Population):
        _title(title, text["views"]["map"])
        st.info(words["designed_only"])
        return
    with options:
        name = MAP.segments(words["choose"], words)
    rows, columns = text["maps"][name]
    run: core.MapRun = arena_run.held(
        "map",
        repr((setup.key, name)),
        partial(_map_run, setup.truth, rows, columns, setup.seed, setup.spec),
    )
    with st.container(gap=None):
        bar, place = st.container(), arena_run.Place(st.container())
    axes = (words["axes"][rows], words["axes"][columns])

    def draw(is_last: bool) -> None:
        found = run.map()
        figure = plot_win_map(
            found,
            row_axis=axes[0],
            column_axis=axes[1],
            here=run.here,
            note=words["note"],
            style=look.style(),
        )
        _title(title, figure.layout.meta["title"])
        with place.slot.container():
            figures.key(figure.layout.meta)
            alt = study_story.map_alt(found, axes)
            figures.picture(figure, key="simulate_map_figure" if is_last else None, alt=alt)
            if is_last:
                figures.numbers(found.to_frame, key="simulate_map_table")

    with bar:
        arena_run.follow("map", run, run.cells, words=words, draw=draw)


def _map_run(
    truth: core.Population, rows: str, columns: str, seed: int, spec: ModelSpec
) -> core.MapRun:
    values = texts.load("simulate")["map"]["values"]
    return core.MapRun(
        truth, (rows, values[rows]), (columns, values[columns]), seed=seed, spec=spec
    )


def how_much(setup: Setup, title: Any, options: Any) -> None:
    """Show how many rows a group needs for its estimate to be mostly its own."""
    words, wording, world = texts.load("simulate")["amount"], setup.wording, setup.world
    with options:
        share = SHARE.slide_among(
            words["share"], formats.percent, help=words["share_help"], width=240
        )
        term = _coefficient(study_story.fitted_terms(world, setup.spec), setup, world.data)
    found = core.data_needed(world, share, term)
    finding = study_story.needed_title(found, wording, world.data)
    names = world.data.group_names
    figure = plot_data_needed(found, names, title=finding, wording=wording, style=look.style())
    note = study_story.needed_note(found, wording)
    _title(title, finding)
    figures.key(figure.layout.meta)
    figures.picture(figure, key="simulate_amount", alt=f"{finding}. {note}")
    st.caption(escape.for_markdown(note))
    figures.numbers(
        lambda: found.to_frame(names),
        key="simulate_amount",
        formats={"own share": st.column_config.NumberColumn(format="percent")},
    )


def about(setup: Setup) -> None:
    """Say what the truth is, and how the drawn table is called in a link."""
    if setup.recipe is None:
        st.caption(texts.load("simulate")["sources"]["own_private"])
        return
    name = core.recipe_text(setup.recipe)
    st.caption(f"{escape.for_markdown(simulated_story(setup.recipe))} `{name}`")
