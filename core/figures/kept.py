"""A figure that was drawn before, as what is sent of it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import plotly.graph_objects as go
import plotly.io
from plotly.basedatatypes import BaseFigure


class Kept(BaseFigure):  # type: ignore[misc]
    """What is sent of a figure, and nothing else: not to be drawn in, and shared by all.

    A ``go.Figure`` checks every property that is set, copies itself whenever it is sent, and takes
    many thousand objects; its JSON, once made, needs none of that.

    Attributes
    ----------
    size : int
        Characters of the figure's JSON.
    """

    def __init__(self, figure: go.Figure) -> None:
        # BaseFigure's own __init__ would build what this class is there to avoid.
        text = plotly.io.to_json(figure, validate=False)
        self._spec: dict[str, Any] = json.loads(text)
        self._size = len(text)

    @property
    def size(self) -> int:
        """Characters of the figure's JSON."""
        return self._size

    @property
    def layout(self) -> SimpleNamespace:
        """What a page reads: ``meta``, the heading."""
        return SimpleNamespace(meta=self._spec["layout"].get("meta"))

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain lists, numbers and texts; not to be changed."""
        return self._spec
