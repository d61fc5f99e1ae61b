"""What is known of one control of a screen: its name, its key, what it may hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

from core.exceptions import SpecError
from pages._shared.dataset import Shown

Kind = Literal["choice", "flag", "whole", "number", "text", "many", "named"]
_LONGEST = 200


@dataclass(frozen=True)
class Place:
    """What keys of the session may depend on: the table, the model, the step of a lesson."""

    table: str
    model: str = ""
    step: str = ""


@dataclass(frozen=True)
class Offer:
    """What one control offers for the fits that are shown, and what it shows at first."""

    start: Any
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[Any, ...] = ()

    def has(self, value: Any) -> bool:
        """Return whether the control can show a value of a link."""
        if self.choices:
            return _plain(value) in map(_plain, self.choices)
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Option:
    """One control of a screen, as a link holds it.

    Attributes
    ----------
    name, key
        Name in the link; key of the session, in which ``{table}``, ``{model}`` and ``{step}``
        stand for the parts of a ``Place``.
    default
        What the control shows at first; such a value is not written.
    kind
        ``choice`` of ``choices``; ``flag``, ``whole`` and ``number`` (from ``low`` to ``high``);
        ``text`` and ``many`` (texts); ``named``: several controls, each by its name, which
        stands for ``{name}`` in the key.
    is_private
        Whether it may hold words of the table.
    is_place
        Whether keys of others depend on it: together these are the step of a ``Place``.
    is_own
        Whether it is the reader's own answer, which a link to hand on leaves out.
    offers
        What is on offer for the fits that are shown: an ``Offer`` (of ``named`` one a name), or
        the values that there are. None where that depends on nothing.
    """

    name: str
    key: str
    default: Any = None
    kind: Kind = "choice"
    choices: tuple[Any, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    is_private: bool = False
    is_place: bool = False
    is_own: bool = False
    offers: Callable[[Shown], Any] | None = None

    def key_for(self, place: Place, name: str = "") -> str:
        """Return the session key at a place."""
        parts = {"table": place.table, "model": place.model, "step": place.step, "name": name}
        return self.key.format_map(parts)

    def held(self, session: Mapping[Any, Any], place: Place, shown: Shown) -> Any:
        """Return what the control holds; None where that is nothing for a link to say."""
        if self.kind == "named":
            return self._held_by_name(session, place, shown)
        value = session.get(self.key_for(place))
        if value is None or value == self.default or self.offers is None:
            return value
        offered = self.offers(shown)
        if isinstance(offered, Offer):
            return None if value == offered.start or not offered.has(value) else value
        if self.kind == "many":
            return [v for v in value if v in offered] or None
        return value if value in offered else None

    def put(self, session: MutableMapping[Any, Any], place: Place, value: Any) -> None:
        """Set the control as a link says; with None, back to what it shows at first."""
        if self.kind == "named":
            before, _, after = self.key_for(place, "\0").partition("\0")
            for key in [k for k in session if _is_between(k, before, after)]:
                del session[key]
            for name, each in (value or {}).items():
                session[self.key_for(place, name)] = each
            return
        key = self.key_for(place)
        if value is not None or (key in session and self.default is not None):
            session[key] = self.default if value is None else value
        else:
            session.pop(key, None)

    def _held_by_name(
        self, session: Mapping[Any, Any], place: Place, shown: Shown
    ) -> dict[str, Any] | None:
        assert self.offers is not None
        before, _, after = self.key_for(place, "\0").partition("\0")
        if not any(_is_between(k, before, after) for k in session):
            return None  # what is on offer may take a moment to find out
        found = {}
        for name, offer in self.offers(shown).items():
            value = session.get(self.key_for(place, name))
            if value is not None and value != offer.start and offer.has(value):
                found[name] = value
        return found or None

    def write(self, value: Any) -> tuple[str, ...]:
        """Return the values that stand in a link; nothing for the default."""
        if value is None or value == self.default:
            return ()
        if self.kind == "flag":
            return ("1",) if value else ("0",)
        if self.kind == "many":
            return tuple(map(str, value)) or ("",)
        if self.kind == "named":
            return tuple(f"{_quoted(name)}:{_plain(v)}" for name, v in value.items())
        return (_plain(value) if self.kind == "number" else str(value),)

    def read(self, texts: tuple[str, ...]) -> Any:
        """Return the value that a link asks for.

        Raises
        ------
        SpecError
            When it is none that the control can show, or is given twice.
        """
        if len(texts) > 1 and self.kind not in ("many", "named"):
            raise SpecError(f"'{self.name}' is given {len(texts)} times.")
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
        if self.kind == "named":
            return dict(map(_named_value, texts))
        value = _number(text) if self.kind == "number" else _whole(text)
        return value if self.low <= value <= self.high else None

    def check(self, value: Any, shown: Shown) -> None:
        """Refuse what the fits that are shown do not have.

        Raises
        ------
        SpecError
            When the link asks for a coefficient, column or number that there is not.
        """
        if self.offers is None or value == self.default:
            return
        offered = self.offers(shown)
        if self.kind == "named":
            wrong = [n for n, v in value.items() if n not in offered or not offered[n].has(v)]
        elif isinstance(offered, Offer):
            wrong = [] if offered.has(value) else [_plain(value)]
        else:
            wrong = [v for v in (value if self.kind == "many" else (value,)) if v not in offered]
        if wrong:
            raise SpecError(f"'{self.name}' cannot be '{str(wrong[0])[:60]}' here.")


def _is_between(key: Any, before: str, after: str) -> bool:
    return isinstance(key, str) and key.startswith(before) and key.endswith(after)


def _plain(value: Any) -> str:
    """Return a number so that it reads back as the same; a word as it is."""
    return f"{value:.15g}" if isinstance(value, int | float) else str(value)


def _number(text: str) -> float:
    """Return a number that is written plainly: no blanks, underscores or foreign digits."""
    if len(text) > 25 or set(text) - set("+-.0123456789einf"):
        raise ValueError(text)
    return float(text)


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise ValueError(text)
    return int(text)


def _quoted(name: str) -> str:
    return name.replace("%", "%25").replace(":", "%3A")


def _named_value(text: str) -> tuple[str, float | str]:
    """Return a name and its value, of a text ``name:value``."""
    name, mark, value = text.partition(":")
    if not mark or not name:
        raise ValueError(text)
    try:
        number = _number(value)
    except ValueError:
        return unquote(name), value
    return unquote(name), number if _plain(number) == value else value
