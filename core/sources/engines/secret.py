"""``Secret``: what shows itself nowhere but where it is asked for by name."""

from __future__ import annotations

from typing import Any, NoReturn


class Secret:
    """A value that no text, log, error or file shows."""

    __slots__ = ("_held",)

    def __init__(self, value: Any) -> None:
        self._held = value

    @property
    def value(self) -> Any:
        """The value itself."""
        return self._held

    def __repr__(self) -> str:
        return "<not shown>"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")
