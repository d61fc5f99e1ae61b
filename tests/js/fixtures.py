"""Write the numbers that the JavaScript tests compare with: ``python -m tests.js.fixtures``.

Payloads come from ``core.explore.dial.payload``, expected lines from ``core.dial`` (checked
against dense refits elsewhere), in part also from the dense refit itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import core
from core.explore.dial.payload import dial_payload
from core.explore.dial.split import dial_split
from tests.core.brute import refit_at
from tests.core.explore.dial.test_numbers import fits_of, perfectly_correlated, three_coefficients

FILE = Path(__file__).resolve().parent / "dial_fixture.json"
CASES = (
    "dyestuff",
    "sleepstudy_int",
    "sleepstudy_slope",
    "radon_int",
    "radon_slope",
    "radon_cross",
)
POSITIONS = (0.0, 0.02, 0.31, 1.0, 4.7, 60.0, np.inf)
#: What the variances of intercept and slope are multiplied by, each by itself.
SPLITS = ((0.3, 2.0), (6.0, 0.05), (1.0, 0.0), (0.0, 1.5))
DENSE = ("dyestuff", "sleepstudy_int", "sleepstudy_slope")


def case(fits: core.PoolingFits, *, dense: bool) -> dict[str, Any]:
    """Return a payload and what every position must give."""
    path = core.dial_path(fits)
    payload = dial_payload(path)
    low, high = payload["range"]
    expected = []
    for c in POSITIONS:
        if not (c in (0.0, np.inf) or low <= c <= high):
            continue
        at = core.dial(path, c)
        row: dict[str, Any] = {
            "c": c if np.isfinite(c) else "none",
            "pooled": at.coef.T.ravel().tolist(),
            "target": at.target.T.ravel().tolist(),
            "own": at.own.T.ravel().tolist(),
            "weight": at.weight[0].ravel().tolist(),
            "fixef": at.fixef[path.model.used].tolist(),
            "sigma_y": at.sigma_y,
            "sharing": at.sharing,
        }
        if dense and 0 < c < np.inf:
            refit = refit_at(fits.data, at.vcov_group, at.sigma_y, reml=True)
            row["dense"] = (refit.ranef + at.target).T.ravel().tolist()
        expected.append(row)
    return {"payload": payload, "expected": expected, "split": split(path, dense=dense)}


def split(path: core.DialPath, *, dense: bool) -> list[dict[str, Any]]:
    """Return what two varying coefficients must be with a factor each."""
    if path.model.k != 2:
        return []
    rows = []
    for factors in SPLITS:
        at = dial_split(path, factors)
        row: dict[str, Any] = {
            "factors": list(factors),
            "pooled": at.coef.T.ravel().tolist(),
            "fixef": at.fixef[path.model.used].tolist(),
            "sigma_y": at.sigma_y,
            "sharing": at.sharing,
            "value": at.criterion_value,
            "weight": at.weight[0].ravel().tolist(),
        }
        if dense:
            refit = refit_at(path.fits.data, at.vcov_group, at.sigma_y, reml=True)
            row["dense"] = (refit.ranef + at.target).T.ravel().tolist()
        rows.append(row)
    return rows


def fixture() -> dict[str, Any]:
    """Return all cases."""
    cases = {name: case(fits_of(name), dense=name in DENSE) for name in CASES}
    return cases | {
        "three": case(three_coefficients(), dense=False),
        "singular": case(perfectly_correlated(), dense=True),
        "zero_variance": case(fits_of("dyestuff2"), dense=True),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(fixture(), separators=(",", ":")) + "\n", encoding="utf-8")
