"""The state that all screens share: tables, the model asked for, the fits that are shown.

Session keys
------------
uploads : dict of id to Dataset
    Tables of this session, newest last; never shared with another session.
simulations : dict of id to Dataset
    Tables drawn from a known truth, newest last. One with an id ``sim-...`` holds nothing
    but its recipe and can be made again from that text.
drafts : dict of dataset id to dict
    The model controls of every table, so that nothing set is lost on switching tables.
asked : Dataset
    The table that is chosen in this run.
shown : Shown
    What ``resolve`` made of the sidebar in this run.
answered : dict of dataset id to set of str
    Questions about a table that were answered or passed over; ``EVERYTHING`` for all of them.
upload_error : (file name, message) or absent
    The last table that was to be opened or read again, when that failed.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import streamlit as st

import core
from core.exceptions import PoolingError
from core.explore.simulate.simulated import SIMULATED_WORDING, simulated_story, simulated_title
from core.model_terms import columns_of
from core.spec import ModelSpec
from core.tables.recipe_text import PREFIX as SIMULATED
from core.tables.wording import Wording
from pages._shared import cache
from pages._shared.dataset import Dataset, Shown
from pages._shared.host.settings import MEGABYTE, settings
from pages._shared.model import kept

#: In the place of all questions about a table.
EVERYTHING = "everything"
#: Simulated tables that one session may hold.
MOST_SIMULATIONS = 5


def example(name: str) -> Dataset:
    """Return a shipped example as a dataset (the table is shared: never change it)."""
    entry = core.EXAMPLES[name]
    return Dataset(
        id=name,
        title=entry.title,
        table=cache.example_table(name),
        wording=Wording.of_example(entry),
        first_spec=entry.spec,
        story=entry.story,
        source=entry.source,
    )


def datasets() -> dict[str, str]:
    """Return what can be chosen: id to title, examples first."""
    names = {name: entry.title for name, entry in core.EXAMPLES.items()}
    return names | {name: d.title for name, d in (simulations() | uploads()).items()}


def dataset(name: str) -> Dataset:
    """Return a dataset by id; the first example when the id is unknown."""
    held = uploads().get(name) or simulations().get(name)
    if held is not None:
        return held
    return example(name if name in core.EXAMPLES else next(iter(core.EXAMPLES)))


def public(name: str) -> Dataset | None:
    """Return a table that anybody can be shown by its id alone; None when there is none.

    Raises
    ------
    PoolingError
        When the id is that of a simulated table, but damaged.
    """
    if name.startswith(SIMULATED):
        return simulations().get(name) or simulations()[open_simulation(name)]
    return example(name) if name in core.EXAMPLES else None


def uploads() -> dict[str, Dataset]:
    """Return the tables of this session."""
    held: dict[str, Dataset] = st.session_state.setdefault("uploads", {})
    return held


def simulations() -> dict[str, Dataset]:
    """Return the simulated tables of this session."""
    held: dict[str, Dataset] = st.session_state.setdefault("simulations", {})
    return held


def add_simulation(data: Dataset) -> str:
    """Take a simulated table into this session and return its id."""
    held = simulations()
    held.pop(data.id, None)
    while len(held) >= MOST_SIMULATIONS:
        held.pop(next(iter(held)))
    held[data.id] = data
    return data.id


def open_simulation(name: str) -> str:
    """Make the table that a text ``sim-...`` stands for one of this session's; return its id.

    Raises
    ------
    PoolingError
        When the text is no recipe, or asks for more than a simulated table may hold.
    """
    recipe = core.read_recipe(name)
    name = core.recipe_text(recipe)
    return add_simulation(
        Dataset(
            id=name,
            title=simulated_title(recipe),
            table=cache.simulated_table(name),
            wording=SIMULATED_WORDING,
            first_spec=recipe.spec,
            story=simulated_story(recipe),
        )
    )


def name_of(content: bytes, options: core.ReadOptions) -> str:
    """Return the id of a table by the bytes it is read from and how it is read."""
    how = "" if options == core.ReadOptions() else repr(options)
    digest = hashlib.sha256(content)
    digest.update(how.encode())
    return f"upload-{digest.hexdigest()[:16]}"


def add_upload(new: Dataset) -> None:
    """Hold one more table in this session and choose it.

    Raises
    ------
    DataError
        When this session holds too many tables or too much, or the tables of all sessions.
    """
    held = uploads()
    others = [data for data in held.values() if data.id != new.id]
    size = sum(data.table_bytes for data in (*others, new))
    limits = replace(core.LIMITS, session_bytes=settings().session_mb * MEGABYTE)
    limits.check_session(len(others) + 1, size, new.title)
    held[new.id] = new
    st.session_state["data_choice"] = new.id


def open_elsewhere(new: Dataset) -> None:
    """Hold a table that stays elsewhere, in place of what it was when it was opened before.

    Raises
    ------
    DataError
        When this session holds too many tables.
    """
    old = uploads().get(new.id)
    add_upload(new)
    cache.forget(new.id)
    if old is not None and old.elsewhere is not None:
        old.elsewhere.close()


def read_again(old: Dataset, new: Dataset, what: str) -> None:
    """Put a table in the place of what its file was read as before, and choose it."""
    changed = replace(new, previous=old, changes=(what,))
    _replace(old, changed)
    _carry(old, changed)


def close(data: Dataset) -> None:
    """Forget a table and what was made of it; to be called by a button."""
    held = uploads()
    held.pop(data.id, None)
    if data.elsewhere is not None:
        data.elsewhere.cancel()
        data.elsewhere.close()
    drafts().pop(data.id, None)
    st.session_state.get("answered", {}).pop(data.id, None)
    kept.keep(data.id, None)
    cache.forget(data.id)
    shown = st.session_state.get("shown")
    if shown is not None and shown.dataset.id == data.id:
        st.session_state.pop("shown")
    st.session_state["data_choice"] = next(reversed(held), next(iter(core.EXAMPLES)))


def changed(data: Dataset, fix: core.Fix) -> Dataset:
    """Return a table with a fix applied, kept for this session.

    Raises
    ------
    DataError
        When the fix does not apply.
    """
    digest = hashlib.sha256(f"{data.id} {fix!r}".encode()).hexdigest()[:16]
    name = f"upload-{digest}"
    held = uploads()
    if name not in held:
        held[name] = replace(
            data,
            id=name,
            title=data.title if data.is_upload else f"{data.title} (changed)",
            **_fixed(data, fix),
            is_upload=True,
            changes=(*data.changes, fix.label),
            previous=data,
            fixes=(*data.fixes, fix),
            base=data.base if data.is_upload else data.id,
        )
    return held[name]


def _fixed(data: Dataset, fix: core.Fix) -> dict[str, Any]:
    """Return a table with a fix applied, where it is."""
    if data.elsewhere is None:
        return {"table": core.apply_fix(data.table, fix)}
    table = data.elsewhere.apply(fix)
    look = core.look_at(table)
    return {"table": look.rows, "elsewhere": table, "look_note": look.note}


def mend(data: Dataset, fix: core.Fix) -> None:
    """Apply a fix to a table and choose the result; to be called by a button.

    The mended table belongs to the session, also where it comes from an example. An upload
    takes the place of what it was; ``undo`` brings that back.
    """
    made = changed(data, fix)
    _replace(data, made)
    _carry(data, made, fix)


def _carry(before: Dataset, after: Dataset, fix: core.Fix | None = None) -> None:
    """Keep the model of a table for what it has become, where outcome and group are still there."""
    answered(after.id).update(answered(before.id))
    old, names = draft(before.id), {str(c) for c in after.table.columns}
    if old and {old["outcome"], old["group"]} <= names:
        st.session_state["drafts"][after.id] = _carried(old, names, fix)
    model = kept.kept(before.id)
    if model is not None and set(model.columns) <= names:
        kept.keep(after.id, model)


def _carried(old: dict[str, Any], names: set[str], fix: core.Fix | None) -> dict[str, Any]:
    """Return the model controls for a mended table.

    Columns that are gone leave their roles; a column made from a predictor takes its place.
    """
    new = {f: _known(v, names) if isinstance(v, list) else v for f, v in old.items()}
    if new["weights"] not in names:
        new["weights"] = ""
    if not isinstance(fix, core.Recipe) or fix.column not in new["predictors"]:
        return new
    made = fix.names[0]
    for role in ("predictors", "slopes"):
        new[role] = [made if c == fix.column else c for c in new[role]]
    new["cross_level"] = [(made if a == fix.column else a, b) for a, b in new["cross_level"]]
    new["group_predictors"] = [*new["group_predictors"], *fix.group_names]
    return new


def _known(values: list[Any], names: set[str]) -> list[Any]:
    """Return the columns, pairs of columns, terms and filters that a table has the columns of."""
    return [v for v in values if set(_columns_in(v)) <= names]


def _columns_in(value: Any) -> tuple[str, ...]:
    if isinstance(value, core.Keep):
        return (value.column,)
    return value if isinstance(value, tuple) else columns_of(value)


def undo(data: Dataset) -> None:
    """Choose the table as it was before its last mending; to be called by a button."""
    if data.previous is not None:
        _replace(data, data.previous)


def _replace(old: Dataset, new: Dataset) -> None:
    """Put one table of this session in the place of another and choose it."""
    held = uploads()
    held.pop(old.id, None)
    if new.is_upload:
        held[new.id] = new
    st.session_state["data_choice"] = new.id


def selected_group(found: Shown, otherwise: str) -> str:
    """Return the group that is looked at on every screen; ``otherwise`` where none was chosen."""
    name = st.session_state.get(f"group_{found.dataset.id}")
    return name if name in found.group_names else otherwise


def select_group(found: Shown, name: str) -> None:
    """Look at a group, on every screen."""
    st.session_state[f"group_{found.dataset.id}"] = name


def note(text: str) -> None:
    """Have a remark about a link shown until the reader does something else."""
    st.session_state["link_note"], st.session_state["link_note_is_new"] = text, True


def settle_note() -> None:
    """Forget the remark, unless it was made in this very run."""
    if not st.session_state.pop("link_note_is_new", False):
        st.session_state.pop("link_note", None)


def tell() -> None:
    """Have what keeps a state of its own in the browser take that of the session instead."""
    st.session_state["told"] = told() + 1


def told() -> int:
    """Return how often the session was changed from outside: by a link, or by a click elsewhere."""
    count: int = st.session_state.get("told", 0)
    return count


def draft(name: str) -> dict[str, Any]:
    """Return the model controls of a dataset, as last set; empty at first."""
    return drafts().setdefault(name, {})


def drafts() -> dict[str, dict[str, Any]]:
    """Return the model controls of all datasets by id."""
    held: dict[str, dict[str, Any]] = st.session_state.setdefault("drafts", {})
    return held


def answered(name: str) -> set[str]:
    """Return which questions about a table were answered or passed over (see ``guessing``)."""
    held: dict[str, set[str]] = st.session_state.setdefault("answered", {})
    return held.setdefault(name, set())


def tag_of(table: str, spec: ModelSpec) -> str:
    """Return a short name of a table with a model, for keys of controls that belong to both."""
    return hashlib.sha256(f"{table} {spec!r}".encode()).hexdigest()[:8]


def resolve(data: Dataset, spec: ModelSpec | PoolingError) -> None:
    """Fit what the sidebar asks for and keep it for the screens; keep the last on failure."""
    st.session_state["asked"] = data
    try:
        if isinstance(spec, PoolingError):
            raise spec
        fits = cache.fits(data, spec)
        st.session_state["shown"] = Shown(data, spec, fits)
    except PoolingError as error:
        last: Shown | None = st.session_state.get("shown")
        if last is not None:
            st.session_state["shown"] = replace(last, error=error)
        else:
            start = example(next(iter(core.EXAMPLES)))
            assert start.first_spec is not None
            fits = cache.fits(start, start.first_spec)
            st.session_state["shown"] = Shown(start, start.first_spec, fits, error)


def asked() -> Dataset:
    """Return the table that is chosen, whether or not a model could be fitted to it."""
    found: Dataset = st.session_state["asked"]
    return found


def shown() -> Shown:
    """Return what the screens show in this run."""
    found: Shown = st.session_state["shown"]
    return found
