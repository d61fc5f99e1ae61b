"""A server that reads hostile files: run by path, tells of each how it grew and how it ended.

The first argument is a folder of files. Another thread plays a second reader who waits for an
answer every twentieth of a second. After a table comes what the app makes of it by itself.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

_HIGH, _NOW = "VmHWM:", "VmRSS:"


def main() -> None:
    """Read every file of a folder and print what happened as JSON."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[4]))
    import core

    core.read_table(b'[{"a": 1}, {"a": 2}]', "first.json")  # both start what they need once
    core.examine(core.read_table(b"g,y\na,1\nb,2\n", "first.csv"))
    second = _SecondReader()
    out = {}
    for path in sorted(Path(sys.argv[1]).iterdir()):
        second.longest, before = 0.0, _memory(_NOW)
        Path("/proc/self/clear_refs").write_text("5")  # forget how high it has been
        start = time.monotonic()
        ended = _read(core, path)
        read = time.monotonic() - start
        if isinstance(ended, str):
            kind, detail = "error", ended
        else:
            kind, detail = "table", _go_on(core, ended)
        out[path.name] = {
            "kind": kind,
            "detail": detail,
            "seconds": read,
            "seconds_with_all": time.monotonic() - start,
            "megabytes": _memory(_HIGH) - before,
            "waited": second.longest,
        }
    json.dump(out, sys.stdout)


class _SecondReader:
    """Somebody else on the same server."""

    def __init__(self) -> None:
        self.longest = 0.0
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(0.05)
            now = time.monotonic()
            self.longest, last = max(self.longest, now - last - 0.05), now


def _memory(which: str) -> float:
    return int(Path("/proc/self/status").read_text().split(which)[1].split()[0]) / 1024


def _read(core: Any, path: Path) -> Any:
    try:
        return core.read_table(path.read_bytes(), path.name)
    except core.DataError as error:
        return f"{error.code}: {error}"


def _go_on(core: Any, table: Any) -> str:
    """Examine a table, mend it in every way proposed, and fit what is guessed of it."""
    fixes = [finding.fix for finding in core.examine(table) if finding.fix is not None]
    said = [str(table.shape)]
    said += [_typed(core, lambda fix=fix: core.apply_fix(table, fix).shape) for fix in fixes]
    roles = core.guess_roles(table)
    if roles.outcome and roles.group:
        said.append(_typed(core, lambda: _fit(core, table, roles)))
    return "; ".join(said)


def _fit(core: Any, table: Any, roles: Any) -> int:
    some = tuple(roles.predictors[:3])
    spec = core.ModelSpec(outcome=roles.outcome, group=roles.group, predictors=some, varying=some)
    return int(core.GroupedData.from_table(table, spec).n_groups)


def _typed(core: Any, act: Any) -> str:
    try:
        return str(act())
    except core.PoolingError as error:
        return f"{error.code}: {error}"


if __name__ == "__main__":
    main()
