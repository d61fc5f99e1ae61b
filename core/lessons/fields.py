"""Reading the fields of a lesson file strictly: every table, key and type is known."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from core.exceptions import LessonError
from core.lessons.expression import ExpressionError, parse_expression
from core.lessons.template import Template, parse_template

#: Bytes of a lesson file; the shipped ones need about a tenth.
MOST_BYTES = 65_536
LENGTHS = {"title": 120, "summary": 300, "source": 300, "text": 2_000, "name": 200}
#: The parser walks down the whole of a dotted name for every part of it and for every key in the
#: table of that name: a long one is work squared.
_MOST_DOTS = 200
_KINDS = {str: "a text in quotes", list: "a list", dict: "a table", bool: "true or false"}


def read_toml(content: bytes, file: str) -> dict[str, Any]:
    """Return the tables of a lesson file.

    Raises
    ------
    LessonError
        When it is too large, not text, or not TOML.
    """
    if len(content) > MOST_BYTES:
        raise LessonError(
            file, None, f"the file has {len(content):,} bytes; {MOST_BYTES:,} are allowed"
        )
    try:
        text = content.decode("utf-8-sig")
        if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
            raise LessonError(file, None, f"a line has more than {_MOST_DOTS} points")
        return tomllib.loads(text)
    except UnicodeDecodeError:
        raise LessonError(file, None, "the file is not text in UTF-8: save it as such") from None
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise LessonError(file, None, f"the file is not TOML: {reason}") from None


@dataclass(frozen=True)
class Reader:
    """Reads the keys of one table, and says where it is when something is wrong.

    Attributes
    ----------
    table : mapping
    file : str
    step : int or None
    where : str
        Name of the table inside the step, '' for the step or lesson itself.
    """

    table: Mapping[str, Any]
    file: str
    step: int | None
    where: str = ""

    def error(self, reason: str) -> LessonError:
        """Return an error that names file, step and table."""
        place = f"in '{self.where}', " if self.where else ""
        return LessonError(self.file, self.step, f"{place}{reason}")

    def known(self, keys: Collection[str]) -> None:
        """Refuse keys that mean nothing."""
        for key in self.table:
            if key not in keys:
                raise self.error(f"'{key[:60]}' means nothing here; there are {', '.join(keys)}")

    def get(self, key: str, kind: type, default: Any = None) -> Any:
        """Return a value of one type; the default where it is absent (None: required)."""
        value = self.table.get(key)
        if value is None:
            if default is None:
                raise self.error(f"'{key}' is missing: give {_KINDS[kind]}")
            return default
        if not isinstance(value, kind):
            raise self.error(f"'{key}' must be {_KINDS[kind]}")
        return value

    def text(self, key: str, most: str, default: str | None = None) -> str:
        """Return a text of at most so many characters (a name of ``LENGTHS``)."""
        value: str = self.get(key, str, default)
        if default is None and not value.strip():
            raise self.error(f"'{key}' is empty")
        if len(value) > LENGTHS[most]:
            raise self.error(
                f"'{key}' has {len(value):,} characters; {LENGTHS[most]:,} are allowed"
            )
        return value

    def template(self, key: str, most: str, default: str | None = None) -> Template:
        """Return a text with its placeholders checked."""
        value = self.text(key, most, default)
        try:
            return parse_template(value)
        except ExpressionError as error:
            raise self.error(f"'{key}': {error}") from None

    def expression(self, key: str) -> Any:
        """Return a single placeholder, written without braces."""
        value = self.text(key, "name")
        try:
            return parse_expression(value)
        except ExpressionError as error:
            raise self.error(f"'{key}': {error}") from None

    def choice(self, key: str, allowed: Collection[str], default: str | None = None) -> Any:
        """Return one of some words."""
        value = self.get(key, str, default)
        if value not in allowed and value != default:
            raise self.error(f"'{key}' is one of {', '.join(allowed)}, not '{value[:40]}'")
        return value

    def names(self, key: str, default: Collection[str], most: int = 12) -> tuple[str, ...]:
        """Return a list of names of columns or groups."""
        values = self.get(key, list, list(default))
        if len(values) > most:
            raise self.error(f"'{key}' holds {len(values)} names; {most} are allowed")
        for value in values:
            if not isinstance(value, str) or not value or len(value) > LENGTHS["name"]:
                raise self.error(f"'{key}' must be a list of names in quotes")
        return tuple(values)

    def number(self, key: str) -> float:
        """Return a finite number."""
        value = self.table.get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if value is None or not is_number:
            raise self.error(f"'{key}' must be a number")
        try:
            found = float(value)
        except OverflowError:
            found = math.inf
        if not math.isfinite(found) or abs(found) > 1e12:
            raise self.error(f"'{key}' must be a number of ordinary size")
        return found

    def inside(self, key: str, default: Mapping[str, Any] | None = None) -> Reader:
        """Return a reader of a table inside this one."""
        return Reader(self.get(key, dict, default), self.file, self.step, key)
