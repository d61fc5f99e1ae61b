"""``Reading``: a table read in a process of its own, so that it can be watched and stopped.

What strangers send is parsed in a process with bounded memory, time and output: see
``reading_child.py``. Only plain text may be read without one, see ``readers.py``.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow as pa

from core.exceptions import DataError, PoolingError
from core.formats import shorten
from core.tables.limits import LIMITS, MEGABYTE
from core.tables.read.number_marks import NAMES, recognise
from core.tables.read.report import REPORT_KEY, Kept, ReadOptions

_CHILD = Path(__file__).with_name("reading_child.py")
_ENVIRONMENT = ("PATH", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMPDIR", "TZDIR")
#: Address space is bounded: no allocator that reserves it in advance, and few threads.
_PLAIN = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_MOST_THREADS = 4
_CHUNK = 1 << 22
#: Forking without a new program is safe here: one thread, and none of the system's frameworks.
_FORKS = sys.platform == "linux"


def _start(control: socket.socket | None = None) -> subprocess.Popen[bytes]:
    """Start the program that reads: on its own, or one that forks for each file."""
    place = None if control is None else control.fileno()
    about = {"path": sys.path, "package": str(_CHILD.parents[2]), "control": place}
    kept = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    threads = str(min(os.cpu_count() or 1, _MOST_THREADS))
    pipe = subprocess.DEVNULL if control is not None else subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-W", "ignore", str(_CHILD), json.dumps(about)],
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        pass_fds=() if place is None else (place,),
        env=kept | _PLAIN | dict.fromkeys(_THREADS, threads),
        start_new_session=True,
    )


class _Nursery:
    """The process that has loaded the libraries and forks a child for each file."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = _start(theirs)

    def child(self) -> socket.socket:
        """Return the way to speak with a new child."""
        ours, theirs = socket.socketpair()
        # Where the process is gone, whoever asks the child will find that out.
        with theirs, suppress(OSError):
            socket.send_fds(self._control, [b"."], [theirs.fileno()])
        return ours

    def close(self) -> None:
        """End the process; its children go on."""
        self._control.close()
        self._process.kill()
        self._process.wait()


_nurseries: list[_Nursery] = []
_only_one = threading.Lock()


def _close_nurseries() -> None:
    while _nurseries:
        _nurseries.pop().close()


atexit.register(_close_nurseries)


def _nursery(instead_of: _Nursery | None = None) -> _Nursery:
    """Return the process that forks; another one in place of one that has ended."""
    with _only_one:
        if _nurseries and _nurseries[-1] is instead_of:
            _nurseries.pop().close()
        if not _nurseries:
            _nurseries.append(_Nursery())
        return _nurseries[-1]


