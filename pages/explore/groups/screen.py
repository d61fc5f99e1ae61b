"""Groups: what about this group, and all of them in a table?"""

import streamlit as st

import core
from core import escape
from core.estimators.estimates import estimates, group_table
from core.explore.dial.receipt_doubt import receipt_doubt
from core.explore.groups import receipts
from core.explore.pooling import story as sentences
from core.explore.pooling.plot_lines import plot_lines
from core.factors_results import FactorsFits
from pages._shared import doubt, figures, groups, look, messages, state, terms, texts
from pages._shared.drawn import drawn
from pages.explore.groups import factors

text = texts.load("groups")
shown = state.shown()
wording = shown.wording

if isinstance(shown.fits, FactorsFits):
    factors.show(shown, shown.fits)
    st.stop()
messages.problems(shown)
messages.needs_multilevel(shown)
j = groups.choose_group(shown)
found = core.receipt(shown.fits, j, wording=wording)
terms.title(found.sentence)
chosen = doubt.choose(shown)
if chosen.posterior is not None:
    st.markdown(escape.for_markdown(receipt_doubt(chosen.posterior, j, wording).sentence))

left, right = st.columns([3, 2], gap="medium")
with left:
    figure = drawn(
        shown.dataset, plot_lines, shown.fits, groups.one(j), wording=wording, style=look.style()
    )
    each = estimates(shown.fits)
    alt = sentences.lines_alt(each, groups.one(j), wording, shown.fits.data)
    figures.key(figure.layout.meta)
    figures.picture(figure, key="groups_lines", alt=alt)
with right:
    st.header(text["receipt"], anchor=False)
    table = receipts.receipt_table(found, shown.fits, wording, chosen.posterior)
    st.dataframe(table, hide_index=True, key="groups_receipt")

st.header(text["all"], anchor=False)
st.caption(text["hint"].format(group=escape.for_markdown(wording.group.one)))
figures.show_table(
    group_table(shown.fits, posterior=chosen.posterior),
    key="groups_all",
    formats=groups.formats(shown, source=chosen.label),
    on_select=groups.follow_row(shown),
)
