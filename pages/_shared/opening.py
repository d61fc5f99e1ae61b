"""Opening tables: from a file or the clipboard, with progress and a way to stop.

What is to be read is asked for with ``ask`` (by the uploader, or by a button's callback) and
read by ``work``, once per run and before the model is chosen. A small table of text is read at
once; everything else in a process of its own, which ``Stop`` ends. A failure leaves everything
as it was: the message goes to ``upload_error``, the table on screen stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.exceptions import DataError, PoolingError
from core.sources.uploads import MOST_BYTES
from core.tables.examples import Column
from core.tables.read.number_marks import recognise
from core.tables.wording import Wording
from core.takeaway.work import Work, is_work, unpack_work
from pages._shared import state, texts
from pages._shared.dataset import Dataset
from pages._shared.host import room, sources
from pages._shared.host.settings import settings

#: Text up to this size is read within the run: it takes less time than asking somebody else.
_SMALL = 1_000_000
#: Megabytes a second, for the guess how long it will take.
_SPEED = {"csv": 40.0, "parquet": 100.0, "feather": 200.0}
_TICK = 0.1


@dataclass(frozen=True, eq=False)
class Request:
    """A table that is to be read.

    ``replaces`` names the table it takes the place of, ``work`` is the saved work it belongs to.
    """

    name: str
    content: bytes
    options: core.ReadOptions = field(default_factory=core.ReadOptions)
    replaces: str = ""
    work: Work | None = None

    @cached_property
    def id(self) -> str:
        """The id that the table will have."""
        return state.name_of(self.content, self.options)


def panel() -> None:
    """Draw the ways to open a table."""
    text = texts.load("controls")["data"]
    if st.session_state.pop("opened", False):
        st.session_state["data_open"] = False
    part = st.expander(text["upload"], key="data_open", on_change="rerun")
    if not settings().uploads:
        part.caption(texts.load("server")["uploads_off"]["words"])
        return
    with part:
        st.file_uploader(
            text["upload_label"],
            key="data_upload",
            help=text["upload_help"],
            max_upload_size=_most_megabytes(),
            on_change=_follow,
        )
        is_small = _most_megabytes() * 1_000_000 <= core.LIMITS.file_bytes
        st.caption(text["upload_limit" if is_small else "upload_large"])
        st.text_area(text["paste"], key="data_paste", placeholder=text["paste_example"], height=110)
        st.button(text["paste_read"], key="data_paste_read", on_click=_paste, width="stretch")
    if part.open:
        _warm()


def _most_megabytes() -> int:
    """Return how large an upload may be: what the server takes, and what is kept on disk."""
    taken = int(st.get_option("server.maxUploadSize"))
    return min(taken, MOST_BYTES // 1_000_000)


def _follow() -> None:
    """Ask for the file that was chosen; a file taken away takes its message along."""
    file: Any = st.session_state["data_upload"]
    if file is None:
        st.session_state.pop("upload_error", None)
    elif sources.is_too_large(file.size):
        _drop()
        sources.open_upload(file)
    elif is_work(content := file.getvalue()):
        _ask_work(content, file.name)
    else:
        ask(Request(file.name, content))


def _ask_work(content: bytes, name: str) -> None:
    """Ask for the table of a project file; the rest follows when it is there."""
    try:
        work = unpack_work(content, name)
    except PoolingError as error:
        st.session_state["upload_error"] = (name, str(error))
    else:
        ask(Request(work.title, work.packed, work.options, work=replace(work, packed=b"")))


def opened_work() -> tuple[Work, str] | None:
    """Return the saved work whose table has just been read, once, and the id of the table."""
    found: tuple[Work, str] | None = st.session_state.pop("opened_work", None)
    return found


def _paste() -> None:
    """Ask for the text in the box, which stays there."""
    pasted = str(st.session_state.get("data_paste") or "")
    name = texts.load("controls")["data"]["paste_name"]
    if pasted.strip():
        ask(Request(name, pasted.encode("utf-8", errors="replace")))


def ask(request: Request) -> None:
    """Have a table read in place of any that is being read."""
    _drop()
    sources.drop()
    st.session_state["reading"] = request


def again(data: Dataset, changes: dict[str, Any]) -> None:
    """Ask for the file of a table to be read in another way; on failure the table stays."""
    name = data.title
    try:
        options = replace(data.options, **changes)
        ask(Request(name, data.content, options, replaces=data.id))
    except PoolingError as error:
        st.session_state["upload_error"] = (name, f"{error} {texts.load('reading')['kept']}")


def _drop() -> None:
    st.session_state.pop("reading", None)
    job = st.session_state.pop("reading_job", None)
    if job is not None:
        job.stop()


def stop() -> None:
    """Give up reading; to be called by a button."""
    request: Request | None = st.session_state.get("reading")
    _drop()
    if request is not None:
        said = texts.load("controls")["data"]["stopped"]
        st.session_state["upload_error"] = (request.name, said)


def work() -> None:
    """Read what was asked for; on failure keep what is shown and say why."""
    _open_elsewhere()
    request: Request | None = st.session_state.get("reading")
    if request is None:
        return
    try:
        _hold(request, _table(request))
        st.session_state.pop("upload_error", None)
        st.session_state["opened"] = True
    except PoolingError as error:
        kept = " " + texts.load("reading")["kept"] if request.replaces else ""
        st.session_state["upload_error"] = (request.name, f"{error}{kept}")
    _drop()
    if "opened_work" in st.session_state:
        st.rerun()  # its model and controls are put before anything is drawn


def _open_elsewhere() -> None:
    """Open the table elsewhere that was asked for; on failure keep what is shown and say why."""
    data = sources.opened()
    if data is None:
        return
    try:
        sources.again()
        state.open_elsewhere(data)
        st.session_state.pop("upload_error", None)
        st.session_state["opened"] = True
    except PoolingError as error:
        st.session_state["upload_error"] = (data.title, str(error))


def _hold(request: Request, table: pd.DataFrame | None) -> None:
    name = request.id
    if request.work is not None:
        st.session_state["opened_work"] = (request.work, name)
    if table is None:
        st.session_state["data_choice"] = name
        return
    if not len(table.columns):
        raise DataError(f"'{request.name}' has no columns.")
    new = Dataset(
        id=name,
        title=_title(request, name),
        source="" if request.work is None else request.work.source,
        changes=() if request.work is None else request.work.changes,
        table=table,
        wording=_wording(table),
        first_spec=None,
        is_upload=True,
        content=request.content,
        options=request.options,
    )
    old = state.uploads().get(request.replaces)
    if old is None:
        state.add_upload(new)
    else:
        said = texts.load("reading")["corrected"].format(what=_corrections(request.options))
        state.read_again(old, new, said)


def _wording(table: pd.DataFrame) -> Wording:
    """Return the units that the file itself tells."""
    report = core.read_report(table)
    units = () if report is None else report.units
    return Wording(columns={name: Column(name, unit) for name, unit in units if name in table})


def _named(key: str) -> str:
    """Return the name of a repair, such as 'number marks of wage'."""
    code, _, column = key.partition(":")
    return code.replace("_", " ") + (f" of {column}" if column else "")


def _corrections(options: core.ReadOptions) -> str:
    """Return what was said about a file, in words."""
    labels, default = texts.load("reading")["labels"], core.ReadOptions()
    said = {f.name: getattr(options, f.name) for f in fields(options)}
    said["as_typed"] = tuple(_named(key) for key in options.as_typed)
    return ", ".join(
        f"{labels[name].lower()} {_plain(value)}"
        for name, value in said.items()
        if value != getattr(default, name)
    )


def _plain(value: Any) -> str:
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(repr(v) if isinstance(v, str) else str(v) for v in values if v != "") or "none"


def _title(request: Request, name: str) -> str:
    """Return a title that no other open table has."""
    others = {d.title for k, d in state.uploads().items() if k not in (name, request.replaces)}
    title, count = request.name, 2
    while title in others:
        title, count = f"{request.name} ({count})", count + 1
    return title


def _table(request: Request) -> pd.DataFrame | None:
    """Return the table, or None where it is open already."""
    if request.id in state.uploads():
        return None
    room.check_open()
    room.check(2 * len(request.content), request.name)
    core.LIMITS.check_file(len(request.content), request.name)
    form = recognise(request.content, request.name)
    if form == "csv" and len(request.content) <= _SMALL:
        return core.read_table(request.content, request.name, request.options)
    return _in_a_process(request, form)


def _in_a_process(request: Request, form: str) -> pd.DataFrame:
    """Read in another process, telling how it goes; a run that is cut short can go on."""
    job: core.Reading | None = st.session_state.get("reading_job")
    if job is None:
        job = core.Reading(request.content, request.name, request.options, _spare())
        st.session_state["reading_job"] = job
    text = texts.load("controls")["data"]
    place = st.empty()
    with place.container(border=True):
        bar = st.progress(0.0)
        st.button(text["stop"], key="data_stop", on_click=stop, width="stretch")
    size = job.size / 1e6
    expected = 0.7 + size / _SPEED.get(form, 3.0)
    while not job.wait(_TICK):
        said = text["progress"].format(
            name=escape.for_markdown(request.name),
            size=f"{size:,.1f}",
            seconds=f"{job.seconds:.0f}",
            expected=f"{expected:.0f}",
        )
        bar.progress(min(job.seconds / expected, 0.97), text=said)
    place.empty()
    return job.table()


@st.cache_resource(max_entries=1, show_spinner=False)
def _waiting() -> list[core.Reader]:
    """Return the place of a process that waits for a file, for whoever comes first."""
    return []


def _warm() -> None:
    """Start a process while the reader is still looking for the file."""
    waiting = _waiting()
    waiting[:] = [reader for reader in waiting if reader.is_waiting]
    if not waiting:
        waiting.append(core.Reader())


def _spare() -> core.Reader | None:
    try:
        return _waiting().pop()
    except IndexError:
        return None
