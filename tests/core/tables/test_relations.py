"""Relations of pairs of grouping columns, on tables whose design is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.exceptions import SpecError
from core.explore.pooling.factors.plot_incidence import incidence_alt, plot_incidence
from core.explore.pooling.factors.story import incidence_title
from tests.golden.factors.models import FOLDER

CLASSIC = {
    "pastes": ("batch", "cask", "nested_by_reused_ids"),
    "penicillin": ("plate", "sample", "crossed"),
    "oats": ("Block", "Variety", "crossed"),
    "egsingle": ("schoolid", "childid", "nested"),
    "scotssec": ("primary", "second", "partly_crossed"),
}


def _table(kind: str, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n_outer = int(rng.integers(4, 30))
    if kind in ("nested", "nested_by_reused_ids"):
        sizes = rng.integers(1, 8, n_outer)
        sizes[0] = 5
        outer = np.repeat(np.arange(n_outer), sizes)
        start = np.repeat(np.cumsum(sizes) - sizes, sizes)
        inner = np.arange(len(outer)) - start + 1
        if kind == "nested":
            inner = rng.permutation(10 * len(outer))[: len(outer)]
        times = rng.integers(2, 9, len(outer))
        return pd.DataFrame({"out": np.repeat(outer, times), "inn": np.repeat(inner, times)})
    n_inner = int(rng.integers(4, 20))
    outer, inner = (a.ravel() for a in np.meshgrid(np.arange(n_outer), np.arange(n_inner)))
    share = 0.97 if kind == "crossed" else 0.35
    kept = rng.random(len(outer)) < share
    names = np.array([f"word {'abcdefghijklmnopqrstuvwxyz'[i]}" for i in range(n_inner)])
    frame = pd.DataFrame({"out": outer[kept], "inn": names[inner[kept]]})
    return frame.loc[np.repeat(frame.index, 2)].sample(frac=1, random_state=seed)


@pytest.mark.parametrize("kind", ["nested", "nested_by_reused_ids", "crossed", "partly_crossed"])
def test_the_relation_is_found_whatever_the_order(kind: str) -> None:
    for seed in range(15):
        table = _table(kind, seed)
        for groups in (("out", "inn"), ("inn", "out")):
            (found,) = core.relations(table, groups)
            assert found.code == kind, (seed, groups)
            assert found.n_pairs == len(table.drop_duplicates(["out", "inn"]))
            assert found.rows.sum() == len(table)
            if "nested" in kind:
                assert (found.inner, found.outer) == ("inn", "out")


@pytest.mark.parametrize("name", CLASSIC)
def test_classic_designs_are_named(name: str) -> None:
    first, second, code = CLASSIC[name]
    table = pd.read_csv(FOLDER / f"{name}.csv", dtype={first: str, second: str})
    (found,) = core.relations(table, (first, second))
    assert found.code == code
    title = incidence_title(found)
    figure = plot_incidence(found, title=title)
    drawn = np.nan_to_num(np.array(figure.data[0].z, dtype=float))
    assert drawn.sum() == len(table) and incidence_alt(found).startswith(found.sentence)


def test_what_is_settled_is_not_guessed_again() -> None:
    table = _table("partly_crossed", 1)
    (found,) = core.relations(table, ("out", "inn"), {"inn": "out"})
    assert found.code == "nested_by_reused_ids" and found.inner == "inn"


def test_a_thing_met_again_is_no_reused_id_and_equal_columns_are_said() -> None:
    table = _table("nested_by_reused_ids", 3).rename(columns={"inn": "item"})
    assert core.relations(table, ("out", "item"))[0].code == "partly_crossed"
    same = table.assign(copy=table["out"] + 100)
    assert "name the same" in core.relations(same, ("out", "copy"))[0].sentence
    with pytest.raises(SpecError, match="two sides"):
        core.relations(table, ("out",))
