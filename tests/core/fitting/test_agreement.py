"""What MixedLM is asked, and what is said of its answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.evidence import Agreement
from core.explore.pooling.story import agreement_sentence
from core.fitting import mixedlm


@pytest.fixture(scope="module")
def fits() -> core.PoolingFits:
    """Return the fits of an example, with a varying slope."""
    spec = core.EXAMPLES["sleepstudy"].spec
    return core.fit_all(core.GroupedData.from_table(core.load_example("sleepstudy"), spec))


def test_mixedlm_agrees_on_an_example(fits: core.PoolingFits) -> None:
    found = fits.multilevel.confirm()
    assert found is not None and found.digits >= 5
    assert "agrees to" in agreement_sentence(fits.multilevel, found)


@pytest.mark.parametrize("gap,digits", [(0.0, 9), (3e-7, 6), (2e-4, 3), (0.4, 0), (7.0, 0)])
def test_digits_are_those_of_the_worst(gap: float, digits: int) -> None:
    for which in range(3):
        gaps = [0.0, 0.0, 0.0]
        gaps[which] = gap
        assert Agreement(gaps[0], gaps[1], 0.5, gaps[2]).digits == digits
    assert Agreement(np.nan, 0.0, 0.0, 0.0).digits == 0


def test_a_fit_that_is_off_is_not_said_to_agree(fits: core.PoolingFits) -> None:
    said = agreement_sentence(fits.multilevel, Agreement(0.3, 0.0, 0.0, 0.0))
    assert "does not quite agree" in said and "lower criterion" in said
    said = agreement_sentence(fits.multilevel, Agreement(-0.3, 0.0, 0.0, 0.0))
    assert "compare with lme4" in said


def test_a_variance_of_zero_is_named_as_the_reason() -> None:
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"y": rng.normal(size=60), "g": np.repeat(list("abcdef"), 10)})
    for _ in range(20):
        table["y"] = rng.normal(size=60)
        data = core.GroupedData.from_table(table, core.ModelSpec(outcome="y", group="g"))
        fit = core.fit_all(data).multilevel
        if fit.is_singular:
            break
    assert fit.is_singular
    found = fit.confirm()
    assert found is not None
    said = agreement_sentence(fit, found)
    assert "agrees to" in said or "variance of exactly zero" in said


def test_large_tables_are_not_handed_over(
    fits: core.PoolingFits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mixedlm, "CARRIES_ROWS", 10)
    assert fits.multilevel.confirm() is None
    assert "not asked" in agreement_sentence(fits.multilevel, None)


@pytest.mark.parametrize("seed", range(3))
def test_a_singular_fit_is_asked_where_mixedlm_can_count(seed: int) -> None:
    """At a correlation of one by a hair of 1e-8, MixedLM's criterion is off by hundreds."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(12), rng.integers(4, 60, size=12))
    x = rng.integers(18, 95, size=len(group)).astype(float)
    own = 0.03 * rng.normal(size=12)
    y = 0.37 + own[group] * (1.0 - x / 50.0) + 0.18 * rng.normal(size=len(group))
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    spec = core.ModelSpec("y", "g", predictors=("x",), varying=("x",))
    fit = core.fit_all(core.GroupedData.from_table(table, spec)).multilevel
    found = fit.confirm()
    assert fit.is_singular and found is not None and found.digits >= 2
    assert mixedlm._asked(fit, 1e-8).digits == 0
    assert "asked about fits close to it" in agreement_sentence(fit, found)
