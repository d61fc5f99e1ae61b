"""Measure the numbers of the pooling dial against brute force, as the browser computes them.

    python -m tests.benchmarks.dial [--corpus FOLDER] [--only TEXT]

For every example, odd simulated tables and each CSV of a folder: the largest difference of what
the component's own code gives (in Node) from least squares at both ends, from the engine at the
estimate, from a refit with whole covariance matrices between, the bytes sent, and how many
receipts do not add up as shown. Differences are relative to the largest number of their kind.
Then the evidence: the drawn log likelihood and the ends of its interval against the engine,
with one varying coefficient and ML the interval also against the profile of its sd, and the
error along the dial against refits of every fold by brute force (small tables).
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
from core.estimators.holding_out.folds import make_folds
from core.estimators.training import KNOWN
from core.explore.dial.beneath import DROP_95, dial_evidence
from core.explore.dial.curve import dial_curve
from core.explore.dial.held_out import dial_validation
from core.explore.dial.labels import dial_labels
from core.explore.dial.path import DialPath, dial_path
from core.explore.dial.payload import dial_payload
from core.tables.wording import Wording
from core.types import FloatArray
from tests.benchmarks import dial_brute
from tests.benchmarks.dial_models import models

HERE = Path(__file__).resolve().parent
_MOST_ROWS, _MOST_FOLDED = 30_000, 1_000
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


def evidence(name: str, fits: core.PoolingFits) -> list[str]:
    """Return one row about what stands under the dial."""
    path = dial_path(fits)
    found = dial_evidence(path)
    top = min(core.dial(path, 1.0).criterion_value, core.dial(path, 0.0).criterion_value)
    lowest = top if found.top in (0.0, 1.0) else core.dial(path, found.top).criterion_value
    some = slice(None, None, max(1, len(found.c) // 12))
    engine = [-0.5 * (core.dial(path, c).criterion_value - lowest) for c in found.c[some]]
    gap = np.abs(np.array(engine) - found.log_likelihood[some])
    near = np.array(engine) > -10.0
    ends = [c for c in found.interval if 0 < c < np.inf]
    drops = [-0.5 * (core.dial(path, c).criterion_value - lowest) + DROP_95 for c in ends]
    profile = "–"
    if path.model.k == 1 and not path.substituted and not path.is_reml:
        (sd,) = fits.multilevel.sigma_group
        row = core.profile(fits.multilevel).intervals.iloc[0]
        wanted = np.array([row["lower"], row["upper"]]) / sd
        profile = f"{np.max(np.abs(np.sqrt(found.interval) - wanted)):.0e}"
    return [
        name,
        f"{np.max(gap[near], initial=0.0):.0e}",
        f"{np.max(np.abs(drops), initial=0.0):.0e}",
        profile,
        left_out(path),
    ]


def left_out(path: DialPath) -> str:
    """Return how far the error along the dial is from refits of every fold by brute force."""
    data = path.fits.data
    if data.n_obs > _MOST_FOLDED:
        return "–"
    c = np.array([0.02, 1.0, 30.0])
    found = dial_validation(path, c=c)
    if found is None:
        return "–"
    square, n = np.zeros(len(c)), 0
    for fold in make_folds(data, path.fits.moments, "people", min(10, data.n_obs), 0):
        known = fold.rows.kind == KNOWN
        rows = dial_brute.rows_of(path, np.setdiff1d(np.arange(data.n_obs), fold.where))
        X = data.design()[fold.where][:, path.model.used][known]
        Z = data.varying_design()[fold.where][known]
        group = data.group_index[fold.where][known]
        n += int(known.sum())
        for e, at in enumerate(c):
            start = core.dial(path, at).sigma_y
            dense = dial_brute.likeliest(rows, at * path.vcov_group, start, reml=path.is_reml)
            told = X @ dense.fixef + np.einsum("nk,nk->n", Z, dense.modes[group])
            square[e] += float(((data.y[fold.where][known] - told) ** 2).sum())
    return f"{np.max(np.abs(found.rmse / np.sqrt(square / n) - 1.0)):.0e}"


def main() -> None:
    """Print two Markdown tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, help="a folder of CSV files")
    parser.add_argument("--only", default="", help="models with this in their names")
    asked = parser.parse_args()
    wanted = [row for row in models(asked.corpus) if asked.only in row[0]]
    table = (
        ("model", "groups", "complete", "no pooling", "estimate", "between", "sums off", "kB"),
        ("model", "likelihood", "interval", "profile of the sd", "left-out error"),
    )
    for heads, row_of in zip(table, (measure, evidence), strict=True):
        print("| " + " | ".join(heads) + " |\n" + "| --- " * len(heads) + "|")
        for name, fits in wanted:
            print("| " + " | ".join(row_of(name, fits)) + " |", flush=True)
        print()


if __name__ == "__main__":
    main()
