"""One look: the marks of the estimators, the colours, the type. Nothing else names a colour.

Each estimator is told apart by colour, shape and dash at once, so that greyscale prints and
colour-blind readers are served. ``tokens`` gives the same look to a component written in
JavaScript; ``.streamlit/config.toml`` repeats the page colours (a test keeps them equal).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

import plotly.graph_objects as go

Mode: TypeAlias = Literal["light", "dark"]
TextSize: TypeAlias = Literal["normal", "projector"]
MarkName: TypeAlias = Literal["complete_pooling", "no_pooling", "partial_pooling", "truth", "guess"]

FONT = (
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", '
    '"DejaVu Sans", sans-serif'
)


@dataclass(frozen=True)
class Palette:
    """Colours of one mode, as ``#rrggbb``."""

    background: str
    surface: str
    text: str
    muted: str
    grid: str
    axis: str
    points: str
    link: str
    complete_pooling: str
    no_pooling: str
    no_pooling_text: str
    partial_pooling: str
    partial_pooling_text: str
    truth: str
    guess: str
    highlight: str


LIGHT = Palette(
    background="#ffffff",
    surface="#f5f7f9",
    text="#1f2933",
    muted="#556270",
    grid="#e6e9ed",
    axis="#aeb7c1",
    points="#66727f",
    link="#0064a0",
    complete_pooling="#1c2430",
    no_pooling="#d55e00",
    no_pooling_text="#ad4a00",
    partial_pooling="#0072b2",
    partial_pooling_text="#00629b",
    truth="#008a5e",
    guess="#8a3d9e",
    highlight="#ffd84d",
)
DARK = Palette(
    background="#13171d",
    surface="#1c222a",
    text="#e8ecf1",
    muted="#a3afbc",
    grid="#2a323c",
    axis="#596673",
    points="#98a5b3",
    link="#7cc4f2",
    complete_pooling="#f1f4f8",
    no_pooling="#ff8f4d",
    no_pooling_text="#ffa36c",
    partial_pooling="#56b4e9",
    partial_pooling_text="#7cc4f2",
    truth="#3fd6a2",
    guess="#d49be6",
    highlight="#7a6200",
)
PALETTES: dict[Mode, Palette] = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class Mark:
    """How one estimator is drawn; lengths in pixels.

    ``dash`` alternates ink and gap, empty for a solid line; ``symbol`` is Plotly's name of
    the marker, ``None`` where the estimator is a line only.
    """

    label: str
    dash: tuple[int, ...]
    width: float
    symbol: str | None
    marker_size: float
    is_hollow: bool


MARKS: dict[MarkName, Mark] = {
    "complete_pooling": Mark("complete pooling", (12, 6), 2.0, None, 0.0, False),
    "no_pooling": Mark("no pooling", (2, 4), 2.2, "circle-open", 8.0, True),
    "partial_pooling": Mark("partial pooling", (), 2.6, "circle", 7.0, False),
    "truth": Mark("truth", (8, 3, 2, 3), 2.0, "diamond", 8.0, False),
    "guess": Mark("your guess", (6, 3), 2.4, "triangle-down", 11.0, False),
}


@dataclass(frozen=True)
class TextSizes:
    """Type sizes in pixels."""

    title: float
    subtitle: float
    axis: float
    tick: float
    label: float


_SIZES: dict[TextSize, TextSizes] = {
    "normal": TextSizes(title=19, subtitle=15, axis=15, tick=14, label=13),
    "projector": TextSizes(title=27, subtitle=21, axis=22, tick=20, label=19),
}


@dataclass(frozen=True)
class Style:
    """Where a figure will be seen: colours, type size, a phone or not, heading inside or not."""

    mode: Mode = "light"
    size: TextSize = "normal"
    is_narrow: bool = False
    is_titled: bool = True

    @property
    def palette(self) -> Palette:
        """Colours of the mode."""
        return PALETTES[self.mode]

    @property
    def text(self) -> TextSizes:
        """Type sizes."""
        return _SIZES[self.size]

    @property
    def scale(self) -> float:
        """Factor for marks and line widths: 1, larger on a projector."""
        return 1.35 if self.size == "projector" else 1.0

    def color(self, mark: MarkName) -> str:
        """Return the colour of an estimator's marks."""
        return str(getattr(self.palette, mark))


