"""The processes behind ``Reading``: run by path, each reads one file within bounds and ends.

Parsers of what strangers send work on hostile bytes, many of them in C, C++ and Rust. Here a
crash, a memory bomb or an endless loop ends a process that holds nothing, and not the server.

Where the system can fork, the process that is started never reads a file itself: it loads the
libraries once and forks a child for each file, so that a small file does not wait for imports.
A child is given a socket of its own: it says its number, reads a line of JSON (the task) and the
file, and answers with JSON; the table goes to a file.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import types
from typing import Any, BinaryIO

#: Seconds that a child waits for its task, and that its parent waits for the next child.
_PATIENCE = 600
_FORMATS = ("pyarrow.csv", "pyarrow.parquet", "pyarrow.feather", "python_calamine", "pyreadstat")


def main() -> None:
    """Load the readers, then fork for each file, or read one where that is not possible."""
    about = json.loads(sys.argv[1])
    sys.path[:] = about["path"]
    # The package without its public face, which loads every estimator: half the time to start.
    package = types.ModuleType("core")
    package.__path__ = [about["package"]]
    sys.modules["core"] = package
    importlib.import_module("core.tables.read.readers")
    if about["control"] is None:
        _serve(sys.stdin.buffer, sys.stdout.buffer)
        return
    for name in _FORMATS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with socket.socket(fileno=about["control"]) as control:
        _fork_for_each(control)


def _fork_for_each(control: socket.socket) -> None:
    """Fork a child for every socket that arrives, until the server is gone or asks no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children
    gc.freeze()
    while select.select([control], [], [], _PATIENCE)[0]:
        said, places, _, _ = socket.recv_fds(control, 1, 1)
        if not said:
            return
        for place in places:
            with contextlib.suppress(OSError):
                if os.fork() == 0:
                    _be_child(control, place)
            os.close(place)


def _be_child(control: socket.socket, place: int) -> None:
    """Read one file and end, whatever happens."""
    try:
        control.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with socket.socket(fileno=place) as channel:
            _serve(channel.makefile("rb"), channel.makefile("wb"))
    finally:
        os._exit(0)


def _serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """Say who is there, take the task and the file, answer."""
    outgoing.write(b"%d\n" % os.getpid())
    outgoing.flush()
    _give_up_after(_PATIENCE)
    if line := incoming.readline():
        _give_up_after(0)
        outgoing.write(json.dumps(_answer(json.loads(line), incoming)).encode())
        outgoing.flush()


def _answer(task: dict[str, Any], incoming: BinaryIO) -> dict[str, Any]:
    from core.exceptions import PoolingError
    from core.tables.read import readers
    from core.tables.read.report import ReadOptions

    os.environ["TMPDIR"] = task["folder"]  # which goes when the reading does
    _bound(task)
    try:
        content = incoming.read(task["size"])
        table = readers.read_here(content, task["name"], ReadOptions(**task["options"]))
        return _write(table, task)
    except PoolingError as error:
        return {"error": str(error), "code": error.code}


def _give_up_after(seconds: int) -> None:
    """End a process that nobody has given a task by then; 0 takes that back."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _bound(task: dict[str, Any]) -> None:
    """Bound memory, processor time and output, where the system knows how to."""
    # When memory runs out all the same, the system is to end this process and no other.
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = task["seconds"] + int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (task["memory"], task["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_FSIZE, (task["output"], task["output"]))


def _write(table: Any, task: dict[str, Any]) -> dict[str, Any]:
    """Check what the server would have to hold, and hand it over as an arrow file."""
    import pyarrow as pa

    from core.tables.read.report import REPORT_KEY
    from core.tables.sizes import arrow_size, check_arrow

    names, report = list(table.columns), table.attrs[REPORT_KEY]
    table = table.set_axis([str(j) for j in range(len(names))], axis=1)
    table.attrs = {}
    columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    check_arrow(columns, arrow_size(columns), task["size"], task["name"])
    place = os.path.join(task["folder"], "table")
    with pa.OSFile(place, "wb") as sink, pa.ipc.new_file(sink, columns.schema) as writer:
        writer.write_table(columns)
    return {"names": names, "report": report}


if __name__ == "__main__":
    main()
