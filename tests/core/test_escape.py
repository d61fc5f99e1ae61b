"""Hostile names become plain text (the browser tests check what the renderers make of it)."""

from __future__ import annotations

import html
import re

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
def test_markdown_loses_nothing(text: str) -> None:
    rendered = escape.for_markdown(text)
    undone = re.sub(r"\\(.)", r"\1", rendered).replace("\N{WORD JOINER}", "")
    assert undone == escape.visible(text)
    bare = re.sub(r"\\.", "", rendered)
    assert not set(bare) & set("\\`*_[]#!|<>~$^=&:@")


@pytest.mark.parametrize(
    "name",
    [":smile:", ":material/home:", "a->b", "x<=y", "http://a.b", "www.a.b", "a@b.c", ":red[x]"],
)
def test_markdown_splits_what_streamlit_replaces(name: str) -> None:
    assert "\N{WORD JOINER}" in escape.for_markdown(name)


def test_numbers_stay_readable_in_markdown() -> None:
    assert escape.for_markdown("Cook (2 homes): 0.71") == r"Cook (2 homes)\: 0.71"
    assert escape.for_markdown("1. Cook") == r"1\. Cook"


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
