"""How a file was read, in one line; opened, a form that corrects it."""

from __future__ import annotations

from typing import Any

import streamlit as st

import core
from core import escape
from core.tables.read.report import MISSING_TOKENS
from core.tables.read.text import first_lines
from pages._shared import opening, texts
from pages._shared.dataset import Dataset

_TEXT = ("csv", "tsv")
_SHEETS = ("xlsx", "xls", "ods")
_ENCODINGS = ("utf-8", "utf-8-sig", "cp1252", "utf-16", "iso-8859-15", "cp1250", "mac-roman")
#: What each kind of file can be told.
_FIELDS = {
    "text": (
        "delimiter",
        "decimal",
        "thousands",
        "header_row",
        "encoding",
        "quote",
        "comment",
        "member",
    ),
    "sheet": ("sheet", "header_row", "thousands"),
    "json": ("encoding", "thousands", "member"),
    "other": ("member",),
}
_FOR_CELLS = ("missing_tokens", "text_columns")


def show(data: Dataset) -> None:
    """Show what was found out about a file, and offer to read it in another way."""
    report = core.read_report(data.table)
    if report is None:
        return
    text = texts.load("reading")
    summary = text["summary"].format(facts=", ".join(_facts(report, text)))
    with st.expander(escape.for_markdown(summary), key="data_reading"):
        for note in _notes(report, text):
            st.markdown(escape.for_markdown(note))
        if data.content:
            _form(data, report, text)


def _facts(report: core.ReadReport, text: dict[str, Any]) -> list[str]:
    """Return the findings that apply, in words."""
    words = text["facts"]
    facts = [text["formats"].get(report.format, report.format)]
    if report.format in _TEXT:
        facts.append(words["delimiter"].format(mark=_word(report.delimiter, text["delimiters"])))
        facts.append(words["decimal"].format(mark=_word(report.decimal, text["marks"])))
        encoding = text["encodings"].get(report.encoding.lower(), report.encoding)
        guessed = words["guess"].format(encoding=encoding)
        facts.append(guessed if report.encoding_is_guess else encoding)
    if report.thousands:
        facts.append(words["thousands"].format(mark=_word(report.thousands, text["marks"])))
    if report.comment:
        facts.append(words["comment"].format(mark=report.comment))
    if report.sheet:
        facts.append(words["sheet"].format(sheet=report.sheet))
    if report.member:
        facts.append(words["member"].format(member=report.member))
    if report.format in (*_TEXT, *_SHEETS):
        which = "header" if report.header_row else "no_header"
        facts.append(words[which].format(line=f"{report.header_row:,}"))
    return facts


def _word(mark: str, words: dict[str, str]) -> str:
    return words.get(mark or "none", mark)


def _notes(report: core.ReadReport, text: dict[str, Any]) -> list[str]:
    """Return what was changed or left out, a sentence each."""
    notes = []
    if report.skipped_lines:
        notes.append(text["skipped"].format(lines=f"{report.skipped_lines:,}"))
    notes += [text["renamed"].format(typed=a, became=b) for a, b in report.renamed[:10]]
    return [*notes, *report.notes]


def _kind(report: core.ReadReport) -> str:
    if report.format in _TEXT:
        return "text"
    if report.format in _SHEETS:
        return "sheet"
    return report.format if report.format in _FIELDS else "other"


def _form(data: Dataset, report: core.ReadReport, text: dict[str, Any]) -> None:
    is_plain = report.format in _TEXT and not data.content.startswith((b"\x1f\x8b", b"PK"))
    if is_plain:
        st.caption(text["beginning"])
        st.code(first_lines(data.content, report.encoding), language=None)
    asked = [f for f in (*_FIELDS[_kind(report)], *_FOR_CELLS) if _applies(f, report)]
    with st.form("data_reading_form", border=False):
        columns = st.columns(4)
        for i, field in enumerate(asked):
            with columns[i % 4]:
                _widget(data, field, report, text)
        st.form_submit_button(text["again"], on_click=_again, args=(data, tuple(asked)))


def _applies(field: str, report: core.ReadReport) -> bool:
    """Whether there is a choice to make."""
    return len(report.members) > 1 if field == "member" else True


def _found(field: str, data: Dataset, report: core.ReadReport) -> Any:
    """Return the value that the table on screen was read with."""
    if field == "missing_tokens":
        chosen = data.options.missing_tokens
        return [t for t in (MISSING_TOKENS if chosen is None else chosen) if t]
    if field == "text_columns":
        return list(data.options.text_columns)
    return getattr(report, field)


def _key(field: str, data: Dataset) -> str:
    return f"data_read_{field}_{data.id}"


def _widget(data: Dataset, field: str, report: core.ReadReport, text: dict[str, Any]) -> None:
    """Draw one control with what was found as its value."""
    label, key = text["labels"][field], _key(field, data)
    found = _found(field, data, report)
    st.session_state.setdefault(key, found)
    note = text["help"].get(field)
    if field == "header_row":
        st.number_input(label, min_value=0, max_value=10_000, step=1, key=key, help=note)
    elif field in _FOR_CELLS:
        names = [str(c) for c in data.table.columns] if field == "text_columns" else found
        options = list(dict.fromkeys([*names, *st.session_state[key]]))
        is_open = field == "missing_tokens"
        st.multiselect(label, options, key=key, help=note, accept_new_options=is_open)
    elif field == "encoding":
        names = list(dict.fromkeys([found, *_ENCODINGS, st.session_state[key]]))
        st.selectbox(
            label,
            names,
            key=key,
            help=note,
            format_func=lambda name: text["encodings"].get(name, name),
            accept_new_options=True,
        )
    else:
        words = _words(field, text)
        options = [*_options(field, report, words), found, st.session_state[key]]
        st.selectbox(
            label,
            list(dict.fromkeys(options)),
            key=key,
            help=note,
            format_func=lambda mark: _word(mark, words) if words else mark,
        )


def _words(field: str, text: dict[str, Any]) -> dict[str, str]:
    names = {"delimiter": "delimiters", "decimal": "marks", "thousands": "marks"}
    names |= {"quote": "quotes", "comment": "comments"}
    found: dict[str, str] = text[names[field]] if field in names else {}
    return found


def _options(field: str, report: core.ReadReport, words: dict[str, str]) -> list[str]:
    if field in ("sheet", "member"):
        return list(getattr(report, f"{field}s"))
    if field == "decimal":
        return [".", ","]
    return ["" if mark == "none" else mark for mark in words]


def _again(data: Dataset, asked: tuple[str, ...]) -> None:
    """Ask for the file to be read with what the form now says."""
    report = core.read_report(data.table)
    assert report is not None
    changes: dict[str, Any] = {}
    for field in asked:
        value = st.session_state[_key(field, data)]
        if value != _found(field, data, report):
            changes[field] = ("", *value) if field == "missing_tokens" else value
    if changes:
        opening.again(data, changes)
