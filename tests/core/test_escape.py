"""Hostile names become plain text (the browser tests check what the renderers make of it)."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import escape


@given(st.text(max_size=40))
def test_plotly_and_html_text_reads_as_typed(text: str) -> None:
    for rendered in (escape.for_plotly(text), escape.for_html(text)):
        assert "<" not in rendered and ">" not in rendered
        assert html.unescape(rendered) == escape.visible(text)


@given(st.text(max_size=40))
def test_markdown_has_no_bare_punctuation(text: str) -> None:
    rendered = escape.for_markdown(text)
    undone, i = "", 0
    while i < len(rendered):
        if rendered[i] == "\\":
            undone += rendered[i + 1]
            i += 2
            continue
        assert not (rendered[i].isascii() and not rendered[i].isalnum() and rendered[i] != " ")
        undone += rendered[i] if rendered[i] != "\N{WORD JOINER}" else ""
        i += 1
    assert undone == escape.visible(text)


@pytest.mark.parametrize(
    ("name", "latex"),
    [
        ("a_b", r"a\_b"),
        ("100% $x^2$", r"100\% \$x\textasciicircum{}2\$"),
        (r"\input{x}", r"\textbackslash{}input\{x\}"),
        ("a\nb", "a b"),
    ],
)
def test_latex(name: str, latex: str) -> None:
    assert escape.for_latex(name) == latex


def test_direction_overrides_and_blanks_are_shown() -> None:
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in escape.visible("a\N{RIGHT-TO-LEFT OVERRIDE}b")
    assert escape.visible(" \t") == "(blank)"
