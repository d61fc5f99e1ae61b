"""Data: is my table what I think it is? which column plays which role?"""

import streamlit as st

from core import escape
from core.explore.data import overview
from core.explore.data.plot_table import plot_table
from core.factors_results import FactorsFits
from pages._shared import figures, look, messages, state, texts
from pages._shared.drawn import drawn
from pages._shared.looking import what_was_read
from pages._shared.model import rows
from pages.explore.data import columns, reading
from pages.explore.data import parts as tables

text = texts.load("data")
shown, data = state.shown(), state.asked()
is_fitted = shown.dataset.id == data.id and not isinstance(shown.fits, FactorsFits)

messages.failures(shown)
if shown.dataset.id == data.id:
    rows.told(shown)
tables.mend_failed()
st.caption(escape.for_markdown(data.title))
headline = overview.plain_headline(data.table)
if is_fitted:
    headline = overview.table_headline(shown.fits.data, shown.wording)
st.title(escape.for_markdown(headline), anchor=False)
what_was_read.show(data, "data")
reading.show(data)
tables.changes(data)
if data.look_note:
    st.info(escape.for_markdown(data.look_note))
if is_fitted:
    figure = drawn(
        shown.dataset, plot_table, shown.fits.data, wording=shown.wording, style=look.style()
    )
    figures.picture(figure, key="data_overview", alt=headline)

st.header(text["findings"], anchor=False)
found = st.container()
choices = columns.choices(data)
if choices:
    st.header(text["columns"], anchor=False)
    columns.show(data)
tables.lengthen(data)
if is_fitted:
    tables.recipes(shown)
    tables.left_out(shown)

st.header(text["rows"], anchor=False)
st.dataframe(data.table.head(200), hide_index=True, key="data_rows", height=280)
if data.story:
    st.markdown(escape.for_markdown(data.story))
    st.caption(escape.for_markdown(data.source))
with found:
    tables.findings(data, choices)
