"""``Reading``: a table read in a process of its own, so that it can be watched and stopped.

A large file takes seconds, in which the server has other readers to answer. The process is
started empty, loads what it needs and waits; it is given one file and ends with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from core.exceptions import DataError
from core.formats import shorten
from core.tables.limits import LIMITS
from core.tables.read.report import REPORT_KEY, ReadOptions

_CHILD = Path(__file__).with_name("reading_child.py")
_ENVIRONMENT = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "TZDIR")
_CHUNK = 1 << 22


class Reader:
    """A process that has loaded its libraries and waits for one file."""

    def __init__(self) -> None:
        arguments = json.dumps({"path": sys.path, "package": str(_CHILD.parents[2])})
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", "-W", "ignore", str(_CHILD), arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={key: os.environ[key] for key in _ENVIRONMENT if key in os.environ},
            start_new_session=True,
        )

    @property
    def is_waiting(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def ask(self, head: dict[str, Any], content: bytes) -> bytes:
        """Hand over the file and return the answer; b'' when the process ended without one."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(head).encode() + b"\n")
            view = memoryview(content)
            for start in range(0, len(view), _CHUNK):
                process.stdin.write(view[start : start + _CHUNK])
            process.stdin.close()
            answer = process.stdout.read()
        except (OSError, ValueError):
            answer = b""
        finally:
            self.stop()
        return answer

    def stop(self) -> None:
        """End the process and all that came from it."""
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, 9)
            except (OSError, AttributeError):
                self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def __del__(self) -> None:
        """End with whoever wanted the table."""
        if hasattr(self, "_process"):
            self.stop()


class Reading:
    """One file on its way to a table.

    Parameters
    ----------
    content : bytes
    name : str
        The file's name.
    options : ReadOptions, optional
    reader : Reader, optional
        One that waits already; a new one is started otherwise.
    """

    def __init__(
        self,
        content: bytes,
        name: str,
        options: ReadOptions | None = None,
        reader: Reader | None = None,
    ) -> None:
        LIMITS.check_file(len(content), shorten(name, 120))
        self.name, self.size = name, len(content)
        self.is_stopped = False
        self._start = time.monotonic()
        folder = tempfile.mkdtemp(prefix="table-")
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._output = Path(folder) / "table"
        self._answers: list[bytes] = []
        self._reader = reader if reader is not None and reader.is_waiting else Reader()
        head = {
            "name": name,
            "options": asdict(options or ReadOptions()),
            "output": str(self._output),
            "memory": LIMITS.reader_bytes,
            "seconds": LIMITS.reader_seconds,
        }
        # The thread does not hold this object: who drops it ends the reading.
        arguments = (self._reader, head, content, self._answers)
        self._thread = threading.Thread(target=_ask, args=arguments, daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """How long it has been under way."""
        return time.monotonic() - self._start

    def wait(self, seconds: float) -> bool:
        """Wait at most so long and return whether the reading has ended."""
        self._thread.join(seconds)
        if self._thread.is_alive() and self.seconds > 3 * LIMITS.reader_seconds:
            self._reader.stop()
            self._thread.join()
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Give up: the process ends at once and leaves nothing behind."""
        self.is_stopped = True
        self._reader.stop()
        self._thread.join()
        self._remove()

    def __del__(self) -> None:
        """End with whoever wanted the table."""
        if hasattr(self, "_reader"):
            self._reader.stop()

    def table(self) -> pd.DataFrame:
        """Return the table as ``read_table`` would, waiting for it if need be.

        Raises
        ------
        DataError
            As ``read_table``; with code ``stopped`` after ``stop``.
        """
        while not self.wait(1.0):
            pass
        if self.is_stopped:
            raise DataError(f"Reading '{shorten(self.name, 120)}' was stopped.", code="stopped")
        try:
            return self._table()
        finally:
            self._remove()

    def _table(self) -> pd.DataFrame:
        try:
            answer = json.loads(b"".join(self._answers).decode("utf-8", errors="replace"))
        except ValueError as error:
            raise DataError(
                f"'{shorten(self.name, 120)}' was given up: reading it needs more than "
                f"{LIMITS.reader_seconds} seconds (the limit reader_seconds) or "
                f"{LIMITS.reader_bytes / 1e9:.0f} GB of memory (the limit reader_bytes). Keep only "
                "the columns of the model, or save the table as Parquet.",
                code="too_large",
            ) from error
        if "error" in answer:
            raise DataError(str(answer["error"]), code=str(answer["code"]))
        with pa.OSFile(str(self._output), "rb") as file:
            columns = pa.ipc.open_file(file).read_all()
        frame = columns.to_pandas(date_as_object=False, self_destruct=True, split_blocks=True)
        frame = pd.DataFrame(frame.set_axis(answer["names"], axis=1))
        frame.attrs[REPORT_KEY] = answer["report"]
        return frame


def _ask(reader: Reader, head: dict[str, Any], content: bytes, answers: list[bytes]) -> None:
    answers.append(reader.ask(head, content))
