"""Every kind of fault, planted into real tables: found, named, mended, and nothing else lost."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import core
from tests.core.tables.doctor.faults import FAULTS, NotHere

GOLDEN = Path(__file__).parents[3] / "golden"
#: Real tables with their group and outcome.
TABLES: dict[str, tuple[str, str]] = {
    "exam": ("school", "normexam"),
    "radon": ("county", "log_radon"),
    "sleepstudy": ("Subject", "Reaction"),
    "data/dyestuff": ("Batch", "Yield"),
    "data/dietox": ("Pig", "Weight"),
    "corpus/nlme__Milk": ("Cow", "protein"),
    "corpus/MASS__Sitka89": ("tree", "size"),
    "corpus/drc__metals": ("metal", "conc"),
    "corpus/stevedata__mvprod": ("country", "value"),
    "corpus/DAAG__tinting": ("id", "csoa"),
    "corpus/AER__NaturalGas": ("state", "income"),
    "data/syn_rho95": ("g", "y"),
}
#: Findings that leave no click: the remedy is another model.
NO_CLICK = {"crossed", "no_spread_in_x"}
WITH_OUTCOME = {"binary_outcome", "constant_column"}


def load(name: str) -> pd.DataFrame:
    """Return one of the tables, at most 1,500 rows of it."""
    if name in core.EXAMPLES:
        table = core.load_example(name)
    else:
        table = core.read_table(GOLDEN / f"{name}.csv")
    group, outcome = TABLES[name]
    table = table.dropna(subset=[group, outcome]).head(1500).reset_index(drop=True)
    return table.astype({group: str}) if table[group].dtype == "category" else table


def as_file(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table as a user would bring it, before it is repaired."""
    return core.read_table(table.to_csv(index=False).encode(), "table.csv", repair=False)


def tables_for(code: str, style: str, request: pytest.FixtureRequest) -> list[str]:
    """Return all tables, or without ``--slow`` three of them, others for each style."""
    names = list(TABLES)
    if request.config.getoption("--slow"):
        return names
    start = zlib.crc32(f"{code} {style}".encode()) % len(names)
    return [names[(start + 5 * k) % len(names)] for k in range(3)]


def findings_of(
    table: pd.DataFrame, name: str, code: str, column: str | None
) -> tuple[core.Finding, ...]:
    """Examine a table with the roles that its reader would choose."""
    group, outcome = (role if role in table else None for role in TABLES[name])
    return core.examine(
        table,
        group,
        outcome=outcome if code in WITH_OUTCOME else None,
        predictor=column if code == "no_spread_in_x" else None,
    )


@pytest.mark.parametrize(("code", "style"), FAULTS)
def test_found_and_mended(code: str, style: str, request: pytest.FixtureRequest) -> None:
    for name in tables_for(code, style, request):
        group, outcome = TABLES[name]
        rng = np.random.default_rng(zlib.crc32(f"{name} {style}".encode()))
        try:
            planted, column = FAULTS[code, style](load(name), group, outcome, rng)
        except NotHere:
            continue
        table = as_file(planted)
        findings = findings_of(table, name, code, column)
        hits = [f for f in findings if f.code == code and column in (None, f.column)]
        assert hits, f"{code} ({style}) in {name}: {[(f.code, f.column) for f in findings]}"
        assert hits[0].message.endswith((".", "?"))
        if hits[0].fix is None:
            numbers = pd.api.types.is_numeric_dtype(table[hits[0].column])
            assert code in NO_CLICK or (code in WITH_OUTCOME and numbers)
            continue
        before = table.copy()
        mended = core.apply_fix(table, hits[0].fix)
        pd.testing.assert_frame_equal(table, before)
        left = findings_of(mended, name, code, column)
        assert (code, hits[0].column) not in {(f.code, f.column) for f in left}, (name, style)
        check_nothing_lost(table, mended, code, hits[0].column)


def check_nothing_lost(
    table: pd.DataFrame, mended: pd.DataFrame, code: str, column: str | None
) -> None:
    """Check that a fix changes nothing but what it is about."""
    rows_go = code in ("total_row", "repeated_header", "singletons", "wide_layout")
    column_goes = code in ("id_like", "constant_column", "duplicate_names", "wide_layout")
    if not rows_go:
        assert len(mended) == len(table)
        kept = [name for name in table if name != column]
        pd.testing.assert_frame_equal(mended[kept], table[kept])
    if not column_goes:
        assert set(table) <= set(mended)
    if code == "numeric_text":
        assert pd.api.types.is_numeric_dtype(mended[column])


@pytest.mark.parametrize("name", TABLES)
def test_silent_on_the_table_itself(name: str) -> None:
    table = load(name)
    found = {(f.code, f.column) for f in core.examine(as_file(table), TABLES[name][0])}
    if name == "corpus/AER__NaturalGas":
        found -= {("category_as_number", "state")}
    assert found == set()
