"""``Control``: one control of a screen, described once.

It draws itself, keeps its value while it is not drawn, drops a value that is not on offer (any
more), and writes itself into the link and reads itself back (``Option``). A screen declares its
controls in ``controls.py``, draws them in ``parts.py`` and hands them to ``pages/screens.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core import escape
from core.estimators.estimates import varying_names
from core.factors_results import FactorsFits
from core.formats import upper_first
from core.tables.wording import INTERCEPT
from pages._shared import state
from pages._shared.dataset import Shown
from pages._shared.option import Option, Place

__all__ = ["INTERCEPT", "Control", "coefficient", "coefficients", "place", "predictors"]

#: A value outlives the screen that draws it.
_KEPT: Any = "session"
_NOWHERE = Place("")

Words = Mapping[Any, str] | Callable[[Any], str]


def place(shown: Shown) -> Place:
    """Return what the keys of controls may depend on: the table and the model on screen."""
    return Place(shown.dataset.id, state.tag_of(shown.dataset.id, shown.spec))


def _said_by(words: Words | None) -> Callable[[Any], str]:
    if words is None:
        return str
    return words.__getitem__ if isinstance(words, Mapping) else words


@dataclass(frozen=True)
class Control(Option):
    """One control: see ``Option`` for what it may hold.

    Each method draws it as one kind of widget and returns its value. Common parameters:

    label : str
        Said to who cannot see, and shown only where ``is_labelled``.
    words : mapping or callable
        What an option is called.
    options : sequence, optional
        What is on offer; ``choices`` where not given.
    at : Place
        Where keys that depend on table, model or step belong.
    first : optional
        What it shows at first; ``default`` where not given.
    look
        ``help``, ``width`` and what else the widget takes.
    """

    def segments(
        self,
        label: str,
        words: Words | None = None,
        options: Sequence[Any] = (),
        *,
        at: Place = _NOWHERE,
        first: Any = None,
        is_labelled: bool = False,
        **look: Any,
    ) -> Any:
        """Draw a row of buttons, one of which is pressed."""
        offered, start = self._begin(options, at, first)
        chosen = st.segmented_control(
            label,
            offered,
            format_func=_said_by(words),
            default=start,
            required=True,
            **self._look(at, is_labelled, look),
        )
        return chosen if chosen in offered else start

    def select(
        self,
        label: str,
        words: Words | None = None,
        options: Sequence[Any] = (),
        *,
        at: Place = _NOWHERE,
        first: Any = None,
        is_labelled: bool = False,
        **look: Any,
    ) -> Any:
        """Draw a list that opens, of which one is chosen."""
        offered, start = self._begin(options, at, first)
        chosen = st.selectbox(
            label,
            offered,
            index=offered.index(start),
            format_func=_said_by(words),
            **self._look(at, is_labelled, look),
        )
        return chosen if chosen in offered else start

    def radio(
        self,
        label: str,
        words: Words | None = None,
        options: Sequence[Any] = (),
        *,
        at: Place = _NOWHERE,
        **look: Any,
    ) -> Any:
        """Draw a list of which one is marked, all in sight."""
        offered, start = self._begin(options, at, None)
        return st.radio(
            label,
            offered,
            index=offered.index(start),
            format_func=_said_by(words),
            **self._look(at, True, look),
        )

    def several(
        self,
        label: str,
        options: Sequence[Any],
        *,
        at: Place = _NOWHERE,
        is_labelled: bool = False,
        **look: Any,
    ) -> list[Any]:
        """Draw a list of which any number is chosen; what is gone from it is dropped."""
        key, offered = self.key_for(at), list(options)
        if key in st.session_state:
            st.session_state[key] = [v for v in st.session_state[key] if v in offered]
        return list(st.multiselect(label, offered, **self._look(at, is_labelled, look)))

    def toggle(self, label: str, *, at: Place = _NOWHERE, **look: Any) -> bool:
        """Draw a switch."""
        return bool(st.toggle(label, value=bool(self.default), **self._look(at, True, look)))

    def slider(
        self,
        label: str,
        ends: tuple[float, float],
        step: float,
        *,
        at: Place = _NOWHERE,
        first: float | None = None,
        **look: Any,
    ) -> float:
        """Draw a slider from end to end."""
        start = self.default if first is None else first
        self.keep_within(*ends, at)
        return float(st.slider(label, *ends, start, step, **self._look(at, True, look)))

    def slide_among(
        self,
        label: str,
        words: Words | None = None,
        options: Sequence[Any] = (),
        *,
        at: Place = _NOWHERE,
        first: Any = None,
        **look: Any,
    ) -> Any:
        """Draw a slider with a stop for every option."""
        offered, start = self._begin(options, at, first)
        return st.select_slider(
            label,
            offered,
            value=start,
            format_func=_said_by(words),
            **self._look(at, True, look),
        )

    def number(
        self,
        label: str,
        ends: tuple[float, float],
        *,
        at: Place = _NOWHERE,
        first: float | None = None,
        **look: Any,
    ) -> Any:
        """Draw a box for a number."""
        start = self.default if first is None else first
        self.keep_within(*ends, at)
        low, high = ends
        return st.number_input(
            label, min_value=low, max_value=high, value=start, **self._look(at, True, look)
        )

    def text(
        self, label: str, *, at: Place = _NOWHERE, is_labelled: bool = False, **look: Any
    ) -> str:
        """Draw a box for a word or two."""
        return str(st.text_input(label, **self._look(at, is_labelled, look)) or "")

    def pages(self, total: int, *, at: Place = _NOWHERE, **look: Any) -> int:
        """Draw the numbers of so many pages."""
        self.keep_valid(range(1, total + 1), at)
        return int(st.pagination(total, key=self.key_for(at), persist_state=_KEPT, **look))

    def named(self, name: str) -> Control:
        """Return one of the controls that a control of kind ``named`` stands for."""
        return replace(
            self, key=self.key.replace("{name}", name.replace("{", "{{").replace("}", "}}"))
        )

    def now(self, at: Place = _NOWHERE) -> Any:
        """Return what it holds without drawing it; ``default`` where it holds nothing."""
        held = st.session_state.get(self.key_for(at))
        return self.default if held is None else held

    def set(self, value: Any, at: Place = _NOWHERE) -> None:
        """Have it hold a value; before it is drawn, or in a callback."""
        st.session_state[self.key_for(at)] = value

    def keep_valid(self, options: Iterable[Any], at: Place = _NOWHERE) -> None:
        """Forget what it holds when that is not on offer; before it is drawn."""
        key = self.key_for(at)
        if key in st.session_state and st.session_state[key] not in tuple(options):
            del st.session_state[key]

    def keep_within(self, low: float, high: float, at: Place = _NOWHERE) -> None:
        """Forget a number that is out of range; before it is drawn."""
        key = self.key_for(at)
        held = st.session_state.get(key)
        if held is not None and not (isinstance(held, int | float) and low <= held <= high):
            del st.session_state[key]

    def _begin(self, options: Sequence[Any], at: Place, first: Any) -> tuple[list[Any], Any]:
        """Return what is on offer and what to show at first, and drop what is not on offer."""
        offered = list(options or self.choices)
        self.keep_valid(offered, at)
        start = self.default if first is None else first
        return offered, start if start in offered else offered[0]

    def _look(self, at: Place, is_labelled: bool, look: dict[str, Any]) -> dict[str, Any]:
        visibility = "visible" if is_labelled else "collapsed"
        return {
            "key": self.key_for(at),
            "label_visibility": visibility,
            "persist_state": _KEPT,
        } | look


def coefficient(
    control: Control, shown: Shown, label: str, names: Sequence[str] | None = None
) -> str:
    """Return the varying coefficient to look at; draw a choice where there are several."""
    names = coefficients(shown) if names is None else names
    if len(names) == 1:
        return names[0]

    def words(name: str) -> str:
        return escape.for_markdown(upper_first(shown.wording.term(name, shown.fits.data)))

    return str(control.segments(label, words, names, first=names[0]))


def coefficients(shown: Shown) -> tuple[str, ...]:
    """Return the varying coefficients of the fits: what ``coefficient`` offers."""
    if isinstance(shown.fits, FactorsFits):
        own = shown.fits.no_pooling.factors.values()
        return tuple(dict.fromkeys(name for each in own for name in each.varying_names))
    return tuple(varying_names(shown.fits))


def predictors(shown: Shown) -> tuple[str, ...]:
    """Return the individual-level predictors of the model on screen."""
    return shown.spec.predictors
