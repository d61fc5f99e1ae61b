"""Time this engine beside its peers and print the result as Markdown.

    python -m tests.benchmarks.engines [--cases NAME ...] [--limit SECONDS] [--peers PYTHON]

Every engine runs in a process of its own with one BLAS thread and a time limit. lme4 takes
part where Rscript finds it; mixedlm, mixedlm-rs, lme-python and interlace-lme where the
interpreter named by ``--peers`` (default: this one) has them. Nothing here is a dependency.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.benchmarks.cases import CASES, Case

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

TITLES = {
    "three_fits": "this engine: all three fits, from a DataFrame",
    "multilevel_alone": "this engine: multilevel alone, from moments",
    "lme4": "lme4",
    "statsmodels": "statsmodels MixedLM",
    "mixedlm": "mixedlm",
    "mixedlm_rs": "mixedlm-rs",
    "lme_python": "lme-python",
    "interlace": "interlace-lme",
}
PEERS = ("mixedlm", "mixedlm_rs", "lme_python", "interlace")
BATCH = "this engine: multilevel and the other two in lockstep, from rows"

Result = dict[str, Any]


def command(engine: str, folder: Path, peers: str) -> list[str] | None:
    """Return how to run an engine on a case; None where it is not installed."""
    if engine == "lme4":
        rscript = shutil.which("Rscript")
        return [rscript, str(HERE / "worker.R"), str(folder)] if rscript else None
    python = peers if engine in PEERS else sys.executable
    return [python, "-m", "tests.benchmarks.worker", engine, str(folder)]


def run(engine: str, folder: Path, *, peers: str, limit: float) -> Result:
    """Return what the worker printed, or ``{"failed": reason}``."""
    words = command(engine, folder, peers)
    if words is None:
        return {"failed": "not installed"}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | threads,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {limit:.0f} s"}
    if done.returncode == 0:
        return dict(json.loads(done.stdout.splitlines()[-1]))
    said = [line for line in done.stderr.splitlines() if line and not line.startswith("note:")]
    reason = said[-1] if said else "no message"
    missing = "ModuleNotFoundError" in reason or "there is no package" in done.stderr
    return {"failed": "not installed" if missing else "stopped: " + reason[:60]}


def _seconds(value: float) -> str:
    return f"{1000 * value:,.1f} ms" if value < 1 else f"{value:,.1f} s"


def row(engine: str, result: Result, best: float, reference: float, title: str) -> str:
    """Return one line of the table."""
    if "failed" in result:
        return f"| {title} | {result['failed']} | | | |"
    gap = result["criterion"] - best
    times = result["seconds"] / reference
    name = f"{title} {result['version']}".strip()
    return (
        f"| {name} | {_seconds(result['seconds'])} | {times:,.2f} | "
        f"{result['memory']:,.0f} MB | {gap:.1e} |"
    )


def report(case: Case, results: dict[str, Result]) -> str:
    """Return the results of one case as a Markdown table."""
    done = [r for r in results.values() if "failed" not in r]
    best = min((r["criterion"] for r in done), default=float("nan"))
    reference = results.get("three_fits", {}).get("seconds", float("nan"))
    titles = TITLES if case.outcomes is None else TITLES | {"multilevel_alone": BATCH}
    lines = [
        f"### {case.title}",
        "",
        "| engine | time | times three fits | extra memory | criterion above the best |",
        "| --- | --: | --: | --: | --: |",
    ]
    lines += [row(engine, r, best, reference, titles[engine]) for engine, r in results.items()]
    return "\n".join([*lines, ""])


def main() -> None:
    """Run the cases that were asked for, printing each when it is done."""
    parser = argparse.ArgumentParser(description="Time this engine beside its peers.")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--engines", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--limit", type=float, default=120, help="seconds for one engine")
    parser.add_argument("--peers", default=sys.executable, help="Python that has the peers")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, one BLAS thread each.\n")
    with tempfile.TemporaryDirectory() as temporary:
        for name in options.cases:
            case = CASES[name]()
            folder = Path(temporary) / name
            case.save(folder)
            results = {
                engine: run(engine, folder, peers=options.peers, limit=options.limit)
                for engine in options.engines
            }
            print(report(case, results), flush=True)


if __name__ == "__main__":
    main()
