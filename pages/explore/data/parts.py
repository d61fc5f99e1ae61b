"""Parts of the screen about the table: findings with their remedies, reasons, lost rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.explore.data import overview
from core.factors_results import FactorsFits
from core.tables.columns import NumericColumn
from core.tables.doctor.several_to_long import SeveralToLong
from core.tables.reshape import WideToLong
from pages._shared import cache, messages, state, texts
from pages._shared.dataset import Dataset, Shown
from pages._shared.model import roles

#: Findings shown at once; who has mended these sees the next.
_MOST = 12


def changes(data: Dataset) -> None:
    """Show what was changed since the table was opened, and the way back."""
    text = texts.load("data")
    if data.changes:
        row = st.container(horizontal=True, vertical_alignment="center", gap="small")
        done = escape.for_markdown("; ".join(data.changes))
        row.markdown(text["changes"].format(changes=done))
        row.button(text["undo"], key="data_undo", on_click=state.undo, args=(data,))


def findings(data: Dataset, choices: dict[str, Any]) -> None:
    """Show what the doctor finds, each with a button that mends it.

    Parameters
    ----------
    data : Dataset
    choices : dict
        The columns that play ``group``, ``outcome`` and ``predictor``.
    """
    text = texts.load("data")
    options = tuple(sorted(choices.items()))
    with st.spinner(text["examining"]):
        found: tuple[core.Finding, ...] = cache.of_table(data, "findings", _examine, options)
    sizes = ""
    shown = state.shown()
    if shown.dataset.id == data.id and not isinstance(shown.fits, FactorsFits):
        sizes = overview.sizes_sentence(shown.fits.data, shown.wording)
    if not found:
        st.markdown(text["nothing"])
    if sizes:
        st.markdown(escape.for_markdown(sizes))
    for i, finding in enumerate(found[:_MOST]):
        _finding(data, finding, i)


def _examine(table: pd.DataFrame, choices: tuple[tuple[str, str], ...]) -> object:
    return core.examine(table, **dict(choices))


def _finding(data: Dataset, finding: core.Finding, i: int) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", border=True)
    row.markdown(escape.for_markdown(finding.message))
    fixes = () if finding.fix is None else (finding.fix,)
    for k, fix in enumerate(finding.choices if finding.is_question else fixes):
        row.button(
            escape.for_markdown(fix.label),
            key=f"data_fix_{i}_{finding.code}" + (f"_{k}" if k else ""),
            on_click=_mend,
            args=(data, fix),
        )
    if isinstance(finding.fix, WideToLong | SeveralToLong):
        _preview(data, finding.fix)


def _preview(data: Dataset, fix: WideToLong | SeveralToLong) -> None:
    """Show what the first rows of a wide table become."""
    with st.expander(texts.load("data")["preview"]):
        st.dataframe(fix.apply(data.table.head(2)).head(12), hide_index=True, key="data_preview")


def lengthen(data: Dataset) -> None:
    """Offer to put columns of the reader's choice below each other, with a preview."""
    text, names = texts.load("data"), roles.numeric_columns(data.table)
    if len(names) < 2:
        return
    with st.expander(text["long"], key="data_lengthen"):
        chosen = st.multiselect(text["long_columns"], names, key=f"data_long_{data.id}")
        if len(chosen) < 2:
            st.caption(text["long_hint"])
            return
        fix = core.wide_to_long(tuple(chosen))
        st.dataframe(fix.apply(data.table.head(2)).head(12), hide_index=True)
        st.button(
            escape.for_markdown(fix.label),
            key=f"data_make_long_{data.id}",
            on_click=_mend,
            args=(data, fix),
        )


def recipes(shown: Shown) -> None:
    """Offer to centre, split, scale or log the numeric predictors of the model."""
    text, data, spec = texts.load("data"), shown.dataset, shown.spec
    columns = shown.fits.data.columns
    numeric = [c for c in spec.predictors if isinstance(columns[c], NumericColumn)]
    if not numeric:
        return
    st.header(text["recipes"], anchor=False)
    st.caption(text["recipes_hint"])
    for column in numeric:
        row = st.container(horizontal=True, vertical_alignment="center", gap="small")
        for recipe in _recipes_for(data, column, spec.group):
            row.button(
                escape.for_markdown(recipe.label),
                key=f"data_recipe_{type(recipe).__name__}_{column}",
                on_click=_mend,
                args=(data, recipe),
            )


def _recipes_for(data: Dataset, column: str, group: str) -> list[core.Recipe]:
    offered: list[core.Recipe] = [
        core.CentreGrandMean(column),
        core.CentreGroupMean(column, group),
        core.Standardise(column),
    ]
    if cache.of_table(data, "can_take_log", core.can_take_log, column):
        offered.append(core.Logarithm(column))
    return offered


def _mend(data: Dataset, fix: core.Fix) -> None:
    try:
        state.mend(data, fix)
    except PoolingError as error:
        st.session_state["data_mend_error"] = str(error)


def left_out(shown: Shown) -> None:
    """Show which rows no fit uses, and offer them as a file."""
    fitted = shown.fits.data
    if not fitted.left_out.n_rows:
        return
    text = texts.load("data")
    st.header(text["left_out"], anchor=False)
    st.markdown(escape.for_markdown(overview.left_out_sentence(fitted, shown.wording)))
    if shown.dataset.elsewhere is not None:
        return
    table = shown.dataset.table
    st.download_button(
        text["left_out_download"],
        data=lambda: core.to_csv(overview.left_out_table(table, fitted)),
        file_name="rows_left_out.csv",
        mime="text/csv",
        key="data_left_out",
        on_click="ignore",
    )


def mend_failed() -> None:
    """Show why the last mending did not work."""
    failed = st.session_state.pop("data_mend_error", None)
    if failed is not None:
        messages.error(PoolingError(failed))
