"""A table read in another process: the same table, and a stop that stops."""

from __future__ import annotations

import gzip
import io
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import core
from core.tables.limits import Limits


def _many_kinds(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "y": rng.normal(size=n),
            "whole": rng.integers(0, 9, n),
            "gaps": np.where(rng.random(n) < 0.2, np.nan, rng.normal(size=n)),
            "text": rng.choice(["a", "ß", "=1+1", "日本"], n),
            "day": pd.date_range("2024-01-01", periods=n),
        }
    )
    frame["kind"] = pd.Categorical(rng.choice(["lo", "hi"], n), ["lo", "hi"], ordered=True)
    return frame


def _as(frame: pd.DataFrame, form: str) -> bytes:
    out = io.BytesIO()
    if form == "csv":
        frame.to_csv(out, index=False)
    elif form == "csv.gz":
        out.write(gzip.compress(frame.to_csv(index=False).encode()))
    elif form == "json":
        out.write(frame.to_json(orient="records", date_format="iso").encode())
    elif form == "parquet":
        frame.to_parquet(out)
    else:
        frame.to_excel(out, index=False)
    return out.getvalue()


@pytest.mark.parametrize("form", ["csv", "csv.gz", "json", "parquet", "xlsx"])
def test_another_process_reads_the_same_table(form: str) -> None:
    content = _as(_many_kinds(), form)
    expected = core.read_table(content, f"t.{form}")
    found = core.Reading(content, f"t.{form}").table()
    assert_frame_equal(found, expected)
    assert core.read_report(found) == core.read_report(expected)


def test_options_reach_the_other_process() -> None:
    options = core.ReadOptions(delimiter=";", decimal=",", missing_tokens=("x",))
    content = b"g;y\n" + b"".join(b"a;%d,5\nb;x\n" % i for i in range(9))
    expected = core.read_table(content, "t.csv", options)
    assert_frame_equal(core.Reading(content, "t.csv", options).table(), expected)
    assert expected["y"].isna().sum() == 9


def test_a_process_that_waits_is_used_and_is_gone_afterwards() -> None:
    reader = core.Reader()
    assert reader.is_waiting
    table = core.Reading(b"g,y\na,1\nb,2\n", "t.csv", reader=reader).table()
    assert table["y"].tolist() == [1, 2] and not reader.is_waiting
    again = core.Reading(b"g,y\na,1\nb,3\n", "t.csv", reader=reader).table()
    assert again["y"].tolist() == [1, 3], "a reader that is used up is replaced"


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(99), b"a\x00b\x00,c\n"])
def test_the_same_sentence_says_what_is_wrong(content: bytes) -> None:
    with pytest.raises(core.DataError) as expected:
        core.read_table(content, "t.csv")
    with pytest.raises(core.DataError) as found:
        core.Reading(content, "t.csv").table()
    assert (str(found.value), found.value.code) == (str(expected.value), expected.value.code)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _hard() -> bytes:
    """Return a file that takes seconds: every row has to be rewritten."""
    return b"# c\na b c\n" + b"1   2  3\n" * 1_500_000


def test_stopping_ends_the_process_and_leaves_no_file() -> None:
    reading = core.Reading(_hard(), "t.csv")
    pid, folder = reading._reader._process.pid, reading._output.parent
    assert not reading.wait(0.3) and _alive(pid) and folder.exists()
    reading.stop()
    assert not _alive(pid) and not folder.exists()
    with pytest.raises(core.DataError, match="was stopped") as stopped:
        reading.table()
    assert stopped.value.code == "stopped"


def test_dropping_a_reading_ends_its_process() -> None:
    reading = core.Reading(_hard(), "t.csv")
    pid, folder = reading._reader._process.pid, reading._output.parent
    reading.wait(0.2)
    del reading
    deadline = time.monotonic() + 20
    while (_alive(pid) or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid) and not folder.exists()


def test_a_reading_out_of_memory_ends_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    tight = Limits(reader_bytes=600_000_000)
    monkeypatch.setattr("core.tables.read.reading.LIMITS", tight)
    content = b"a,b,c,d\n" + b"1.5,2.5,3.5,4.5\n" * 6_000_000
    with pytest.raises(core.DataError) as error:
        core.Reading(content, "t.csv").table()
    assert error.value.code == "too_large" and "memory" in str(error.value)


def test_a_file_beyond_the_limit_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("core.tables.read.reading.LIMITS", Limits(file_bytes=100))
    with pytest.raises(core.DataError, match="file_bytes"):
        core.Reading(bytes(200), "t.csv")


def test_a_session_holds_so_many_tables_and_no_more() -> None:
    limits = Limits(session_tables=2, session_bytes=1_000)
    limits.check_session(2, 1_000, "t")
    with pytest.raises(core.DataError, match=r"session_tables.*Close one"):
        limits.check_session(3, 10, "t")
    with pytest.raises(core.DataError, match=r"session_bytes.*Close a table"):
        limits.check_session(1, 1_001, "t")
