"""The shipped examples are complete, and are the tables that the literature describes."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from core.exceptions import DataError
from core.tables.examples import DATA_FOLDER, EXAMPLES, load_example

SIZES = {"radon": (919, 85), "exam": (4059, 65), "sleepstudy": (180, 18), "batches": (30, 6)}
SIZES |= {"pastes": (60, 10), "penicillin": (144, 24)}


def test_radon_comes_first_and_nothing_is_missing() -> None:
    assert list(EXAMPLES) == ["radon", "exam", "sleepstudy", "batches", "pastes", "penicillin"]
    assert {path.stem for path in DATA_FOLDER.glob("*.csv")} == set(EXAMPLES)


@pytest.mark.parametrize("name", SIZES)
def test_size_and_types(name: str) -> None:
    example, table = EXAMPLES[name], load_example(name)
    n_obs, n_groups = SIZES[name]
    group = table[example.spec.group]
    assert len(table) == n_obs
    assert group.nunique() == n_groups
    assert all(isinstance(label, str) for label in group)
    assert not table.isna().any(axis=None)
    assert pd.api.types.is_numeric_dtype(table[example.spec.outcome])


@pytest.mark.parametrize("name", SIZES)
def test_every_column_is_described(name: str) -> None:
    example, table = EXAMPLES[name], load_example(name)
    assert set(example.columns) == set(table.columns)
    assert set(example.spec.columns) <= set(table.columns)
    for column, meaning in example.columns.items():
        if meaning.levels:
            assert set(meaning.levels) == set(table[column].astype(str)), column
    sources = (DATA_FOLDER / "SOURCES.md").read_text(encoding="utf-8")
    assert all(f"`{column}`" in sources for column in table.columns)


@pytest.mark.parametrize("name", SIZES)
def test_story_is_two_sentences(name: str) -> None:
    story = EXAMPLES[name].story
    assert len(re.findall(r"[.?](?= |$)", story)) == 2
    assert story == " ".join(story.split())


def test_loading_again_gives_a_table_of_its_own() -> None:
    table = load_example("radon")
    table["floor"] = 7
    assert set(load_example("radon")["floor"]) == {0, 1}


def test_units_and_nouns() -> None:
    radon = EXAMPLES["radon"]
    assert radon.columns["log_radon"].title == "Log radon (log pCi/L)"
    assert radon.columns["floor"].title == "Floor of the measurement"
    assert radon.group_noun.count(85) == "85 counties"
    assert radon.individual_noun.count(1) == "1 home"


def test_unknown_example_is_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"no example 'schools'.*radon"):
        load_example("schools")
