"""Measure the numbers of the pooling dial against brute force, as the browser computes them.

    python -m tests.benchmarks.dial [--corpus FOLDER] [--only TEXT]

For every example, odd simulated tables and each CSV of a folder: the largest difference of what
the component's own code gives (in Node) from least squares at both ends, from the engine at the
estimate, from a refit with whole covariance matrices between, the bytes sent, and how many
receipts do not add up as shown. Differences are relative to the largest number of their kind.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import core
from core.explore.dial_curve import dial_curve
from core.explore.dial_labels import dial_labels
from core.explore.dial_path import DialPath, dial_path
from core.explore.dial_payload import dial_payload
from core.explore.wording import Wording
from core.types import FloatArray
from tests.benchmarks import dial_brute
from tests.benchmarks.dial_models import models

HERE = Path(__file__).resolve().parent
_MOST_ROWS = 30_000
_NUMBER = r"(?:[\d,]+(?:\.\d+)?(?:×10[⁻⁰¹²³⁴-⁹]+)?)"
_TERM = re.compile(rf"([+\u2212]) ({_NUMBER}) × (\(?\u2212?{_NUMBER}\)?)")


def far(found: FloatArray, wanted: FloatArray) -> float:
    """Return the largest difference, column by column over the column's largest number."""
    known = np.isfinite(wanted)
    if not known.any():
        return 0.0
    size = np.max(np.where(known, np.abs(wanted), 0.0), axis=0)
    gap = np.max(np.where(known, np.abs(found - wanted), 0.0), axis=0)
    return float(np.max(gap / np.where(size > 0, size, 1.0)))


def in_node(path: DialPath, positions: list[float]) -> tuple[list[dict[str, Any]], int]:
    """Return what the component computes at some positions, and the bytes of its payload."""
    node = shutil.which("node")
    if node is None:
        raise SystemExit("node is not installed")
    payload = dial_payload(path)
    asked = {
        "payload": payload,
        "positions": [c if np.isfinite(c) else "none" for c in positions],
        "labels": dial_labels(path, Wording()),
    }
    done = subprocess.run(
        [node, str(HERE / "dial_positions.mjs")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    k, J = path.model.k, path.fits.data.n_groups
    found = json.loads(done.stdout)
    for at in found:
        pooled, target, own, fixef = (np.array(v, dtype=float) for v in at.pop("lists"))
        at |= {name: v.reshape(k, J).T for name, v in (("pooled", pooled), ("target", target))}
        at |= {"own": own.reshape(k, J).T, "fixef": fixef}
    return found, len(json.dumps(payload))


def adds_up(row: dict[str, Any]) -> bool:
    """Say whether the sum that a receipt shows gives the number that it shows."""
    if not row["sum"]:
        return False
    left, right = row["sum"].split(" = ")
    total = _value(left.split(" ")[0])
    for sign, weight, apart in _TERM.findall(left):
        total += (1 if sign == "+" else -1) * _value(weight) * _value(apart)
    decimals = len(right.split(".")[1]) if "." in right else 0
    return f"{total:.{decimals}f}".lstrip("-") == f"{_value(right):.{decimals}f}".lstrip("-")


def _value(text: str) -> float:
    return float(text.strip("()").replace("\N{MINUS SIGN}", "-").replace(",", ""))


def measure(name: str, fits: core.PoolingFits) -> list[str]:
    """Return one row of the table."""
    path = dial_path(fits)
    low, high = dial_curve_range(path)
    between = [float(np.exp(v)) for v in np.linspace(np.log(low), np.log(high), 5)[1:-1]]
    positions = [0.0, *between, 1.0, np.inf]
    found, size = in_node(path, positions)
    ends = found[0], found[-1]
    rows = dial_brute.rows_of(path)
    data, used = fits.data, path.model.used
    common = [i for i, t in enumerate(used) if data.terms[t].base not in data.varying]
    fixef = dial_brute.complete(rows)
    start = (
        far(ends[0]["fixef"][None], fixef[None]),
        far(ends[0]["pooled"], fits.complete_pooling.line),
    )
    own = dial_brute.alone(rows, common)
    last = far(ends[1]["pooled"], own)
    middle = (
        "put in" if path.substituted else f"{far(found[-2]['pooled'], fits.multilevel.line):.0e}"
    )
    gaps = [0.0]
    if data.n_obs <= _MOST_ROWS:
        for c, at in zip(between, found[1:-2], strict=True):
            if at["sigmaY"] is None:
                continue
            dense = dial_brute.refit(rows, c * path.vcov_group, at["sigmaY"], reml=path.is_reml)
            gaps += [far(at["fixef"][None], dense.fixef[None])]
            gaps += [far(at["pooled"], at["target"] + dense.modes)]
            gaps += [abs(at["sigmaY"] / dense.sigma_y - 1.0)]
    bad = sum(not adds_up(row) for at in found for r in at["receipts"] for row in r["rows"])
    total = sum(len(r["rows"]) for at in found for r in at["receipts"])
    return [
        name,
        f"{data.n_groups:,}",
        f"{max(start):.0e}",
        f"{last:.0e}",
        middle,
        f"{max(gaps):.0e}",
        f"{bad} of {total:,}",
        f"{size / 1e3:.0f}",
    ]


def dial_curve_range(path: DialPath) -> tuple[float, float]:
    """Return the ends of the dial's scale."""
    low, high = dial_payload(path, dial_curve(path))["range"]
    return float(low), float(high)


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder of CSV files")
    parser.add_argument("--only", default="", help="models with this in their names")
    asked = parser.parse_args()
    print("| model | groups | complete | no pooling | estimate | between | sums off | kB |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, fits in models(asked.corpus):
        if asked.only in name:
            print("| " + " | ".join(measure(name, fits)) + " |", flush=True)


if __name__ == "__main__":
    main()
