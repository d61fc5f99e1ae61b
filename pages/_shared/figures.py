"""A figure as every screen shows it: finding, key, picture, and its numbers one click away."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.figures.key import key_html
from pages._shared import look, terms, texts
from pages._shared.control import Control

#: What the camera of a figure saves.
FILE = Control("file", "takeaway_file", "png", choices=("png", "svg"))
#: Dots of a saved picture for each of the screen: about 300 an inch on paper.
_PRINT = 4

_CONFIG = {
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
}


def show(
    figure: Any,
    *,
    key: str,
    alt: str,
    table: Callable[[], pd.DataFrame],
    formats: dict[str, Any] | None = None,
    title_in: Any = None,
    is_title: bool = False,
) -> None:
    """Show a figure of ``core.plots`` with its heading, text description and table.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Made with ``look.style()``; its heading is read from ``layout.meta``.
    key : str
        Names the chart, its widgets and the downloaded file.
    alt : str
        What the figure shows, with the numbers.
    table : callable
        Makes the table; called when the reader opens it.
    formats : dict, optional
        ``column_config`` of the table.
    title_in : container, optional
        Where the finding goes; above the figure by default.
    is_title : bool, optional
        Whether the finding is the title of the screen.
    """
    heading(figure.layout.meta, title_in, is_title=is_title)
    picture(figure, key=key, alt=alt)
    numbers(table, key=key, formats=formats)


def picture(figure: Any, *, key: str | None, alt: str) -> None:
    """Show a figure by itself, with its text description; without a key while it still grows."""
    form = FILE.now()
    scale = _PRINT if form == "png" else 1
    options = {"filename": key or "figure", "format": form, "scale": scale}
    config = {**_CONFIG, "toImageButtonOptions": options}
    name = f"{key}_chart" if key else None
    st.plotly_chart(figure, theme=None, key=name, alt=alt, config=config)


def heading(meta: dict[str, Any], title_in: Any = None, *, is_title: bool = False) -> None:
    """Show the finding of a figure as a heading, and its key below."""
    words = [meta["title"], *(text for _, text in meta["key"]), meta["note"]]
    place = title_in or st
    show = place.title if is_title else place.header
    show(escape.for_markdown(meta["title"]), anchor=False, help=terms.first_mention(*words))
    key(meta)


def key(meta: dict[str, Any]) -> None:
    """Show the key of a figure: its marks and what they mean."""
    if meta["key"] or meta["note"]:
        st.html(key_html(meta, look.style()))


def numbers(
    table: Callable[[], pd.DataFrame],
    *,
    key: str,
    formats: dict[str, Any] | None = None,
    on_select: Callable[[], None] | None = None,
) -> None:
    """Offer the numbers behind a figure: closed at first, made when opened."""
    text = texts.load("pooling")["figure"]
    part = st.expander(text["numbers"], key=f"{key}_numbers", on_change="rerun")
    if part.open:
        with part:
            show_table(table(), key=key, formats=formats, on_select=on_select)


def show_table(
    frame: pd.DataFrame,
    *,
    key: str,
    formats: dict[str, Any] | None = None,
    on_select: Callable[[], None] | None = None,
    height: int | str = "auto",
) -> None:
    """Show a sortable table with its download; ``on_select`` is told of a click on a row."""
    text = texts.load("pooling")["figure"]
    st.dataframe(
        _without_minus_zero(frame, formats or {}),
        hide_index=True,
        column_config=formats,
        key=f"{key}_table",
        on_select=on_select or "ignore",
        selection_mode="single-row",
        height=height,
    )
    st.download_button(
        text["download"],
        data=lambda: core.to_csv(frame),
        file_name=f"{key}.csv",
        mime="text/csv",
        key=f"{key}_download",
        on_click="ignore",
    )


def _without_minus_zero(frame: pd.DataFrame, formats: dict[str, Any]) -> pd.DataFrame:
    """Return a table whose small negative numbers are shown as 0.00, not as -0.00."""
    shown = frame.copy(deep=False)
    for name, column in formats.items():
        asked = column.get("type_config", {}).get("format") if isinstance(column, dict) else None
        fixed = re.fullmatch(r"%\.(\d+)f", asked or "")
        if fixed and name in shown:
            shown[name] = shown[name].round(int(fixed[1])) + 0.0
    return shown
