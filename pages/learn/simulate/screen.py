"""Simulate: what would happen if I knew the truth?"""

import streamlit as st

from core.exceptions import PoolingError
from pages._shared import messages, state, texts
from pages.learn.simulate import class_view
from pages.learn.simulate import parts as arena
from pages.learn.simulate import run as arena_run
from pages.learn.simulate import views as arena_views

text = texts.load("simulate")
shown = state.shown()

title = arena_run.Place(st.container())
row = st.container(horizontal=True, vertical_alignment="center", gap="small")
left, right = st.columns([3.2, 1], gap="medium")
with row:
    view = arena_views.choose_view()
    where = arena.source(shown) if view != "class" else "designed"
with left:
    options = st.container(horizontal=True, vertical_alignment="center", gap="small")
try:
    if view == "class":
        with left:
            class_view.class_results(title, options)
    else:
        with right:
            setup = arena.setup(shown, where, arena.seed())
        with left:
            if view == "many":
                arena_views.many_draws(setup, title, options)
            elif view == "map":
                arena_views.who_wins(setup, title, options)
            elif view == "amount":
                arena_views.how_much(setup, title, options)
            else:
                arena_views.one_draw(setup, shown, title, options)
            arena_views.about(setup)
except PoolingError as error:
    title.slot.title(text["views"][view], anchor=False)
    with left:
        messages.error(error)
