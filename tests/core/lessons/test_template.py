"""Texts with placeholders: values go in escaped, and nothing but a little Markdown comes out."""

from __future__ import annotations

import pytest

from core import escape
from core.lessons.expression import ExpressionError
from core.lessons.template import parse_template


def markdown(text: str, value: str = "7") -> str:
    return parse_template(text).markdown(lambda _: value)


def test_paragraphs_lists_and_stress() -> None:
    text = "One **bold** and *soft*.\n\n- first\n  line\n- second {icc}"
    assert markdown(text) == "One **bold** and *soft*.\n\n- first line\n- second 7"


def test_spaces_around_stress_and_values_stay() -> None:
    assert markdown("a **b** {icc} c") == "a **b** 7 c"


def test_braces_written_twice_stand_for_themselves() -> None:
    assert markdown("{{icc}} {icc}") == escape.for_markdown("{icc}") + " 7"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[click](https://example.org)",
        "![x](https://example.org/x.png)",
        "$\\alpha^2$ $$x$$",
        "`code` ~~gone~~ # heading",
        ":red[colour] :material/home: :smile:",
        "https://example.org www.example.org a@example.org",
        "> quote",
        "| a | b |",
    ],
)
def test_everything_else_appears_as_typed(text: str) -> None:
    assert markdown(text) == escape.for_markdown(text)
    assert markdown("{icc}", text) == escape.for_markdown(text)


def test_latex_with_arguments_is_no_placeholder() -> None:
    hostile = "$\\href{javascript:alert(1)}{x}$"
    with pytest.raises(ExpressionError):
        parse_template(hostile)
    assert markdown("{icc}", hostile) == escape.for_markdown(hostile)


def test_unclosed_stress_is_typed() -> None:
    assert markdown("2 * 3 ** 4") == escape.for_markdown("2 * 3 ** 4")


def test_a_heading_is_plain() -> None:
    made = parse_template("A **bold** {icc}\nline").plain(lambda _: "*x*")
    assert made == "A bold *x* line"


@pytest.mark.parametrize("text", ["\ue0000\ue001", "a\x00b", "a\x1bb"])
def test_private_and_control_characters_are_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_template(text)


def test_a_value_cannot_bring_a_hole_along() -> None:
    made = parse_template("{icc} {rho}").markdown(lambda e: "{rho}" if e.name == "icc" else "7")
    assert made == escape.for_markdown("{rho}") + " 7"
