"""Tables that stay where they are: chosen by a label, or uploads too large for memory.

Whoever runs the app names them in ``.streamlit/secrets.toml`` (section ``sources``) or in the
variable ``POOLING_SOURCES``. What a reader types is never opened. Everything is asked in a thread
of its own, so that it can be told how far it is, and ended at the engine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError, SourceError
from core.results import PoolingFits
from core.sources.uploads import is_large
from core.spec import ModelSpec
from core.tables.wording import Wording
from pages._shared import texts
from pages._shared.dataset import Dataset

_TICK = 0.1
#: Where Streamlit looks for secrets.
_PLACES = (Path.cwd(), Path.home())
_ASKING, _OPENING, _ERROR = "source_asking", "source_opening", "source_error"


@st.cache_resource(show_spinner=False)
def _named() -> core.NamedSources | SourceError:
    """Return the sources of this app, or what is wrong with its configuration."""
    try:
        return core.named_sources(_secrets())
    except SourceError as error:
        return error


def _secrets() -> dict[str, Any]:
    """Return the section ``sources`` of the app's secrets, if it has any."""
    if not any((place / ".streamlit" / "secrets.toml").is_file() for place in _PLACES):
        return {}
    try:
        found = st.secrets.to_dict().get("sources", {})
    except Exception:  # what is wrong with the secrets may quote them
        raise SourceError(
            "The secrets of this app (.streamlit/secrets.toml) cannot be read as TOML. Correct "
            "them, and start the app again.",
            code="unknown_source",
        ) from None
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True, eq=False)
class Opening:
    """A table that is being opened."""

    id: str
    title: str
    job: core.Asking


def choose() -> None:
    """Offer the sources of this app, where it has any."""
    named = _named()
    if isinstance(named, SourceError):
        st.error(escape.for_markdown(str(named)))
        return
    if not len(named):
        return
    text = texts.load("controls")["source"]
    st.session_state.setdefault("source_choice", None)
    st.selectbox(
        text["label"],
        list(named.labels),
        key="source_choice",
        placeholder=text["placeholder"],
        help=text["help"],
        on_change=_chosen,
    )


def _chosen() -> None:
    """Ask for the source that was chosen; to be called by the list."""
    label, named = st.session_state["source_choice"], _named()
    st.session_state["source_choice"] = None
    if label is None or isinstance(named, SourceError) or label not in named:
        return
    digest = hashlib.sha256(label.encode()).hexdigest()[:16]
    about = named[label].about

    def question(tell: Callable[[str, float], None], stop: core.Stop) -> Dataset:
        tell(_words("connecting"), 0.0)
        table = named.open(label, stop)
        return _looked_at(table, (f"source-{digest}", label, about), tell, stop)

    open_with(f"source-{digest}", label, core.Asking(question, f"'{label}'"))


def open_upload(file: Any) -> None:
    """Keep a large upload on disk for this session, and ask it there."""
    name = str(file.name)
    digest = hashlib.sha256(f"{file.file_id}".encode()).hexdigest()[:16]

    def question(tell: Callable[[str, float], None], stop: core.Stop) -> Dataset:
        tell(_words("keeping"), 0.0)
        table = core.open_upload(file, name, stop=stop)
        return _looked_at(table, (f"upload-{digest}", name, _words("kept")), tell, stop)

    open_with(f"upload-{digest}", name, core.Asking(question, f"'{name}'"))


def is_too_large(size: int) -> bool:
    """Return whether an upload is kept on disk instead of being read."""
    return is_large(size)


def open_with(name: str, title: str, job: core.Asking) -> None:
    """Have a table opened in place of any that is being opened."""
    drop()
    st.session_state[_OPENING] = Opening(name, title, job)


def drop() -> None:
    """Give up what is being opened; to be called by a button."""
    opening: Opening | None = st.session_state.pop(_OPENING, None)
    if opening is not None:
        opening.job.stop()


def _stop_opening() -> None:
    opening: Opening | None = st.session_state.get(_OPENING)
    drop()
    if opening is not None:
        said = texts.load("controls")["data"]["stopped"]
        st.session_state["upload_error"] = (opening.title, said)


