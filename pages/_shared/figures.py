"""A figure as every screen shows it: finding, key, picture, and its numbers one click away."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.figures.key import key_html
from core.formats import decimals_for, fixed
from pages._shared import look, terms, texts
from pages._shared.control import Control

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

#: What the camera of a figure saves.
FILE = Control("file", "takeaway_file", "png", choices=("png", "svg"))
#: Dots of a saved picture for each of the screen: about 300 an inch on paper.
_PRINT = 4
#: Cells of a table that are written here, not by the browser.
_MOST_WRITTEN = 20_000

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
    if look.is_narrow():  # there the toolbar would lie on the picture, and no finger hovers
        config["displayModeBar"] = False
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
    shown, left = _written(frame, formats or {})
    st.dataframe(
        shown,
        hide_index=True,
        column_config=left,
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


def _written(
    frame: pd.DataFrame, formats: dict[str, Any]
) -> tuple[pd.DataFrame | Styler, dict[str, Any]]:
    """Return a table with its numbers written as sentences write them, and the other formats.

    A column has one count of decimals and true minus signs; sorting goes by the numbers. Long
    tables are left to the browser: writing every cell would take longer than looking at them.
    """
    if frame.size > _MOST_WRITTEN or not (frame.columns.is_unique and frame.index.is_unique):
        return frame, formats
    written, left = {}, dict(formats)
    for name in frame.columns[[dtype.kind == "f" for dtype in frame.dtypes]]:
        column = formats.get(name)
        settings = column.get("type_config", {}) if isinstance(column, dict) else {}
        asked = str(settings.get("format") or "")
        digits = re.fullmatch(r"%\.(\d+)([fg])", asked)
        if asked and not digits and asked != "percent":
            continue
        if asked:
            kept = {key: value for key, value in settings.items() if key != "format"}
            left[name] = {**column, "type_config": kept}
        if asked == "percent":
            written[name] = partial(_percent, decimals=decimals_for(100 * frame[name], 2, most=2))
        else:
            count = int(digits[1]) if digits else 4
            if not digits or digits[2] == "g":
                count = decimals_for(frame[name], count)
            written[name] = partial(fixed, decimals=count)
    return (frame.style.format(written) if written else frame), left


def _percent(share: float, decimals: int) -> str:
    return f"{fixed(100 * share, decimals)}%" if math.isfinite(share) else fixed(share, 0)
