"""Parts of the screen about the table: findings with their remedies, reasons, lost rows."""

from __future__ import annotations

import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.tables.columns import NumericColumn
from pages._shared import cache, messages, state, texts
from pages._shared.state import Dataset, Shown

#: Findings shown at once; who has mended these sees the next.
_MOST = 12


def findings(shown: Shown) -> None:
    """Show what the doctor finds, each with a button that mends it, and the way back."""
    text, data, spec = texts.load("data"), shown.dataset, shown.spec
    if data.changes:
        changes = escape.for_markdown("; ".join(data.changes))
        st.markdown(text["changes"].format(changes=changes))
        st.button(text["undo"], key="data_undo", on_click=state.undo, args=(data,))
    predictor = next(iter(spec.predictors), None)
    found: tuple[core.Finding, ...] = cache.of_table(
        data, "findings", _examine, spec.group, spec.outcome, predictor
    )
    if not found:
        st.markdown(text["nothing"])
    for i, finding in enumerate(found[:_MOST]):
        _finding(data, finding, i)


def _examine(table: object, group: str, outcome: str, predictor: str | None) -> object:
    return core.examine(table, group, outcome=outcome, predictor=predictor)  # type: ignore[arg-type]


def _finding(data: Dataset, finding: core.Finding, i: int) -> None:
    row = st.container(horizontal=True, vertical_alignment="center", border=True)
    row.markdown(escape.for_markdown(finding.message))
    if finding.fix is not None:
        row.button(
            escape.for_markdown(finding.fix.label),
            key=f"data_fix_{i}_{finding.code}",
            on_click=_mend,
            args=(data, finding.fix),
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


def reasons(shown: Shown) -> None:
    """Show why the columns got the roles they had at first."""
    guessed: core.Roles = cache.of_table(shown.dataset, "roles", core.guess_roles)
    if not guessed.reasons:
        return
    with st.expander(texts.load("data")["reasons"]):
        for column, reason in guessed.reasons.items():
            st.markdown(f"**{escape.for_markdown(column)}**: {escape.for_markdown(reason)}")


def left_out(shown: Shown) -> None:
    """Show which rows no fit uses, and offer them as a file."""
    lost = shown.fits.data.left_out
    if not lost.n_rows:
        return
    text = texts.load("data")
    st.header(text["left_out"], anchor=False)
    st.markdown(escape.for_markdown(lost.sentence()))
    table = shown.dataset.table
    st.download_button(
        text["left_out_download"],
        data=lambda: core.to_csv(table.iloc[lost.rows]),
        file_name="rows_left_out.csv",
        mime="text/csv",
        key="data_left_out",
        on_click="ignore",
    )


def reading(report: core.ReadReport) -> None:
    """Show how the file was read: format, marks, and everything that was changed."""
    facts = report.to_dict()
    plain = {k: v for k, v in facts.items() if isinstance(v, str | int) and v not in ("", 0)}
    with st.expander(texts.load("data")["reading"]):
        for name, value in plain.items():
            st.markdown(f"{name.replace('_', ' ')}: {escape.for_markdown(repr(value))}")
        for note in report.notes:
            st.markdown(escape.for_markdown(note))


def mend_failed() -> None:
    """Show why the last mending did not work."""
    failed = st.session_state.pop("data_mend_error", None)
    if failed is not None:
        messages.error(PoolingError(failed))
