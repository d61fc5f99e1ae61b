"""Figures are drawn once: for everybody where the table is everybody's, else within the session.

The key of a figure is *everything that it was drawn from*: which function, and its arguments,
small ones by value, results (fits, tables) by being the very same object. So nobody is shown a
picture of anything but what was handed in, whatever its columns are called; there is no key that
could be forgotten, and a table that somebody else has opened is never the same object. Results
are kept alive for as long as their figure is, so that no other can take their place.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.figures.kept import Kept
from core.tables.wording import Wording
from pages._shared.dataset import Dataset

#: Characters of JSON that the figures of all readers may take together, and of one reader.
_SHARED, _PRIVATE = 64_000_000, 8_000_000
#: And how many.
_MANY, _SOME = 512, 32
#: Values up to so many are compared one by one; larger arrays must be the same object.
_FEW = 2_000
_NAME = "figures"


class Unkeyed(TypeError):
    """An argument that cannot be told from others: its figure is drawn anew each time."""


@dataclass
class Gallery:
    """Figures by what they were drawn from; the one used longest ago goes first.

    Attributes
    ----------
    most, many : int
        Characters of JSON that all of them may take, and how many there may be.
    size, made : int
        What they take; how many were ever drawn.
    """

    most: int
    many: int
    size: int = 0
    made: int = 0
    _held: OrderedDict[Hashable, tuple[Kept, list[Any]]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, key: Hashable) -> Kept | None:
        """Return a figure; None where it is not here."""
        with self._lock:
            found = self._held.get(key)
            if found is None:
                return None
            self._held.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, figure: Kept, alive: list[Any]) -> None:
        """Keep a figure together with the objects that its key names."""
        with self._lock:
            old = self._held.pop(key, None)
            self.size += figure.size - (old[0].size if old else 0)
            self._held[key] = figure, alive
            self.made += 1
            while self._is_full():
                self.size -= self._held.popitem(last=False)[1][0].size

    def _is_full(self) -> bool:
        return len(self._held) > self.many or (self.size > self.most and len(self._held) > 1)


#: Those of examples and of simulations with a seed.
SHARED = Gallery(_SHARED, _MANY)


def drawn(owner: Dataset | None, plot: Callable[..., Any], *given: Any, **options: Any) -> Any:
    """Return ``plot(*given, **options)``, drawn once for the same arguments.

    Parameters
    ----------
    owner : Dataset or None
        Whose figure it is: kept in the session where the table is the reader's own. None where
        nothing of a reader's goes into it.
    plot : callable
        A pure function of the house, by its name: it draws the same from the same.
    given, options
        Its arguments; nothing that is handed in may be changed afterwards.

    Returns
    -------
    plotly.basedatatypes.BaseFigure
        To be shown, and its ``layout.meta`` read; not to be drawn in.
    """
    alive: list[Any] = []
    try:
        key = (plot.__module__, plot.__qualname__, _all(given, alive), _named(options, alive))
    except Unkeyed:
        return plot(*given, **options)
    gallery = _own() if owner is not None and owner.is_upload else SHARED
    found = gallery.get(key)
    if found is None:
        found = Kept(plot(*given, **options))
        gallery.put(key, found, alive)
    return found


def _own() -> Gallery:
    found: Gallery = st.session_state.setdefault(_NAME, Gallery(_PRIVATE, _SOME))
    return found


def _all(values: Iterable[Any], alive: list[Any]) -> tuple[Hashable, ...]:
    return tuple(_key(value, alive) for value in values)


def _named(values: Mapping[Any, Any], alive: list[Any]) -> tuple[Hashable, ...]:
    return tuple((name, _key(value, alive)) for name, value in values.items())


def _key(value: Any, alive: list[Any]) -> Hashable:
    """Return what tells a value from every other; ``alive`` takes what it is told by being."""
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.generic)):
        return type(value).__name__, repr(value)
    if isinstance(value, (tuple, list)):
        return type(value).__name__, _all(value, alive)
    if isinstance(value, Mapping):
        return type(value).__name__, _named(value, alive)
    if isinstance(value, np.ndarray) and value.size <= _FEW and not value.dtype.hasobject:
        return "array", value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, pd.DataFrame) and value.size <= _FEW:
        return "table", _all(value.index, alive), _columns(value, alive)
    if isinstance(value, Wording) or _is_compared(value):
        parts = ((f.name, _key(getattr(value, f.name), alive)) for f in fields(value))
        return type(value).__qualname__, tuple(parts)
    if isinstance(value, (np.ndarray, pd.DataFrame)) or _is_frozen(value):
        alive.append(value)
        return type(value).__qualname__, id(value)
    raise Unkeyed(type(value).__qualname__)


def _columns(table: pd.DataFrame, alive: list[Any]) -> tuple[Hashable, ...]:
    """Return names, kinds and values of the columns; a category's order is not among them."""
    if any(isinstance(kind, pd.CategoricalDtype) for kind in table.dtypes):
        raise Unkeyed("category")
    return tuple(
        (_key(name, alive), str(column.dtype), _all(column.tolist(), alive))
        for name, column in table.items()
    )


def _is_frozen(value: Any) -> bool:
    """Return whether something is a dataclass that nobody can change."""
    settings = getattr(type(value), "__dataclass_params__", None)
    return settings is not None and bool(settings.frozen)


def _is_compared(value: Any) -> bool:
    """Return whether a frozen dataclass is equal to others with the same fields."""
    return _is_frozen(value) and bool(type(value).__dataclass_params__.eq)
