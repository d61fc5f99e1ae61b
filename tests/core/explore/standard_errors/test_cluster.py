"""Cluster-robust standard errors and their degrees of freedom against clubSandwich."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

import core
from core.explore.standard_errors.cluster import cluster_robust
from core.fitting.scaled import scale_model
from tests.golden.cases import MODELS, load_case


@pytest.mark.parametrize("name", MODELS)
def test_cr1_and_cr2_are_those_of_clubsandwich(name: str) -> None:
    case = load_case(name)
    gold = case.gold["complete_pooling"]["clubSandwich"]
    data = core.GroupedData.from_table(case.table, case.spec())
    moments = core.GroupMoments.from_data(data)
    found = cluster_robust(data, moments, scale_model(data, moments))
    assert list(data.fixef_names) == case.gold["complete_pooling"]["names"]
    assert_allclose(found.cr1_se, gold["CR1"]["se"], rtol=1e-9)
    assert_allclose(found.cr1_df, gold["CR1"]["df"], rtol=1e-9)
    assert_allclose(found.cr2_se, gold["CR2"]["se"], rtol=1e-9)
    assert_allclose(found.cr2_df, gold["CR2"]["df"], rtol=1e-9)