def _looked_at(
    table: core.LazyTable,
    about: tuple[str, str, str],
    tell: Callable[[str, float], None],
    stop: core.Stop,
) -> Dataset:
    """Return a table as the app holds it, with some of its rows to look at."""
    try:
        stop.follows(table)
        tell(_words("looking"), 0.5)
        look = core.look_at(table)
        tell(_words("looking"), 1.0)
    except BaseException:
        table.close()
        raise
    name, title, story = about
    return Dataset(
        id=name,
        title=title,
        table=look.rows,
        wording=Wording(),
        first_spec=None,
        story=story,
        is_upload=True,
        elsewhere=table,
        look_note=look.note,
    )


def opened() -> Dataset | None:
    """Return the table that was asked for, once it is open; None when none was.

    Raises
    ------
    PoolingError
        Why it could not be opened.
    """
    opening: Opening | None = st.session_state.get(_OPENING)
    if opening is None:
        return None
    wait_for(opening.job, opening.title, "source_stop", _stop_opening)
    st.session_state.pop(_OPENING, None)
    try:
        data: Dataset = opening.job.answer()
    except PoolingError as error:
        st.session_state["upload_error"] = (opening.title, str(error))
        return None
    return data


def wait_for(job: core.Asking, title: str, key: str, stop: Callable[[], None]) -> None:
    """Show how far a question is until it is over, with a button that ends it."""
    if job.wait(_TICK):
        return
    text = texts.load("controls")["source"]
    place = st.empty()
    with place.container(border=True):
        bar = st.progress(0.0)
        st.button(text["stop"], key=key, on_click=stop, width="stretch")
    while not job.wait(_TICK):
        said = text["progress"].format(
            name=escape.for_markdown(title), what=job.said, seconds=f"{job.seconds:.0f}"
        )
        bar.progress(min(max(job.done, 0.0), 1.0), text=said)
    place.empty()


def fits(data: Dataset, spec: ModelSpec) -> PoolingFits:
    """Return the three fits of a model to a table elsewhere, summed there.

    A question that failed or was stopped is not put again by itself, but when the reader asks for
    another model or presses the button beside the message.

    Raises
    ------
    PoolingError
        As in memory, and ``SourceError`` for what happens elsewhere.
    """
    key = (data.id, repr(spec))
    held: tuple[Any, core.Asking] | None = st.session_state.get(_ASKING)
    if held is not None and held[0] != key:
        held[1].stop()
        held = None
    if held is None:
        held = (key, core.Asking(_question(data, spec), data.title))
        st.session_state[_ASKING] = held
    wait_for(held[1], data.title, "source_stop_fit", held[1].stop)
    found: PoolingFits = held[1].answer()
    st.session_state.pop(_ASKING, None)
    return found


def _question(data: Dataset, spec: ModelSpec) -> Callable[..., PoolingFits]:
    table = data.elsewhere
    assert table is not None

    def question(tell: Callable[[str, float], None], stop: core.Stop) -> PoolingFits:
        stop.follows(table)
        grouped = table.grouped(spec, progress=lambda said, done: tell(said, 0.8 * done))
        tell(_words("fitting"), 0.8)
        found = core.fit_all(grouped)
        tell(_words("sampling"), 0.9)
        # Drawn now, while somebody is told how it goes: the screens show these rows.
        assert isinstance(grouped.sample_note, str)
        return found

    return question


def again() -> None:
    """Put the question again that failed or was stopped; to be called by a button."""
    st.session_state.pop(_ASKING, None)


def is_waiting() -> bool:
    """Return whether a question failed or was stopped, and could be put again."""
    held: tuple[Any, core.Asking] | None = st.session_state.get(_ASKING)
    return held is not None and held[1].is_over


def levels(data: Dataset, column: str) -> tuple[str, ...]:
    """Return the levels of a category of a table elsewhere; none where they cannot be asked."""
    if data.elsewhere is None:
        return ()
    try:
        return data.elsewhere.levels(column)
    except PoolingError:
        return ()


def _words(what: str) -> str:
    text: str = texts.load("controls")["source"][what]
    return text
