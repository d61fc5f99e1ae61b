"""The class: what all students drew, put together, over what theory expects."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.explore.simulate.class_results import ClassResults, class_alt, read_class
from core.explore.simulate.plot_class import plot_class
from pages._shared import figures, look, messages, texts
from pages.learn.simulate import run as arena_run

_DRAWS = 1000


def class_results(title: Any, options: Any) -> None:
    """Take the lines of a class and show their distribution."""
    words = texts.load("simulate")["class"]
    with options:
        lines = st.text_area(
            words["lines"],
            key="simulate_class_lines",
            help=words["lines_help"],
            placeholder=words["example"],
            height=120,
            max_chars=100_000,
            persist_state="session",
        )
    if not (lines or "").strip():
        title.slot.title(words["title"], anchor=False)
        st.info(words["waiting"])
        return
    try:
        found: ClassResults = arena_run.held("class", lines, partial(read_class, lines))
    except PoolingError as error:
        title.slot.title(words["title"], anchor=False)
        messages.error(error)
        return
    for what in found.left_out:
        st.caption(escape.for_markdown(words["unused"].format(what=what)))
    recipe = found.recipe
    run: core.StudyRun = arena_run.held(
        "class_theory",
        repr((recipe.population, recipe.spec)),
        partial(core.StudyRun, recipe.population, _DRAWS, 0, spec=recipe.spec),
    )
    bar, place = st.container(), arena_run.Place(st.container())

    def draw(is_last: bool) -> None:
        if not run.done:
            return
        figure = plot_class(found, run.study(), style=look.style())
        finding = figure.layout.meta["title"]
        title.slot.title(escape.for_markdown(finding), anchor=False)
        with place.slot.container():
            figures.key(figure.layout.meta)
            alt = class_alt(found, finding)
            figures.picture(figure, key="simulate_class" if is_last else None, alt=alt)
            if is_last:
                figures.numbers(found.to_frame, key="simulate_class_table")

    with bar:
        arena_run.follow("class_theory", run, run.draws, words=words, draw=draw)
