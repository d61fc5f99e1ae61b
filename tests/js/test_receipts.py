"""The receipts as the browser writes them: sums in digits that add up, for every group."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.dial.labels import dial_labels
from core.explore.dial.payload import dial_payload
from core.tables.wording import Wording
from tests.core.explore.dial.test_numbers import three_coefficients
from tests.fitted import ONE_FACTOR

HERE = Path(__file__).resolve().parent
POSITIONS = [0.0, 0.3, 1.0, 20.0, "none"]
SPLIT = [[0.3, 4.0], [1.0, 0.0]]
_TERM = re.compile(r"([+\N{MINUS SIGN}]) ([\d.,]+) × (\(?[\d.,\N{MINUS SIGN}]+\)?)")


def receipts(fits: core.PoolingFits) -> list[list[dict[str, Any]]]:
    """Return the receipts of every group at every position, written by the component's code."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    path = core.dial_path(fits)
    positions = POSITIONS + (SPLIT if path.model.k == 2 else [])
    case = {
        "payload": dial_payload(path),
        "positions": positions,
        "labels": dial_labels(path, Wording()),
    }
    done = subprocess.run(
        [node, str(HERE / "receipts.mjs")],
        input=json.dumps([case]),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[dict[str, Any]]] = json.loads(done.stdout)[0]
    return found


def value(text: str) -> float:
    """Return the number that a text shows."""
    return float(text.strip("()").replace("\N{MINUS SIGN}", "-").replace(",", ""))


def assert_adds_up(row: dict[str, Any]) -> None:
    """Recombine a sum from the digits it shows."""
    left, right = row["sum"].split(" = ")
    total = value(left.split(" ")[0])
    for sign, weight, apart in _TERM.findall(left):
        total += (1 if sign == "+" else -1) * value(weight) * value(apart)
    decimals = len(right.split(".")[1]) if "." in right else 0
    assert f"{total:.{decimals}f}".lstrip("-") == f"{value(right):.{decimals}f}".lstrip("-"), row


def models() -> dict[str, Any]:
    """Return every example with a varying intercept and with a varying slope."""
    out: dict[str, Any] = {}
    for name, example in ((n, core.EXAMPLES[n]) for n in ONE_FACTOR):
        for varying in ((), example.spec.predictors[:1]):
            spec = core.ModelSpec(
                example.spec.outcome,
                example.spec.group,
                predictors=example.spec.predictors,
                varying=varying,
                group_predictors=example.spec.group_predictors,
            )
            out[f"{name}{'_slope' if varying else ''}"] = (core.load_example(name), spec)
    return out


@pytest.mark.parametrize("name", list(models()))
def test_every_group_of_every_example_adds_up(name: str) -> None:
    table, spec = models()[name]
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    for groups in receipts(fits):
        assert len(groups) == fits.data.n_groups
        for receipt in groups:
            for row in receipt["rows"]:
                assert_adds_up(row)


def test_three_coefficients_and_tiny_groups_add_up() -> None:
    fits = three_coefficients()
    assert not fits.no_pooling.line_estimable.all()
    for groups in receipts(fits):
        for receipt in groups:
            for row in receipt["rows"]:
                assert_adds_up(row)


def test_numbers_of_any_size_add_up() -> None:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(12), [1, 1, 2, 3, 5, 8, 1, 2, 9, 4, 1, 30])
    x = 1990 + rng.normal(size=len(group)) * 5
    y = (
        3e6
        + 4e4 * rng.normal(size=12)[group]
        + 900 * (x - 1990)
        + 2e4 * rng.normal(size=len(group))
    )
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    for groups in receipts(fits):
        for receipt in groups:
            for row in receipt["rows"]:
                assert_adds_up(row)


@pytest.mark.parametrize("units", [(1e9, 1.0), (1e-9, 1.0), (1.0, 1e9), (1.0, 1e-9)])
def test_numbers_in_any_unit_add_up_and_can_be_told_apart(units: tuple[float, float]) -> None:
    fits = lines_of([1, 1, 2, 3, 5, 8, 1, 2, 9, 4, 1, 30], units)
    for groups in receipts(fits):
        for receipt in groups:
            for row in receipt["rows"]:
                assert_adds_up(row)
    at_one = receipts(fits)[POSITIONS.index(1.0)]
    assert len({row["pooled"] for receipt in at_one for row in receipt["rows"]}) > 12
    assert max(len(row["pooled"]) for receipt in at_one for row in receipt["rows"]) <= 8


def test_the_end_adds_up_where_the_weights_do_not_lead_there() -> None:
    """Perfectly correlated coefficients leave their line only at the no-pooling stop."""
    fits = lines_of([1, 3, 4, 5, 3, 4, 3, 4, 5, 1, 6], (1.0, 1.0), sd=(0.6, 0.0))
    assert core.dial_path(fits).note.startswith("The varying coefficients are estimated as perf")
    at_stop = receipts(fits)[POSITIONS.index("none")]
    for j, receipt in enumerate(at_stop):
        for row in receipt["rows"]:
            assert_adds_up(row)
            assert not fits.no_pooling.line_estimable[j] or row["pooled"] == row["own"]


@pytest.mark.parametrize("kind", ["two", "three", "one line for all"])
def test_standard_errors_are_those_of_python(kind: str) -> None:
    """The browser works them out from the weights, but for groups without a line."""
    sizes = [1, 3, 4, 5, 3, 4, 3, 4, 5, 1, 6]
    fits = three_coefficients() if kind == "three" else lines_of(sizes, (1.0, 1.0))
    if kind == "one line for all":
        fits = lines_of(sizes, (1.0, 1.0), sd=(0.6, 0.0))
    path = core.dial_path(fits)
    seen = 0
    for j, receipt in enumerate(receipts(fits)[POSITIONS.index(1.0)]):
        own = core.receipt(path, j)
        for a, row in enumerate(receipt["rows"]):
            assert bool(row["se"]) == bool(np.isfinite(own.own_se[a]))
            if row["se"]:
                decimals = len(row["se"].partition(".")[2])
                assert abs(value(row["se"]) - own.own_se[a]) <= 0.501 * 10.0**-decimals
                seen += 1
    assert seen > 15


def lines_of(
    sizes: list[int], units: tuple[float, float], sd: tuple[float, float] = (1.0, 0.5)
) -> core.PoolingFits:
    """Return groups of given sizes with a line each; ``units`` of y and x."""
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(len(sizes)), sizes)
    x = rng.normal(size=len(group))
    level, slope = (s * rng.normal(size=len(sizes))[group] for s in sd)
    y = 1.0 + level + (0.5 + slope + 0.4 * level) * x + 0.5 * rng.normal(size=len(group))
    table = pd.DataFrame({"y": units[0] * y, "x": units[1] * x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
    return core.fit_all(core.GroupedData.from_table(table, spec))


def test_the_rows_it_takes_are_those_of_python() -> None:
    """n = w / (1 - w) * sigma_y**2 / sigma_alpha**2 with one varying intercept."""
    example = core.EXAMPLES["radon"]
    spec = core.ModelSpec(example.spec.outcome, example.spec.group, predictors=("floor",))
    fits = core.fit_all(core.GroupedData.from_table(core.load_example("radon"), spec))
    at_one = receipts(fits)[POSITIONS.index(1.0)]
    path = core.dial_path(fits)
    for j, receipt in enumerate(at_one):
        assert receipt["needed"] == core.receipt(path, j).n_for_80
    fit = fits.multilevel
    needed = np.ceil(4.0 * fit.sigma_y**2 / fit.vcov_group[0, 0])
    assert at_one[0]["needed"] == needed
