"""Data: is my table what I think it is? which column plays which role?"""

import streamlit as st

from core import escape
from core.explore import overview
from core.plots.plot_table import plot_table
from pages._shared import columns, figures, look, messages, reading, state, tables, texts

text = texts.load("data")
shown, data = state.shown(), state.asked()
is_fitted = shown.dataset.id == data.id

messages.failures(shown)
tables.mend_failed()
st.caption(escape.for_markdown(data.title))
headline = overview.plain_headline(data.table)
if is_fitted:
    headline = overview.table_headline(shown.fits.data, shown.wording)
st.title(escape.for_markdown(headline), anchor=False)
reading.show(data)
tables.changes(data)
if is_fitted:
    figure = plot_table(shown.fits.data, wording=shown.wording, style=look.style())
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
