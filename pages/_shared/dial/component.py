"""The dial as a Streamlit component: its files joined into one script, and its state."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

HERE = Path(__file__).resolve().parent
#: In this order each file only needs the constants of those before it.
MODULES = (
    *("format", "pull", "weights", "standard_errors", "model", "split", "scale", "words"),
    *("plot", "prepare", "moves", "view_shrinkage", "view_map", "view_size", "view_lines"),
    *("views", "strip_names", "strip", "elements", "card", "search", "pointing", "turning"),
    *("vector", "picture", "dial"),
)
#: A c from here on is no pooling: JSON has no infinity.
NO_POOLING = 1e9
_VIEWS = re.compile(r"[a-z]{1,12}(\.\d)?-[a-z]{1,12}(\.\d)?")
_IMPORT = re.compile(r'^import [^;]*? from "\./\w+\.js";\n', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Position:
    """Where the dial stands, and the group that is chosen.

    ``c`` multiplies the estimated covariance of the groups; where ``slope`` is a number, c is
    for the intercept alone and ``slope`` for the slope. ``views`` names the open views where they
    are not the usual ones.
    """

    c: float = 1.0
    slope: float | None = None
    group: int | None = None
    views: str | None = None

    def to_data(self) -> dict[str, Any]:
        """Return the position as the component knows it."""
        c = self.c if np.isfinite(self.c) else "none"
        return {"c": c, "slope": self.slope, "group": self.group, "views": self.views}

    @classmethod
    def from_data(cls, data: Any, n_groups: int) -> Position:
        """Return the position that the component sent; the estimate where it makes no sense."""
        if not isinstance(data, dict):
            return cls()
        c, group, views = data.get("c"), data.get("group"), data.get("views")
        known = isinstance(group, int) and not isinstance(group, bool) and 0 <= group < n_groups
        return cls(
            np.inf if c == "none" else number(c, 1.0),
            None if data.get("slope") is None else number(data["slope"], 1.0),
            group if known else None,
            views if isinstance(views, str) and _VIEWS.fullmatch(views) else None,
        )


def number(value: Any, otherwise: float) -> float:
    """Return a multiple of a variance from outside; ``otherwise`` where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        return otherwise
    return float(value) if value < NO_POOLING else np.inf


@lru_cache(maxsize=1)
def script() -> str:
    """Return the component's modules as one: a page cannot import files that are not served."""
    parts = [(HERE / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    return "\n".join(_IMPORT.sub("", part) for part in parts)


@lru_cache(maxsize=1)
def style() -> str:
    """Return the component's style sheet."""
    return (HERE / "dial.css").read_text(encoding="utf-8")


def mount(
    data: dict[str, Any],
    *,
    key: str,
    on_position: Callable[[], None],
    on_more: Callable[[], None],
) -> Any:
    """Put the dial on the page.

    ``on_position`` runs when it comes to rest, ``on_more`` when the picture stands and
    the rest may be computed.
    """
    dial = st.components.v2.component("pooling_dial", js=script(), css=style())
    return dial(
        key=key,
        data=data,
        default={"position": data["position"]},
        on_position_change=on_position,
        on_more_change=on_more,
    )
