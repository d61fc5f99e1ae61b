"""Time the three fits of tables that stay on disk: 1, 10 and 50 million rows.

    python -m tests.benchmarks.sources [--rows 1 10 50] [--groups 100000] [--memory 1GB]

Writes a Parquet file of each size (20 bytes a row, gone afterwards), and fits y ~ x + (x | g) to
it through ``core.open_table`` in a process of its own. Prints a Markdown table: seconds to open,
to sum and to fit, the most memory of the process, and seconds that DuckDB alone takes for one
GROUP BY with ten sums, measured beside it. The machine's other work is in every figure: read the
ratios. Needs /proc for the memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

MILLION = 1_000_000
SUMS = ("x", "y", "x * x", "x * y", "y * y", "x + 1", "y + 1", "x * 2", "y * 2", "x * 3")


def write(path: Path, rows: int, groups: int) -> None:
    """Write a table with a known truth: y = alpha_j + beta_j x + noise, groups of all sizes."""
    import duckdb

    statement = """
        COPY (
            SELECT g, x, sin(g * 12.9898) * 2 + (1 + sin(g * 78.233) * 0.4) * x
                + (hash(i * 3 + 2) % 2000003 / 1000001.5 - 1) * 1.7 AS y
            FROM (
                SELECT i, CAST(hash(i * 7 + 1) % $groups AS INTEGER) AS g,
                    hash(i) % 2000003 / 1000001.5 - 1 AS x
                FROM range($rows) AS t(i)
            )
        ) TO $path (FORMAT parquet)
    """
    for name, value in (("$groups", groups), ("$rows", rows), ("$path", f"'{path}'")):
        statement = statement.replace(name, str(value))
    duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}).execute(statement)


class Memory:
    """The most memory this process has held while it was watched, in GB."""

    def __init__(self) -> None:
        self.most = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            self.most = max(self.most, pages * 4096 / 1e9)

    def stop(self) -> float:
        """Return the most that was held."""
        self._stop.set()
        self._thread.join()
        return self.most


def measure(path: str, memory: str) -> dict[str, float]:
    """Return what opening, summing and fitting took, in this process."""
    import core

    watched = Memory()
    start = time.perf_counter()
    spec = core.ModelSpec("y", "g", ("x",), ("x",))
    with core.open_table(path, memory=memory, threads=2) as table:
        opened = time.perf_counter()
        data = core.GroupedData.from_query(table, spec)
        summed = time.perf_counter()
        fits = core.fit_all(data)
        done = time.perf_counter()
    slope = float(fits.multilevel.fixef[1])
    assert abs(slope - 1.0) < 0.02, slope
    return {
        "open": opened - start,
        "sum": summed - opened,
        "fit": done - summed,
        "all": done - start,
        "GB": watched.stop(),
        "beside": group_by(path, memory),
    }


def group_by(path: str, memory: str) -> float:
    """Return what DuckDB alone takes for ten sums by group."""
    import duckdb

    connection = duckdb.connect(config={"threads": 2, "memory_limit": memory})
    start = time.perf_counter()
    sums = ", ".join(f"sum({term})" for term in SUMS)
    rows = connection.sql(f"SELECT g, {sums} FROM '{path}' GROUP BY g").fetchall()
    assert rows
    return time.perf_counter() - start


def main() -> None:
    """Write, measure and print each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=float, nargs="+", default=[1, 10, 50], help="millions")
    parser.add_argument("--groups", type=int, default=100_000)
    parser.add_argument("--memory", default="1GB")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure, asked.memory)))
        return
    print("| million rows | open | sum | fit | all | ten sums by DuckDB alone | most memory |")
    print("| --: | --: | --: | --: | --: | --: | --: |")
    for millions in asked.rows:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "table.parquet"
            write(path, int(millions * MILLION), asked.groups)
            command = [sys.executable, "-m", "tests.benchmarks.sources"]
            command += ["--measure", str(path), "--memory", asked.memory]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
        took = json.loads(done.stdout.splitlines()[-1])
        seconds = (f"{took[name]:.1f} s" for name in ("open", "sum", "fit", "all", "beside"))
        print(f"| {millions:g} | {' | '.join(seconds)} | {took['GB']:.2f} GB |", flush=True)


if __name__ == "__main__":
    main()
