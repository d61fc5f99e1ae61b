"""The map of winners: corners that theory knows."""

from __future__ import annotations

import numpy as np

from core.explore.simulate.win_map import win_map
from core.spec import ModelSpec
from core.tables.population import Population

LEVELS_ONLY = ModelSpec("y", "group")


def test_corners_are_won_by_whom_theory_says() -> None:
    cells: list[int] = []
    found = win_map(
        Population(n_groups=40, mu_beta=0.0),
        ("sigma_alpha", (0.0, 0.6, 2.0)),
        ("group_size", (2, 50)),
        draws=150,
        spec=LEVELS_ONLY,
        progress=lambda done, n: cells.append(done),
    )
    assert cells == [1, 2, 3, 4, 5, 6]
    assert (found.best[0] == 0).all(), "complete pooling where groups are alike"
    assert found.best[1, 0] == 2, "partial pooling in between"
    # Large groups that differ: no pooling and partial pooling are the same.
    assert found.rmse[2, 1, 1] / found.rmse[2, 1, 2] - 1 < 0.01
    assert (found.price[1:] <= 0).all()
    frame = found.to_frame()
    assert len(frame) == 18
    row = frame[(frame["sigma_alpha"] == 2.0) & (frame["group_size"] == 50)].iloc[1]
    assert (row["estimator"], row["rmse"]) == ("no_pooling", found.rmse[2, 1, 1])


def test_a_cell_that_cannot_be_fitted_is_a_gap() -> None:
    found = win_map(
        Population(), ("sigma_alpha", (0.5,)), ("group_size", (1, 5)), draws=5, spec=LEVELS_ONLY
    )
    assert found.best.tolist() == [[-1, 2]]
    assert np.isnan(found.rmse[0, 0]).all()
    assert np.isnan(found.price[0, 0])
