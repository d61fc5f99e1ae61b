"""An outcome of two values is named as such, once; any other is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.pooling.two_valued import two_valued_sentence
from core.tables.wording import Wording


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            (0.0, 1.0),
            "The outcome is 0 or 1, so averages are shares: this is a linear probability model",
        ),
        (
            (1.0, 2.0),
            "The outcome takes two values only, 1 and 2. Lines and intervals may reach below",
        ),
        ((0.0, 1.0, 2.0), ""),
    ],
)
def test_what_is_said_of_the_values(values: tuple[float, ...], said: str) -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(8), 12)
    table = pd.DataFrame({"y": rng.choice(values, size=96), "g": [f"g{j}" for j in group]})
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec("y", "g")))
    found = two_valued_sentence(fits, Wording())
    assert found.startswith(said) and bool(found) == bool(said)
