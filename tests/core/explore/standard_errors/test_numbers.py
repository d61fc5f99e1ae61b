"""The table of standard errors against R's own for each approach."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

import core
from tests.golden.cases import load_case


def test_every_column_is_the_one_r_gives() -> None:
    case = load_case("exam_grouppred")
    fits = core.fit_all(core.GroupedData.from_table(case.table, case.spec()))
    found = core.standard_errors(fits).set_index("term")
    pooled, lmer = case.gold["complete_pooling"], case.gold["fits"]["REML"]
    assert list(found.index) == pooled["names"]
    assert_allclose(found["complete_pooling"], pooled["se"], rtol=1e-8)
    assert_allclose(found["cr1"], pooled["se_cluster_CR1"], rtol=1e-8)
    assert_allclose(found["cr2_df"], pooled["clubSandwich"]["CR2"]["df"], rtol=1e-8)
    assert_allclose(found["multilevel"], lmer["fixed"]["se"], rtol=1e-4)
    assert_allclose(
        found["effective_n"], 4059 * np.square(np.divide(pooled["se"], lmer["fixed"]["se"])), 1e-3
    )
    # The group-level predictor is worth far fewer rows than the table has; no pooling has none.
    assert found.loc["schavg", "effective_n"] < 4059 / 4
    assert np.isnan(found.loc["schavg", "no_pooling"])
    assert np.isfinite(found.loc["standLRT", "no_pooling"])


def test_without_a_multilevel_fit() -> None:
    table = pd.DataFrame({"y": np.repeat([1.0, 2.0, 4.0, 8.0], 4), "g": np.repeat(list("abcd"), 4)})
    fits = core.fit_all(core.GroupedData.from_table(table, core.ModelSpec(outcome="y", group="g")))
    found = core.standard_errors(fits)
    assert np.isnan(found["multilevel"]).all() and np.isfinite(found["cr2"]).all()
