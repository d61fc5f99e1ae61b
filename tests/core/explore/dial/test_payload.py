"""What goes to the browser: small, plain, and the numbers the JavaScript tests are fed with."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.dial.payload import dial_payload
from tests.js import fixtures


@pytest.mark.parametrize("varying", [("x",), ("x", "z")])
def test_a_thousand_groups_take_less_than_200_kB(varying: tuple[str, ...]) -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(1000), rng.integers(4, 40, size=1000))
    x, z = rng.normal(size=(2, len(group)))
    level, slope, other = (s * rng.normal(size=1000)[group] for s in (1.0, 0.5, 0.5))
    y = level + (0.5 + slope) * x + other * z + rng.normal(size=len(group))
    names = np.array([f"County {j}" for j in range(1000)])
    u = rng.normal(size=1000)[group]
    table = pd.DataFrame({"y": y, "x": x, "z": z, "u": u, "g": names[group]})
    spec = core.ModelSpec("y", "g", predictors=("x", "z"), varying=varying, group_predictors=("u",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    text = json.dumps(dial_payload(core.dial_path(fits)), allow_nan=False)
    assert len(text) < 200_000


def test_hostile_names_are_made_visible() -> None:
    table = pd.DataFrame(
        {"y": [1.0, 2.0, 3.0, 5.0], "g": ["a\u202eb", "a\u202eb", "<img src=x>", "<img src=x>"]}
    )
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g")))
    names = dial_payload(core.dial_path(fits))["names"]
    assert not any("\u202e" in name for name in names)
    assert "<img src=x>" in names


def same(a: object, b: object) -> bool:
    """Compare decoded JSON, numbers to eight digits, packed arrays by their length."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float) and isinstance(b, float | int):
        return math.isclose(a, b, rel_tol=1e-7, abs_tol=1e-7)
    if isinstance(a, str) and isinstance(b, str) and len(a) > 200:
        return len(a) == len(b)
    return a == b


@pytest.mark.parametrize("name", ["dyestuff", "radon_slope"])
def test_the_fixture_of_the_javascript_tests_is_current(name: str) -> None:
    """Otherwise run ``python -m tests.js.fixtures``."""
    stored = json.loads(fixtures.FILE.read_text(encoding="utf-8"))[name]
    made = json.loads(json.dumps(fixtures.case(fixtures.fits_of(name), dense=False)))
    for row in stored["expected"]:
        row.pop("dense", None)
    assert same(stored["expected"], made["expected"])
    stored["payload"].pop("curve")
    made["payload"].pop("curve")
    assert same(stored["payload"], made["payload"])
