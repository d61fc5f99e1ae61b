"""The key of a figure as HTML: a sample of every mark and what it means."""

from __future__ import annotations

from typing import Any

from core import escape
from core.figures import theme

_LINE_WIDTH = 30


def key_html(meta: dict[str, Any], style: theme.Style) -> str:
    """Return the key and note of a figure (``figure.layout.meta``) as HTML.

    Texts are escaped; the samples are empty elements drawn by inline styles (pages clean
    their HTML of SVG), hidden from screen readers.
    """
    entries = [
        f'<span><i aria-hidden="true" style="{_sample(mark, style)}"></i>'
        f"{escape.for_html(text)}</span>"
        for mark, text in meta["key"]
    ]
    if meta.get("note"):
        entries.append(f"<span>{escape.for_html(meta['note'])}</span>")
    return f'<div class="ppe-key">{"".join(entries)}</div>'


def _sample(mark: str, style: theme.Style) -> str:
    """Return the inline style that draws one mark."""
    kind = mark.removesuffix("_line")
    for name in theme.MARKS:
        if name == kind and (mark.endswith("_line") or theme.MARKS[name].symbol is None):
            return _line(name, style)
    return "display:inline-block;flex:none;" + _point(mark, style)


def _line(name: theme.MarkName, style: theme.Style) -> str:
    mark, color = theme.MARKS[name], style.color(name)
    ink = color
    if mark.dash:
        on, period = mark.dash[0], sum(mark.dash[:2])
        ink = (
            f"repeating-linear-gradient(90deg,{color} 0,{color} {on}px,"
            f"transparent {on}px,transparent {period}px)"
        )
    height = round(mark.width + 0.4)
    return (
        f"display:inline-block;flex:none;width:{_LINE_WIDTH}px;height:{height}px;background:{ink}"
    )


def _point(mark: str, style: theme.Style) -> str:
    palette = style.palette
    blue = palette.partial_pooling
    if mark == "no_pooling":
        return f"{_round(11)}box-sizing:border-box;border:2px solid {palette.no_pooling}"
    if mark == "points_line":
        return f"width:{_LINE_WIDTH}px;height:3px;background:{palette.points}"
    if mark == "points":
        return f"{_round(6)}background:{palette.points}"
    if mark == "band":
        return f"width:24px;height:12px;background:{theme.rgba(blue, 0.22)}"
    if mark == "unsupported":
        pale, edge = theme.rgba(blue, 0.22), theme.rgba(blue, 0.75)
        return f"{_round(10)}box-sizing:border-box;background:{pale};border:1px solid {edge}"
    if mark == "centre":
        bar = f"linear-gradient({blue},{blue})"
        return (
            f"width:13px;height:13px;background:{bar} center/13px 4px no-repeat,"
            f"{bar} center/4px 13px no-repeat"
        )
    if mark == "guess":
        shape = "clip-path:polygon(0 0,100% 0,50% 100%)"
        return f"width:12px;height:11px;{shape};background:{palette.guess}"
    if mark == "truth":
        return f"width:8px;height:8px;transform:rotate(45deg);background:{palette.truth}"
    return f"{_round(10)}background:{blue}"


def _round(size: int) -> str:
    return f"width:{size}px;height:{size}px;border-radius:50%;"
