"""Tables and models that every engine must answer as memory does."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from core.spec import ModelSpec
from tests.golden.cases import MODELS, corpus_spec, corpus_table, load_case

GOLDEN = (
    "dietox",
    "exam_cross",
    "radon_cross",
    "sleepstudy_uncorr",
    "syn_scales",
    "syn_singletons",
)
CORPUS = (
    "AER__NaturalGas",
    "MASS__Insurance",
    "Stat2Data__Pollster08",
    "carData__Davis",
    "drc__metals",
    "stevedata__mvprod",
    "wooldridge__lawsch85",
)


@dataclass(frozen=True)
class Case:
    """A table, and a model of it."""

    name: str
    table: pd.DataFrame
    spec: ModelSpec


def _simulated(seed: int, n_groups: int = 30) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(2, 25, size=n_groups)
    group = np.repeat(np.arange(n_groups), sizes)
    n = len(group)
    x, z = rng.normal(size=n), rng.exponential(size=n)
    lines = rng.normal(size=(n_groups, 2)) * [1.0, 0.5]
    u = rng.normal(size=n_groups)[group]
    y = 1.0 + lines[group, 0] + (0.5 + lines[group, 1]) * x + 0.3 * z + u + rng.normal(size=n)
    return pd.DataFrame({"y": y, "x": x, "z": z, "u": u, "g": [f"group {j:02d}" for j in group]})


def _scales() -> Case:
    table = _simulated(1)
    made = {"y": table["y"] * 1e6, "x": table["x"] * 1e-4 + 1e-3, "z": table["z"] * 1e6}
    return Case("scales", table.assign(**made), ModelSpec("y", "g", ("x", "z"), ("x",)))


def _shifted() -> Case:
    table = _simulated(2)
    made = {"x": table["x"] + 1e8, "y": table["y"] - 3e5}
    return Case("shifted", table.assign(**made), ModelSpec("y", "g", ("x",), ("x",)))


def _apart() -> Case:
    """Groups that lie a thousand times further apart than their rows do."""
    table = _simulated(3)
    place = np.random.default_rng(31).permutation(60).reshape(2, 30)
    x, y = place[:, table["g"].str.slice(-2).astype(int)]
    made = {"x": table["x"] + 50.0 * x, "y": table["y"] - 700.0 * y}
    return Case("apart", table.assign(**made), ModelSpec("y", "g", ("x",), ("x",)))


def _hostile() -> Case:
    table = _simulated(4)
    names = {
        "y": 'y"; DROP TABLE t; --',
        "x": "x' OR 1=1 /*",
        "z": "100% {z} %s $1 ?",
        "u": "SELECT",
        "g": 'Group`s "näme" 🙂',
    }
    table["g"] = table["g"].replace({"group 00": "'; --", "group 01": "", "group 02": 'a"b%s'})
    spec = ModelSpec(names["y"], names["g"], (names["x"], names["z"]), (names["x"],))
    return Case(
        "hostile names", table.rename(columns=names), spec.update(group_predictors=("SELECT",))
    )


def _case_of_names() -> Case:
    """Names that differ in capitals alone, which some engines do not tell apart."""
    table = _simulated(5).rename(columns={"z": "X"})
    return Case("x and X", table, ModelSpec("y", "g", ("x", "X"), ("X",)))


def _missing() -> Case:
    table = _simulated(6)
    rng = np.random.default_rng(60)
    for column, share in (("y", 0.05), ("x", 0.08), ("u", 0.02)):
        table.loc[rng.random(len(table)) < share, column] = np.nan
    table.loc[rng.random(len(table)) < 0.03, "x"] = np.inf
    table.loc[table["g"] == "group 07", "y"] = np.nan
    table.loc[rng.random(len(table)) < 0.04, "g"] = None
    spec = ModelSpec("y", "g", ("x", "z"), ("x",))
    return Case("missing", table, spec)


def _categories() -> Case:
    table = _simulated(7)
    rng = np.random.default_rng(70)
    table["kind"] = rng.choice(["b", "a", "Z", "ä", "a b"], size=len(table))
    table["shift"] = rng.choice(["day", "night"], size=len(table))
    table["year"] = rng.choice([1999, 2003, 2001], size=len(table))
    of_group = dict(zip(sorted(set(table["g"])), rng.choice(list("pqr"), size=30), strict=True))
    table["type"] = table["g"].map(of_group)
    table.loc[rng.random(len(table)) < 0.04, "kind"] = None
    spec = ModelSpec(
        "y",
        "g",
        ("x", "kind", "shift", "year"),
        ("x",),
        group_predictors=("u", "type"),
        cross_level=(("x", "type"),),
        categorical=("year",),
        reference={"kind": "a b"},
    )
    return Case("categories", table, spec)


def _varying_category() -> Case:
    table = _simulated(8, 12)
    table["arm"] = np.random.default_rng(80).choice(["control", "drug"], size=len(table))
    return Case("varying category", table, ModelSpec("y", "g", ("arm", "x"), ("arm",)))


def _numbers_as_groups() -> Case:
    table = _simulated(9)
    table["g"] = table["g"].str.slice(-2).astype(int) * 7 - 50
    table["flag"] = np.random.default_rng(90).random(len(table)) < 0.4
    table["whole"] = np.random.default_rng(91).integers(0, 5, size=len(table))
    return Case("whole numbers", table, ModelSpec("y", "g", ("flag", "whole"), ("whole",)))


def _constant() -> Case:
    table = _simulated(10).assign(c=3.25)
    return Case("constant column", table, ModelSpec("y", "g", ("x", "c"), criterion="ML"))


def _refused() -> Case:
    """An outcome that does not vary inside groups: two fits, and a refusal of the third."""
    table = _simulated(11)
    return Case("no residual", table.assign(y=table["u"]), ModelSpec("y", "g", ("x",)))


MADE = (
    _scales,
    _shifted,
    _apart,
    _hostile,
    _case_of_names,
    _missing,
    _categories,
    _varying_category,
    _numbers_as_groups,
    _constant,
    _refused,
)
NAMES = (*GOLDEN, *CORPUS, *(make.__name__.strip("_") for make in MADE))


@cache
def load(name: str) -> Case:
    """Return a case by its name; its table must not be changed."""
    if name in MODELS:
        case = load_case(name)
        return Case(name, case.table, case.spec())
    if name in CORPUS:
        return Case(name, corpus_table(name), corpus_spec(name, slope=True))
    return next(make() for make in MADE if make.__name__.strip("_") == name)
