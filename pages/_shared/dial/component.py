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
#: In this order each file only needs names of those before it.
MODULES = ("model", "format", "plot", "views", "strip", "card", "dial")
_IMPORT = re.compile(r'^import [^;]*? from "\./\w+\.js";\n', re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Position:
    """Where the dial stands, and the group that is chosen."""

    c: float = 1.0
    group: int | None = 0

    def to_data(self) -> dict[str, Any]:
        """Return the position as the component knows it."""
        return {"c": self.c if np.isfinite(self.c) else "none", "group": self.group}

    @classmethod
    def from_data(cls, data: Any, n_groups: int) -> Position:
        """Return the position that the component sent; the estimate where it makes no sense."""
        if not isinstance(data, dict):
            return cls()
        c, group = data.get("c"), data.get("group")
        number = np.inf if c == "none" else c
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        known = isinstance(group, int) and not isinstance(group, bool) and 0 <= group < n_groups
        return cls(
            float(number) if is_number and number >= 0 else 1.0,  # type: ignore[operator, arg-type]
            group if known else None,
        )


@lru_cache(maxsize=1)
def script() -> str:
    """Return the component's modules as one: a page cannot import files that are not served."""
    parts = [(HERE / f"{name}.js").read_text(encoding="utf-8") for name in MODULES]
    return "\n".join(_IMPORT.sub("", part) for part in parts)


@lru_cache(maxsize=1)
def style() -> str:
    """Return the component's style sheet."""
    return (HERE / "dial.css").read_text(encoding="utf-8")


def mount(data: dict[str, Any], *, key: str, on_change: Callable[[], None]) -> Any:
    """Put the dial on the page; ``on_change`` runs when it comes to rest."""
    dial = st.components.v2.component("pooling_dial", js=script(), css=style())
    return dial(
        key=key,
        data=data,
        default={"position": data["position"]},
        on_position_change=on_change,
    )
