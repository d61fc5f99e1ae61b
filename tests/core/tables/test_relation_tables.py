"""Sixty tables of two grouping columns, made in fifteen ways: the relation is found unasked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

import core

Make = Callable[[np.random.Generator], pd.DataFrame]


def _table(rng: np.random.Generator, inner: list[object], outer: list[object]) -> pd.DataFrame:
    """Return shuffled rows with an outcome."""
    table = pd.DataFrame({"inner": inner, "outer": outer})
    table = table.sample(frac=1.0, random_state=int(rng.integers(1 << 30))).reset_index(drop=True)
    table["y"] = rng.normal(size=len(table))
    return table


def _nested(name: Callable[[int, int, int], object], least: int = 2, most: int = 6) -> Make:
    """Return tables of classes in schools: ``name`` gives a class's label."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        inner: list[object] = []
        outer: list[object] = []
        running = 0
        for school in range(int(rng.integers(6, 15))):
            for place in range(int(rng.integers(least, most + 1))):
                running += 1
                rows = int(rng.integers(2, 9))
                inner += [name(school, place, running)] * rows
                outer += [f"s{school}"] * rows
        return _table(rng, inner, outer)

    return make


def _crossed(share: float, several: int = 3) -> Make:
    """Return tables of raters and objects; each combination is there with a probability."""

    def make(rng: np.random.Generator) -> pd.DataFrame:
        a, b = int(rng.integers(15, 30)), int(rng.integers(6, 12))
        there = rng.random((a, b)) < share
        # Every level occurs, with several of the other factor.
        for i in range(a):
            there[i, rng.choice(b, 2, replace=False)] = True
        for j in range(b):
            there[rng.choice(a, 2, replace=False), j] = True
        pairs = np.argwhere(there)
        counts = rng.integers(1, several + 1, len(pairs))
        inner = [f"subject {i}" for i in np.repeat(pairs[:, 0], counts)]
        outer = [f"word{j}" for j in np.repeat(pairs[:, 1], counts)]
        return _table(rng, inner, outer)

    return make


def _moved(make: Make) -> Make:
    """Return nested tables in which some pupils moved to another school during the year."""

    def moved(rng: np.random.Generator) -> pd.DataFrame:
        table = make(rng)
        labels = table["inner"].unique()
        for label in rng.choice(labels, max(2, len(labels) // 6), replace=False):
            at = table.index[table["inner"] == label]
            others = [o for o in table["outer"].unique() if o != table.loc[at[0], "outer"]]
            table.loc[at[: max(1, len(at) // 2)], "outer"] = rng.choice(others)
        return table

    return moved


WAYS: dict[str, tuple[str, Make]] = {
    "own names": ("nested", _nested(lambda s, p, r: f"class {s}-{p}")),
    "running numbers": ("nested", _nested(lambda s, p, r: r)),
    "codes with the school in them": ("nested", _nested(lambda s, p, r: 100 * (s + 1) + p)),
    "one to a school or more": ("nested", _nested(lambda s, p, r: f"k{r}", least=1)),
    "numbers anew": ("nested_by_reused_ids", _nested(lambda s, p, r: p + 1, least=3)),
    "letters anew": ("nested_by_reused_ids", _nested(lambda s, p, r: "abcdef"[p], least=3)),
    "class 1 anew": ("nested_by_reused_ids", _nested(lambda s, p, r: f"class {p + 1}", least=3)),
    "1A, 1B anew": ("nested_by_reused_ids", _nested(lambda s, p, r: f"k{p + 1:02d}", least=2)),
    "roman anew": (
        "nested_by_reused_ids",
        _nested(lambda s, p, r: ("I", "II", "III", "IV", "V", "VI")[p], least=3),
    ),
    "every combination": ("crossed", _crossed(1.0)),
    "every combination once": ("crossed", _crossed(1.0, several=1)),
    "few are missing": ("crossed", _crossed(0.95)),
    "half are missing": ("partly_crossed", _crossed(0.4)),
    "most are missing": ("partly_crossed", _crossed(0.15)),
    "some moved": ("partly_crossed", _moved(_nested(lambda s, p, r: f"pupil {r}"))),
}


def _cases() -> Iterator[tuple[str, int]]:
    for way in WAYS:
        for seed in range(4):
            yield way, seed


@pytest.mark.parametrize(("way", "seed"), list(_cases()))
def test_the_relation_is_found(way: str, seed: int) -> None:
    code, make = WAYS[way]
    table = make(np.random.default_rng([seed, list(WAYS).index(way)]))
    for columns in (("inner", "outer"), ("outer", "inner")):
        found = core.relations(table, columns)[0]
        assert found.code == code, found.sentence
        if code.startswith("nested"):
            assert (found.inner, found.outer) == ("inner", "outer")