DEFAULT = Style()


def rgba(color: str, alpha: float) -> str:
    """Return ``#rrggbb`` as Plotly's ``rgba(...)``."""
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def line(mark: MarkName, style: Style = DEFAULT, **changes: Any) -> dict[str, Any]:
    """Return ``line=`` of an estimator: colour, width and dash."""
    chosen = MARKS[mark]
    dash = ",".join(f"{length}px" for length in chosen.dash) or "solid"
    return {
        "color": style.color(mark),
        "width": chosen.width * style.scale,
        "dash": dash,
        **changes,
    }


def marker(mark: MarkName, style: Style = DEFAULT, **changes: Any) -> dict[str, Any]:
    """Return ``marker=`` of an estimator: symbol, size and colour."""
    chosen = MARKS[mark]
    outline = (1.8 if chosen.is_hollow else 1.0) * style.scale
    edge = style.color(mark) if chosen.is_hollow else style.palette.background
    return {
        "color": style.color(mark),
        "symbol": chosen.symbol or "line-ew",
        "size": chosen.marker_size * style.scale,
        "line": {"width": outline, "color": edge},
        **changes,
    }


def unsupported_marker(style: Style = DEFAULT, **changes: Any) -> dict[str, Any]:
    """Return ``marker=`` of a partial-pooling estimate whose group has none of its own: pale."""
    color = style.color("partial_pooling")
    return {
        "color": rgba(color, 0.22),
        "symbol": "circle",
        "size": MARKS["partial_pooling"].marker_size * style.scale,
        "line": {"width": 1.2 * style.scale, "color": rgba(color, 0.75)},
        **changes,
    }


def template(style: Style = DEFAULT) -> go.layout.Template:
    """Return the Plotly template: quiet grid, no frame, system type, toolbar on hover."""
    palette, text = style.palette, style.text
    axis = {
        "gridcolor": palette.grid,
        "gridwidth": 1,
        "linecolor": palette.axis,
        "zeroline": False,
        "ticks": "",
        "tickfont": {"size": text.tick, "color": palette.muted},
        "title": {"font": {"size": text.axis, "color": palette.text}, "standoff": 8},
        "automargin": True,
    }
    layout = go.Layout(
        font={"family": FONT, "size": text.label, "color": palette.text},
        title={
            "font": {"size": text.title, "color": palette.text},
            "subtitle": {"font": {"size": text.subtitle, "color": palette.muted}},
            "x": 0,
            "xref": "paper",
            "xanchor": "left",
        },
        paper_bgcolor=palette.background,
        plot_bgcolor=palette.background,
        colorway=[palette.partial_pooling, palette.no_pooling, palette.truth, palette.muted],
        xaxis=axis,
        yaxis=axis,
        showlegend=False,
        hoverlabel={
            "bgcolor": palette.surface,
            "bordercolor": palette.axis,
            "font": {"family": FONT, "size": text.label, "color": palette.text},
            "align": "left",
            "namelength": -1,
        },
        hovermode="closest",
        modebar={
            "bgcolor": rgba(palette.background, 0.0),
            "color": palette.muted,
            "activecolor": palette.text,
        },
        separators=".,",
    )
    return go.layout.Template(layout=layout)


def tokens(mode: Mode = "light", size: TextSize = "normal") -> dict[str, Any]:
    """Return the look as plain data, for a component that draws itself.

    Returns
    -------
    dict
        ``mode``; ``font``; ``palette`` (name -> ``#rrggbb``); ``text`` (pixels);
        ``scale``; ``marks``: per estimator ``label``, ``color``, ``dash`` (a list for
        ``setLineDash``), ``width``, ``symbol`` (``circle``, ``diamond`` or None),
        ``size`` (diameter), ``hollow``.
    """
    style = Style(mode, size)
    marks = {
        name: {
            "label": mark.label,
            "color": style.color(name),
            "dash": list(mark.dash),
            "width": mark.width * style.scale,
            "symbol": mark.symbol.removesuffix("-open") if mark.symbol else None,
            "size": mark.marker_size * style.scale,
            "hollow": mark.is_hollow,
        }
        for name, mark in MARKS.items()
    }
    return {
        "mode": mode,
        "font": FONT,
        "palette": asdict(style.palette),
        "text": asdict(style.text),
        "scale": style.scale,
        "marks": marks,
    }
