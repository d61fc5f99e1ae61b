"""The process behind ``Reading``: run by path, reads one file from its input, then ends.

The first line of the input is the task as JSON, the rest the file. The table goes to a file,
the answer to the standard output.
"""

from __future__ import annotations

import json
import signal
import sys
import types
from typing import Any

_PATIENCE = 600  # seconds


def main() -> None:
    """Load the readers, wait for the task, answer, end."""
    about = json.loads(sys.argv[1])
    sys.path[:] = about["path"]
    # The package without its public face, which loads every estimator: half the time to start.
    package = types.ModuleType("core")
    package.__path__ = [about["package"]]
    sys.modules["core"] = package
    from core.tables.read import readers

    _give_up_after(_PATIENCE)
    line = sys.stdin.buffer.readline()
    if line:
        json.dump(_answer(readers, json.loads(line)), sys.stdout)


def _answer(readers: Any, task: dict[str, Any]) -> dict[str, Any]:
    from core.exceptions import PoolingError
    from core.tables.read.report import ReadOptions

    _give_up_after(0)
    _limit(task["memory"], task["seconds"])
    try:
        content = sys.stdin.buffer.read()
        table = readers.read_table(content, task["name"], ReadOptions(**task["options"]))
        return _write(table, task["output"])
    except PoolingError as error:
        return {"error": str(error), "code": error.code}


def _give_up_after(seconds: int) -> None:
    """End a process that nobody has given a task by then; 0 takes that back."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def _limit(memory: int, seconds: int) -> None:
    """Bound address space and processor time, where the system knows how to."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _write(table: Any, output: str) -> dict[str, Any]:
    """Hand the table over as an arrow file."""
    import pyarrow as pa

    from core.tables.read.report import REPORT_KEY

    names, report = list(table.columns), table.attrs[REPORT_KEY]
    table = table.set_axis([str(j) for j in range(len(names))], axis=1)
    table.attrs = {}
    columns = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
    with pa.OSFile(output, "wb") as sink, pa.ipc.new_file(sink, columns.schema) as writer:
        writer.write_table(columns)
    return {"names": names, "report": report}


if __name__ == "__main__":
    main()
