"""Names and levels come from strangers: these functions make them appear as typed, everywhere.

Three renderers read text as markup: Plotly (a subset of HTML), Streamlit (Markdown with
directives, emoji codes and arrows) and KaTeX (LaTeX). Whatever comes out of a table goes
through one of these functions on its way to one of them.
"""

from __future__ import annotations

import html
import re
import unicodedata

BLANK = "(blank)"
#: Invisible and unbreakable: splits a sequence that a renderer would replace.
_JOINER = "\N{WORD JOINER}"
#: Joiners that emoji and some scripts need; every other format character is shown.
_HARMLESS_FORMAT = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_UNPRINTABLE = frozenset(["Cc", "Cf", "Cs", "Zl", "Zp"])
_LINE_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]#+\-!|<>~$^=&:@])")
_NUMBERED = re.compile(r"^(\d+)([.)])")
#: Emoji and icon codes, arrows, addresses: replaced after the backslashes are gone.
_REPLACED = re.compile(
    r"(:)(?=[\w+\-])|([<>=~\-])(?=[<>=\-])|(@)(?=\w)|(/)(?=/)|(www)(?=\.)", re.IGNORECASE
)
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "`": r"\textquoteleft{}",
}


def visible(text: object) -> str:
    """Return a text on one line, with control and direction-changing characters made visible.

    A right-to-left override in a name must not turn the rest of a sentence around.
    """
    line = _LINE_SPACE.sub(" ", str(text)).strip(" ")
    if not line:
        return BLANK
    if line.isprintable():  # most names are, and there may be many
        return line
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(c) in _UNPRINTABLE and c not in _HARMLESS_FORMAT
        else c
        for c in line
    )


def for_plotly(text: object) -> str:
    """Return a text that Plotly draws as typed (labels, hover, annotations)."""
    return html.escape(visible(text), quote=False)


def for_html(text: object) -> str:
    """Return a text for an HTML element or attribute."""
    return html.escape(visible(text), quote=True)


def for_markdown(text: object) -> str:
    """Return a text that Streamlit's Markdown shows as typed."""
    split = _REPLACED.sub(lambda match: match.group() + _JOINER, visible(text))
    return _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", split))


def for_latex(text: object) -> str:
    r"""Return a text as the inside of ``\text{...}`` in KaTeX."""
    return "".join(_LATEX.get(c, c) for c in visible(text))
