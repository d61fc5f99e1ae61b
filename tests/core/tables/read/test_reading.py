"""A table read in another process: the same table, and a stop that stops."""

from __future__ import annotations

import gzip
import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import core
from core.tables.limits import Limits
from core.tables.read import reading


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


@pytest.fixture(params=["forked", "started"])
def new_program(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read in both ways to have a process, with a program that nobody has started yet."""
    if request.param == "started":
        monkeypatch.setattr(reading, "_FORKS", False)
    reading._close_nurseries()
    yield
    reading._close_nurseries()


@pytest.mark.usefixtures("new_program")
def test_a_reader_that_is_killed_in_the_middle_ends_in_a_sentence() -> None:
    under_way = core.Reading(_hard(), "t.csv")
    os.kill(_begun(under_way), signal.SIGKILL)
    with pytest.raises(core.DataError, match=r"'t\.csv'.*was stopped.*reader_bytes") as error:
        under_way.table()
    assert error.value.code == "too_large" and not under_way._output.parent.exists()
    assert core.Reading(b"g,y\na,1\nb,2\n", "t.csv").table()["y"].tolist() == [1, 2]


_SAY = "import socket, sys, json, os\nat = json.loads(sys.argv[1])['control']\n"
_FIRST = "at = socket.recv_fds(socket.socket(fileno=at), 1, 1)[1][0]\n"
_PROGRAMS = {
    "crash": "os.abort()",
    "silence": "while os.read(at, 1 << 20): pass",
    "nonsense": "os.write(at, b'%d\\n{' % os.getpid())",
    "endless": "os.write(at, b'%d\\n' % os.getpid())\nwhile True: os.write(at, b'x' * 4096)",
}


@pytest.mark.skipif(
    not reading._FORKS,
    reason="this system has no fork server, so the reading process answers in another way",
)
@pytest.mark.parametrize("program", _PROGRAMS)
def test_whatever_the_process_does_the_answer_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str
) -> None:
    (tmp_path / "child.py").write_text(_SAY + _FIRST + _PROGRAMS[program])
    monkeypatch.setattr(reading, "_CHILD", tmp_path / "child.py")
    monkeypatch.setattr(reading, "LIMITS", Limits(answer_bytes=1_000_000, reader_seconds=-3))
    reading._close_nurseries()
    with pytest.raises(core.DataError, match=r"looks like a Parquet file.*stopped.*limit"):
        core.Reading(b"PAR1", "t.parquet").table()
    reading._close_nurseries()


def test_a_program_that_has_ended_is_started_again() -> None:
    assert core.read_table(b'[{"a": 1}, {"a": 2}]', "t.json")["a"].tolist() == [1, 2]
    for nursery in reading._nurseries:
        nursery._process.kill()
        nursery._process.wait()
    assert core.read_table(b'[{"a": 1}, {"a": 3}]', "t.json")["a"].tolist() == [1, 3]


@pytest.mark.usefixtures("new_program")
def test_time_of_the_process_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LIMITS", Limits(reader_seconds=1))
    with pytest.raises(core.DataError, match="more than 1 seconds"):
        core.Reading(_hard() * 3, "t.csv").table()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _begun(under_way: core.Reading) -> int:
    """Return the number of the process that reads, once it has begun."""
    while not under_way._reader.pid:
        assert not under_way.wait(0.01)
    return under_way._reader.pid


def _hard() -> bytes:
    """Return a file that takes seconds: every row has to be rewritten."""
    return b"# c\na b c\n" + b"1   2  3\n" * 1_500_000


def test_stopping_ends_the_process_and_leaves_no_file() -> None:
    under_way = core.Reading(_hard(), "t.csv")
    pid, folder = _begun(under_way), under_way._output.parent
    assert not under_way.wait(0.1) and _alive(pid) and folder.exists()
    under_way.stop()
    assert not _alive(pid) and not folder.exists()
    with pytest.raises(core.DataError, match="was stopped") as stopped:
        under_way.table()
    assert stopped.value.code == "stopped"


def test_dropping_a_reading_ends_its_process() -> None:
    under_way = core.Reading(_hard(), "t.csv")
    pid, folder = _begun(under_way), under_way._output.parent
    del under_way
    deadline = time.monotonic() + 20
    while (_alive(pid) or folder.exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid) and not folder.exists()


@pytest.mark.parametrize("memory", [40, 300, 600])
def test_a_reading_out_of_memory_ends_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, memory: int
) -> None:
    tight = Limits(reader_bytes=memory * 1_000_000)
    monkeypatch.setattr(reading, "LIMITS", tight)
    content = b"a,b,c,d\n" + b"1.5,2.5,3.5,4.5\n" * 6_000_000
    with pytest.raises(core.DataError) as error:
        core.Reading(content, "t.csv").table()
    assert error.value.code == "too_large" and "memory" in str(error.value)


def test_a_file_beyond_the_limit_is_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(reading, "LIMITS", Limits(file_bytes=100))
    with pytest.raises(core.DataError, match="file_bytes"):
        core.Reading(bytes(200), "t.csv")


def test_a_session_holds_so_many_tables_and_no_more() -> None:
    limits = Limits(session_tables=2, session_bytes=1_000)
    limits.check_session(2, 1_000, "t")
    with pytest.raises(core.DataError, match=r"session_tables.*Close one"):
        limits.check_session(3, 10, "t")
    with pytest.raises(core.DataError, match=r"session_bytes.*Close a table"):
        limits.check_session(1, 1_001, "t")