class Reader:
    """A process that has loaded its libraries and waits for one file.

    Attributes
    ----------
    pid : int
        Its number, 0 until it has begun.
    """

    def __init__(self) -> None:
        self.pid = 0
        self._ending = threading.Lock()
        self._is_stopped = False
        self._watch: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._nursery: _Nursery | None = None
        self._begin()

    def _begin(self) -> None:
        if _FORKS:
            self._nursery = _nursery(instead_of=self._nursery)
            self._socket = self._nursery.child()
            self._from: IO[bytes] = self._socket.makefile("rb")
            self._to: IO[bytes] = self._socket.makefile("wb")
        else:
            self._process = _start()
            assert self._process.stdout is not None and self._process.stdin is not None
            self._from, self._to = self._process.stdout, self._process.stdin

    @property
    def is_waiting(self) -> bool:
        """Whether the process lives, or is about to."""
        if self._process is not None:
            return self._process.poll() is None
        assert self._socket is not None
        try:
            return self._socket.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def ask(self, head: dict[str, Any], content: bytes) -> bytes:
        """Hand over the file and return the answer; b'' when the process ended without one."""
        try:
            if not self._is_there():
                return b""
            self._to.write(json.dumps(head).encode() + b"\n")
            view = memoryview(content)
            for start in range(0, len(view), _CHUNK):
                self._to.write(view[start : start + _CHUNK])
            self._to.flush()
            answer = self._from.read(LIMITS.answer_bytes + 1)
        except (OSError, ValueError):
            answer = b""
        finally:
            self.stop()
        return answer if len(answer) <= LIMITS.answer_bytes else b""

    def _is_there(self) -> bool:
        """Wait for the process to say its number; start another one where it cannot."""
        for is_last in (False, True):
            said = self._from.readline(20)
            with self._ending:
                if said:
                    self.pid = int(said)
                    with suppress(OSError, AttributeError):
                        # A number may be given to another process; this stays with ours.
                        self._watch = os.pidfd_open(self.pid)
                if said or is_last or self._is_stopped:
                    return bool(said)
                self._close()
                self._begin()
        return False

    def stop(self) -> None:
        """End the process."""
        with self._ending:
            self._is_stopped = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
            self._kill()
            self._close()

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        elif self._watch is not None:
            with suppress(OSError):
                signal.pidfd_send_signal(self._watch, signal.SIGKILL)
            ended = select.poll()
            ended.register(self._watch, select.POLLIN)
            ended.poll(5_000)
            os.close(self._watch)
        elif self.pid:
            with suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
        self._watch = None

    def _close(self) -> None:
        for pipe in (self._to, self._from, self._socket):
            if pipe is not None:
                with suppress(OSError, ValueError):
                    pipe.close()

    def __del__(self) -> None:
        """End with whoever wanted the table."""
        if hasattr(self, "_to"):
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
        self._what = _what_is(content, name)
        self._start = time.monotonic()
        folder = tempfile.mkdtemp(prefix="table-")
        self._remove = weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._output = Path(folder) / "table"
        self._answers: list[bytes] = []
        self._reader = reader if reader is not None and reader.is_waiting else Reader()
        self._memory = LIMITS.reading_memory(self.size)
        self._seconds = LIMITS.reading_seconds(self.size)
        head = {
            "name": shorten(name, 120),
            "size": self.size,
            "options": asdict(options or ReadOptions()),
            "folder": folder,
            "memory": self._memory,
            "seconds": self._seconds,
            "output": max(LIMITS.table_bytes, self.size) + 20 * MEGABYTE,
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
        if self._thread.is_alive() and self.seconds > 3 * self._seconds + 10:
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
            raise self._given_up() from error
        if "error" in answer:
            raise DataError(str(answer["error"]), code=str(answer["code"]))
        with pa.OSFile(str(self._output), "rb") as file:
            columns = pa.ipc.open_file(file).read_all()
        frame = columns.to_pandas(date_as_object=False, self_destruct=True, split_blocks=True)
        frame = pd.DataFrame(frame.set_axis(answer["names"], axis=1))
        frame.attrs[REPORT_KEY] = Kept(answer["report"])
        return frame

    def _given_up(self) -> DataError:
        """Return the error for a process that ended without an answer."""
        is_plain = self._what in (NAMES["csv"], NAMES["json"])
        why = "" if is_plain else "it is damaged, or "
        return DataError(
            f"'{shorten(self.name, 120)}' looks like {self._what}, but reading it was stopped: "
            f"{why}it needs more than {self._seconds} seconds (the limit reader_seconds) or "
            f"{self._memory / 1e9:.1f} GB of memory (the limit reader_bytes). Keep only the "
            "columns of the model, or save the table as CSV or Parquet.",
            code="too_large" if is_plain else "unreadable",
        )


def _what_is(content: bytes, name: str) -> str:
    try:
        return NAMES[recognise(content, name)]
    except PoolingError:  # which the process will find out too
        return "a file"


def _ask(reader: Reader, head: dict[str, Any], content: bytes, answers: list[bytes]) -> None:
    answers.append(reader.ask(head, content))
