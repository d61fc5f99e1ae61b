"""The shipped examples: a table, its story, the meaning of its columns and a first model."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from core.exceptions import DataError
from core.spec import ModelSpec

DATA_FOLDER = Path(__file__).resolve().parents[2] / "assets" / "data"


@dataclass(frozen=True)
class Noun:
    """What one thing and what many of them are called: county, counties."""

    one: str
    many: str

    def count(self, number: int) -> str:
        """Return a number with its noun: ``1 county``, ``1,200 counties``."""
        return f"{number:,} {self.one if number == 1 else self.many}"


@dataclass(frozen=True, eq=False)
class Column:
    """What a column means to a reader.

    Attributes
    ----------
    label : str
        Name for axes and sentences.
    unit : str
        Unit of measurement; empty for categories and pure numbers.
    levels : mapping of str to str
        Words for coded values: ``{"0": "basement", "1": "first floor"}``.
    """

    label: str
    unit: str = ""
    levels: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Title of an axis: the label, with the unit in brackets where there is one."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, eq=False)
class Example:
    """A shipped table and the model to begin with.

    Attributes
    ----------
    id : str
        Short name, as ``load_example`` takes it.
    title : str
        A few words.
    story : str
        Two sentences: where the data come from and what one would like to know.
    source : str
        Who collected and published them (more in ``assets/data/SOURCES.md``).
    spec : ModelSpec
        The model to begin with.
    columns : mapping of str to Column
        Every column of the table.
    group_noun, individual_noun : Noun
        What groups and rows are called.
    """

    id: str
    title: str
    story: str
    source: str
    spec: ModelSpec
    columns: Mapping[str, Column]
    group_noun: Noun
    individual_noun: Noun


class Examples(Mapping[str, Example]):
    """The shipped examples by id, in the order in which to offer them; read when first used."""

    @cached_property
    def _examples(self) -> Mapping[str, Example]:
        entries = tomllib.loads(_path("examples.toml").read_text(encoding="utf-8"))
        return {name: _example(name, entry) for name, entry in entries.items()}

    def __getitem__(self, name: str) -> Example:
        return self._examples[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._examples)

    def __len__(self) -> int:
        return len(self._examples)


EXAMPLES = Examples()


def load_example(name: str) -> pd.DataFrame:
    """Return the table of a shipped example, group labels as text.

    Parameters
    ----------
    name : str
        One of ``EXAMPLES``: ``radon``, ``exam``, ``sleepstudy``, ``batches``, ``pastes``,
        ``penicillin``.

    Returns
    -------
    pandas.DataFrame
        A new table; its columns are described in ``EXAMPLES[name].columns``.

    Raises
    ------
    DataError
        When there is no such example.

    Examples
    --------
    >>> load_example("sleepstudy").shape
    (180, 3)
    """
    if name not in EXAMPLES:
        known = ", ".join(EXAMPLES)
        raise DataError(f"There is no example '{name}'. Choose one of: {known}.")
    labels = dict.fromkeys(EXAMPLES[name].spec.groups, str)
    return pd.read_csv(_path(f"{name}.csv"), dtype=labels, keep_default_na=False, na_values=[""])


def _path(name: str) -> Path:
    path = DATA_FOLDER / name
    if not path.is_file():
        raise DataError(
            f"The example file '{name}' is missing from {DATA_FOLDER.name}/: run the project "
            "from its repository, where assets/ lies beside core/."
        )
    return path


def _example(name: str, entry: Mapping[str, Any]) -> Example:
    columns = {key: Column(**value) for key, value in entry["columns"].items()}
    return Example(
        id=name,
        title=entry["title"],
        story=entry["story"],
        source=entry["source"],
        spec=ModelSpec(**entry["spec"]),
        columns=MappingProxyType(columns),
        group_noun=Noun(**entry["group_noun"]),
        individual_noun=Noun(**entry["individual_noun"]),
    )
