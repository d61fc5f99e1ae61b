"""Sources that whoever runs the app names in its configuration; readers choose them by label.

A path or an address never comes from a reader: it is looked up here, under its label.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.exceptions import SourceError
from core.formats import shorten
from core.sources.engines.secret import Secret
from core.sources.engines.stop import Stop
from core.sources.lazy_table import LazyTable
from core.sources.opening import open_table

#: The variable that holds sources as JSON or TOML, or the path of a TOML file with them.
VARIABLE = "POOLING_SOURCES"
_FIELDS = frozenset({"path", "address", "table", "memory", "spill", "threads", "orders", "about"})
_LABEL = re.compile(r"[^\x00-\x1f\x7f]{1,80}")


@dataclass(frozen=True)
class NamedSource:
    """One table that may be opened, by its label.

    Attributes
    ----------
    label : str
        What a reader chooses and sees.
    about : str
        A sentence for the reader, as the configuration has it.
    """

    label: str
    about: str
    _where: Secret
    _options: Secret

    def open(self, stop: Stop | None = None) -> LazyTable:
        """Return the table.

        Raises
        ------
        SourceError
            When it cannot be reached; the message names the label alone.
        """
        return open_table(
            self._where.value, label=f"'{self.label}'", stop=stop, **self._options.value
        )


class NamedSources(Mapping[str, NamedSource]):
    """The sources of a configuration, by label, in its order.

    Parameters
    ----------
    config : mapping
        Label to a mapping with ``address`` (``postgresql://...``) and ``table``, or with
        ``path`` (a file, a folder, or a pattern); optionally ``about``, ``memory``, ``spill``,
        ``threads`` and ``orders``.

    Raises
    ------
    SourceError
        When an entry is not like that. The message names its label and the field, never what
        the field holds.
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._sources = {str(label): _source(str(label), one) for label, one in config.items()}

    def __repr__(self) -> str:
        return f"NamedSources({', '.join(map(repr, self._sources))})"

    def __getitem__(self, label: str) -> NamedSource:
        return self._sources[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)

    @property
    def labels(self) -> tuple[str, ...]:
        """What readers choose from."""
        return tuple(self._sources)

    def open(self, label: str, stop: Stop | None = None) -> LazyTable:
        """Return the table of a label.

        Raises
        ------
        SourceError
            When the configuration has no such label, or its table cannot be reached.
        """
        if label not in self._sources:
            raise SourceError(
                f"There is no source '{shorten(label, 60)}'. Choose one of those in the list; "
                "whoever runs the app can add others to its configuration.",
                code="unknown_source",
            )
        return self._sources[label].open(stop)


def named_sources(
    config: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> NamedSources:
    """Return the sources that a configuration names.

    Parameters
    ----------
    config : mapping, optional
        The section ``sources`` of the app's secrets.
    environment : mapping, optional
        Environment variables; ``POOLING_SOURCES`` adds to the configuration, and wins.

    Raises
    ------
    SourceError
        When the configuration cannot be read, or an entry is incomplete.

    Examples
    --------
    >>> named_sources({"Schools": {"path": "schools/*.parquet"}}, {}).labels
    ('Schools',)
    """
    environment = os.environ if environment is None else environment
    own = _from_variable(environment.get(VARIABLE, ""))
    return NamedSources({**(config or {}), **own})


def _from_variable(text: str) -> dict[str, Any]:
    text = text.strip()
    if not text:
        return {}
    try:
        if text.startswith("{"):
            found = json.loads(text)
        elif "\n" in text or "=" in text.partition("?")[0]:
            found = tomllib.loads(text)
        else:
            found = tomllib.loads(Path(text).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        # What is wrong with it may quote it, and it may hold a password.
        raise SourceError(
            f"The variable {VARIABLE} holds neither sources as JSON or TOML, nor the path of a "
            "TOML file with them. Correct it, and start the app again.",
            code="unknown_source",
        ) from None
    inner = found.get("sources", found)
    return dict(inner) if isinstance(inner, Mapping) else {}


def _source(label: str, one: Any) -> NamedSource:
    if not _LABEL.fullmatch(label) or "://" in label:
        raise _wrong(shorten(label, 20).partition("://")[0], "a label of 1 to 80 characters")
    if not isinstance(one, Mapping):
        raise _wrong(label, "fields: path, or address and table")
    unknown = sorted(map(str, set(one) - _FIELDS))
    if unknown:
        raise _wrong(label, f"no field '{shorten(unknown[0], 20)}'")
    if ("path" in one) == ("address" in one):
        raise _wrong(label, "either a path, or an address and a table")
    where = one.get("path", one.get("address"))
    if not isinstance(where, str) or not where:
        raise _wrong(label, "a text for its path or address")
    if "address" in one and not isinstance(one.get("table"), str):
        raise _wrong(label, "the name of a table beside its address")
    if "path" in one and "://" in where:
        raise _wrong(label, "a path, not an address, in the field path")
    options = {name: one[name] for name in _FIELDS - {"path", "address", "about"} if name in one}
    return NamedSource(label, str(one.get("about", "")), Secret(where), Secret(options))


def _wrong(label: str, needs: str) -> SourceError:
    return SourceError(
        f"The source '{label}' of the configuration needs {needs}. Correct it there.",
        code="unknown_source",
    )
