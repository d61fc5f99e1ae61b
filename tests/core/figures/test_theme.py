"""One look for everything: contrast, distinct marks, tokens."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import plotly.graph_objects as go
import pytest

from core.figures import theme

ROOT = Path(__file__).resolve().parents[3]


def luminance(color: str) -> float:
    """Return the relative luminance of WCAG 2."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Return the contrast ratio of WCAG 2."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_contrast(mode: theme.Mode) -> None:
    palette = theme.PALETTES[mode]
    words = ("text", "muted", "link", "no_pooling_text", "partial_pooling_text")
    for name in words:
        for ground in (palette.background, palette.surface):
            assert contrast(getattr(palette, name), ground) >= 4.5, name
    for mark in theme.MARKS:
        assert contrast(getattr(palette, mark), palette.background) >= 3, mark


def test_estimators_differ_without_colour() -> None:
    looks = {(mark.dash, mark.symbol) for mark in theme.MARKS.values()}
    assert len(looks) == len(theme.MARKS)
    assert len({mark.dash for mark in theme.MARKS.values()}) == len(theme.MARKS)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("size", ["normal", "projector"])
def test_tokens_are_plain_data(mode: theme.Mode, size: theme.TextSize) -> None:
    tokens = theme.tokens(mode, size)
    assert json.loads(json.dumps(tokens)) == tokens
    assert tokens["marks"]["partial_pooling"]["dash"] == []
    assert tokens["marks"]["no_pooling"]["hollow"]


def test_template_and_marks_are_valid_plotly() -> None:
    style = theme.Style("dark", "projector")
    figure = go.Figure(layout={"template": theme.template(style)})
    for mark in theme.MARKS:
        figure.add_scatter(
            x=[0], y=[0], line=theme.line(mark, style), marker=theme.marker(mark, style)
        )
    assert figure.layout.template.layout.paper_bgcolor == style.palette.background


def test_nothing_else_names_a_colour() -> None:
    named = re.compile(r"#[0-9a-fA-F]{6}\b|rgba?\(\s*\d")
    own = ROOT / "core" / "figures" / "theme.py"
    for folder in ("core", "pages"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != own:
                assert not named.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_has_the_colours_of_the_figures(mode: theme.Mode) -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    page, palette = config["theme"][mode], theme.PALETTES[mode]
    assert page["backgroundColor"] == palette.background
    assert page["secondaryBackgroundColor"] == palette.surface
    assert page["textColor"] == palette.text
    assert page["primaryColor"] == page["linkColor"] == palette.link
    assert page["borderColor"] == palette.grid
    assert "http" not in str(config), "fonts and all else are the system's own"
