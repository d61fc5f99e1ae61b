"""What a link may say about the controls of each screen: one line a control.

A screen's controls stand under its path (the start screen's under ``""``), those that all
screens share under ``SHARED``. A control that takes words from the table is ``is_private``: it
stays out of a link to an uploaded table.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from core.exceptions import SpecError
from core.tables.recipe_text import FIT_STRUCTURES, MOST_SEED
from pages._shared import texts

Kind = Literal["choice", "flag", "whole", "number", "text", "many"]
_LONGEST = 200


@dataclass(frozen=True)
class Option:
    """One control of a screen, as a link holds it.

    Attributes
    ----------
    name, key
        Name in the link; key of the session.
    default
        What the control shows at first; such a value is not written.
    kind
        ``choice`` of ``choices``; ``flag``, ``whole`` and ``number`` (from ``low`` to ``high``);
        ``text`` and ``many`` (texts) from the table.
    is_private, is_of_table
        Whether it may hold words of the table; whether every table keeps its own value.
    """

    name: str
    key: str
    default: Any = None
    kind: Kind = "choice"
    choices: tuple[Any, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    is_private: bool = False
    is_of_table: bool = False

    def key_for(self, table: str) -> str:
        """Return the session key, by the id of the table that is shown."""
        return f"{self.key}_{table}" if self.is_of_table else self.key

    def write(self, value: Any) -> tuple[str, ...]:
        """Return the values that stand in a link; nothing for the default."""
        if value is None or value == self.default:
            return ()
        if self.kind == "flag":
            return ("1",) if value else ("0",)
        if self.kind == "many":
            return tuple(map(str, value)) or ("",)
        return (f"{value:.15g}",) if self.kind == "number" else (str(value),)

    def read(self, texts: tuple[str, ...]) -> Any:
        """Return the value that a link asks for.

        Raises
        ------
        SpecError
            When it is none that the control can show.
        """
        text = texts[-1]
        try:
            value = self._value(text, texts)
        except ValueError:
            value = None
        if value is None or max(map(len, texts)) > _LONGEST:
            raise SpecError(f"'{self.name}' cannot be '{text[:60]}'.")
        return value

    def _value(self, text: str, texts: tuple[str, ...]) -> Any:
        if self.kind == "choice":
            return next((c for c in self.choices if str(c) == text), None)
        if self.kind == "flag":
            return {"1": True, "0": False}.get(text)
        if self.kind == "text":
            return text
        if self.kind == "many":
            return [t for t in texts if t]
        value = float(text) if self.kind == "number" else int(text)
        return value if self.low <= value <= self.high else None


_INTERCEPT = "(Intercept)"
_TERM = Option("term", "pooling_term", _INTERCEPT, "text", is_private=True)

SHARED = (Option("projector", "display_projector", False, "flag"),)

SCREENS: dict[str, tuple[Option, ...]] = {
    "": (
        Option(
            "view",
            "pooling_view",
            "dial",
            choices=("dial", "lines", "shrinkage", "group_size", "map", "table"),
        ),
        Option("dial", "pooling_dial", 1.0, "number", low=0.0, is_of_table=True),
        _TERM,
        Option(
            "order",
            "pooling_lines_order",
            "spread",
            choices=("spread", "size", "shift", "estimate", "name"),
        ),
        Option(
            "sort",
            "pooling_shrinkage_order",
            "estimate",
            choices=("estimate", "size", "shift", "name"),
        ),
        Option("find", "pooling_search", "", "text", is_private=True),
        Option("along", "pooling_along", None, "text", is_private=True),
        Option("se", "pooling_shrinkage_intervals", False, "flag"),
        Option("se_size", "pooling_group_size_intervals", True, "flag"),
        Option("page", "pooling_page", 1, "whole", low=1, high=10_000),
    ),
    "two_levels": (
        Option("u", "two_levels_column", None, "text", is_private=True, is_of_table=True),
        Option("term", "two_levels_term", _INTERCEPT, "text", is_private=True),
        Option("slopes", "two_levels_slopes", True, "flag"),
        Option("own", "two_levels_own", True, "flag"),
        Option("x", "two_levels_predictor", None, "text", is_private=True, is_of_table=True),
    ),
    "variance": (
        Option(
            "view",
            "variance_view",
            "components",
            choices=("components", "share", "zero", "boundary"),
        ),
        Option("zero", "variance_zero", None, "number", is_of_table=True),
    ),
    "standard_errors": (
        Option("terms", "standard_errors_terms", None, "many", is_private=True, is_of_table=True),
    ),
    "lessons": (
        Option("lesson", "lessons_id", "", "text"),
        Option("step", "lessons_step", 1, "whole", low=1, high=7),
    ),
    "terms": (
        Option("find", "terms_search", "", "text"),
        Option("view", "terms_view", "words", choices=("words", "dictionary")),
    ),
}


_SIMULATE = "simulate"
SCREENS[_SIMULATE] = (
    Option("view", "simulate_view", "one", choices=("one", "many", "map", "amount")),
    Option("source", "simulate_source", "designed", choices=("designed", "own")),
    Option("seed", "simulate_seed", 1, "whole", low=0, high=MOST_SEED),
    Option("fit", "simulate_structure", "intercept", choices=FIT_STRUCTURES),
    Option("u", "simulate_use_u", False, "flag"),
    Option("measure", "simulate_measure", "error", choices=("error", "coverage", "sigma")),
    Option("draws", "simulate_draws", 1000, choices=(200, 1000, 5000)),
    Option("same", "simulate_same_groups", False, "flag"),
    Option(
        "map", "simulate_map", "ratio_size", choices=("ratio_size", "groups_size", "ratio_groups")
    ),
    Option("share", "simulate_share", 0.8, choices=(0.5, 0.6, 0.7, 0.8, 0.9, 0.95)),
)


def _sliders() -> tuple[Option, ...]:
    """Return the sliders of the screen Simulate, with their ranges."""
    found = []
    for name, slider in texts.load("simulate")["sliders"].items():
        key, value = f"simulate_{name}", slider["value"]
        if "options" in slider:
            found.append(Option(name, key, value, choices=tuple(slider["options"])))
        else:
            low, high = slider["low"], slider["high"]
            found.append(Option(name, key, value, "number", low=low, high=high))
    return tuple(found)


def options_of(screen: str) -> tuple[Option, ...]:
    """Return what a link may say on a screen, by the path of the screen."""
    more = _sliders() if screen == _SIMULATE else ()
    return (*SHARED, *SCREENS.get(screen, ()), *more)
