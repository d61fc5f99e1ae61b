"""Data: is my table what I think it is? which column plays which role?"""

import streamlit as st

import core
from core import escape
from core.explore import overview
from core.plots.plot_table import plot_table
from pages._shared import cache, figures, look, messages, state, tables, texts

text = texts.load("data")
shown = state.shown()
data, spec = shown.dataset, shown.spec

messages.problems(shown)
tables.mend_failed()
st.caption(escape.for_markdown(data.title))
headline = overview.table_headline(shown.fits.data, shown.wording)
st.title(escape.for_markdown(headline), anchor=False)
figure = plot_table(shown.fits.data, wording=shown.wording, style=look.style())
figures.picture(figure, key="data_overview", alt=headline)

st.header(text["findings"], anchor=False)
tables.findings(shown)

st.header(text["columns"], anchor=False)
columns = cache.of_table(data, "overview", overview.column_overview, spec)
st.dataframe(columns, hide_index=True, column_config=text["labels"], key="data_columns")
if data.is_upload:
    tables.reasons(shown)

tables.recipes(shown)
tables.left_out(shown)

st.header(text["rows"], anchor=False)
st.dataframe(data.table.head(200), hide_index=True, key="data_rows", height=280)
report = core.read_report(data.table)
if report is not None:
    tables.reading(report)
if data.story:
    st.markdown(escape.for_markdown(data.story))
    st.caption(escape.for_markdown(data.source))
