"""Saved work: everything comes back, and nothing but a sentence from a damaged or hostile file."""

from __future__ import annotations

import io
import json
import random
import zipfile
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import DataError, PoolingError
from core.takeaway.work import Work, is_work, open_work, save_work, unpack_work


def sample() -> Work:
    table = pd.DataFrame(
        {
            "score": [1.5, np.nan, 1 / 3, -0.0],
            "=cmd|' /C calc'!A0": ["1", "007", "NA", None],
            "größe": pd.array(["a", "b", "None", ""], dtype="str"),
            "n": [1, 2, 3, 2**53],
        }
    )
    return Work(
        table,
        title="Klasse <b>7</b>",
        source="me",
        changes=("Left out 2 rows",),
        screen="ranking",
        parameters={"ranking": {"y": ("1",), "x": ("2", "3"), "at": ("naïve & co",)}, "": {}},
        note="first\nsecond",
        lesson=b'title = "x"',
    )


def repacked(content: bytes, **parts: bytes | None) -> bytes:
    """Return a project file with parts put in place of its own; None leaves one out."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        kept = {n: old.read(n) for n in old.namelist()}
        names = {n.replace("_", ".", 1): part for n, part in parts.items()}
        for name, part in {**kept, **names}.items():
            if part is not None:
                new.writestr(name, part)
    return out.getvalue()


def told(**changes: Any) -> bytes:
    content = save_work(sample())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        about = json.loads(archive.read("work.json"))
    return repacked(content, work_json=json.dumps(about | changes).encode())


def test_all_of_it_comes_back() -> None:
    work = sample()
    found = open_work(save_work(work))
    assert work.table is not None and found.table is not None
    pd.testing.assert_frame_equal(found.table, work.table, check_dtype=False)
    for name in ("title", "source", "changes", "screen", "parameters", "note", "lesson"):
        assert getattr(found, name) == getattr(work, name), name


@pytest.mark.parametrize("name", list(core.EXAMPLES))
def test_tables_come_back_as_they_were(name: str) -> None:
    table = core.load_example(name)
    found = open_work(save_work(Work(table, title=name))).table
    pd.testing.assert_frame_equal(found, table.reset_index(drop=True))


def test_the_same_work_gives_the_same_bytes() -> None:
    assert save_work(sample()) == save_work(sample())


def test_a_project_file_is_told_from_other_files() -> None:
    assert is_work(save_work(sample()))
    assert not is_work(b"a,b\n1,2\n")
    assert not is_work(repacked(save_work(sample()), table_parquet=None))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (told(version=2), "later version"),
        (told(version=0), "version"),
        (told(version="1"), "version"),
        (told(format="other"), "does not say"),
        (told(extra=1), "'extra' is not known"),
        (told(parameters=[]), "screens"),
        (told(parameters={"": {"y": "1"}}), "list"),
        (told(parameters={"": {"y": [1]}}), "no text"),
        (told(title=["x"]), "title"),
        (told(note="x" * 30_000), "note"),
        (repacked(save_work(sample()), work_json=b"[" * 100_000), "work.json"),
        (repacked(save_work(sample()), work_json=b"\xff\xfe"), "work.json"),
        (repacked(save_work(sample()), work_json=b" " * 2_000_000), "MB unpacked"),
        (repacked(save_work(sample()), evil_py=b"print(1)"), "evil.py"),
        (repacked(save_work(sample()), work_json=None), "needs work.json"),
        (b"PK\x03\x04 and no more", "damaged"),
    ],
)
def test_what_is_no_project_file_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        unpack_work(content)


def test_a_table_that_is_no_table_is_refused_in_words() -> None:
    with pytest.raises(DataError):
        open_work(repacked(save_work(sample()), table_parquet=b"\x80\x04K\x01."))


def mutants(count: int, seed: int = 20) -> list[bytes]:
    draw, content = random.Random(seed), save_work(sample())
    found = []
    for _ in range(count):
        spoiled = bytearray(content)
        for _ in range(draw.choice((1, 3, 20))):
            spoiled[draw.randrange(len(spoiled))] = draw.randrange(256)
        if draw.random() < 0.3:
            del spoiled[draw.randrange(len(spoiled)) :]
        found.append(bytes(spoiled))
    return found


def test_mutants_meet_typed_errors_only() -> None:
    for content in mutants(1_500):
        try:
            unpack_work(content)
        except PoolingError as error:
            assert str(error)


@pytest.mark.slow
def test_mutants_of_the_table_too() -> None:
    for content in mutants(500, seed=21):
        try:
            open_work(content)
        except PoolingError as error:
            assert str(error)
