"""Ranks from the full posterior: the same where nothing is in doubt, wider where much is."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.explore.ranking.joint import posterior_joint
from tests.core.posterior.made import case_fits, case_posterior
from tests.fitted import example_fits


def test_probabilities_of_the_ends_are_those_of_draws() -> None:
    made = case_posterior("sleepstudy_slope_flat")
    found = core.rank(case_fits("sleepstudy_slope_flat"), "Days", uncertainty=made, share=0.2)
    draws = made.draws(8_000, seed=2).line[:, :, 1]
    place = (-draws).argsort(axis=1).argsort(axis=1) + 1
    assert np.abs((place <= 4).mean(axis=0) - found["p_top"]).max() < 0.025
    assert np.abs((place > 14).mean(axis=0) - found["p_bottom"]).max() < 0.025
    assert np.allclose(found["estimate"], made.line.mean[:, 1])
    assert np.isclose(found["p_top"].sum(), 4.0, atol=0.01)


def test_the_same_seed_gives_the_same_table() -> None:
    fits = case_fits("sleepstudy_slope_flat")
    one, other = (core.rank(fits, seed=4, uncertainty="posterior") for _ in range(2))
    assert one.equals(other)
    assert not one.equals(core.rank(fits, seed=5, uncertainty="posterior"))


@pytest.mark.parametrize("term", ["(Intercept)"])
def test_a_zero_estimate_ranks_at_random_and_the_posterior_does_not(term: str) -> None:
    fits = case_fits("dyestuff2_flat")
    plug_in = core.rank(fits, term)
    found = core.rank(fits, term, uncertainty="posterior")
    assert np.ptp(plug_in["expected_rank"]) < 0.2
    assert np.ptp(found["expected_rank"]) > 1.0
    assert found["naive_rank"].corr(found["expected_rank"]) > 0.9


def test_many_groups_rank_as_before() -> None:
    fits = example_fits("exam", "intercept")
    plug_in, found = core.rank(fits), core.rank(fits, uncertainty="posterior")
    assert np.abs(plug_in["expected_rank"] - found["expected_rank"]).max() < 1.5
    assert list(plug_in.columns) == list(found.columns)


def test_two_groups_and_all_pairs_under_the_posterior() -> None:
    fits, made = case_fits("sleepstudy_slope_flat"), case_posterior("sleepstudy_slope_flat")
    found = core.compare_groups(fits, "308", "309", "Days", uncertainty=made)
    wanted = made.difference("308", "309", "Days")
    assert found.lower == wanted.lower and found.p_higher == wanted.p_above(0.0)
    joint = posterior_joint(made, "Days")
    assert np.allclose(joint.mean, made.line.mean[:, 1])
    assert np.allclose(joint.sd, made.line.sd[:, 1], rtol=0.01)
    one, other = np.array([0]), np.array([1])
    assert np.isclose(joint.difference_sd(one, other)[0], wanted.sd, rtol=0.01)
    plug_in = core.pairs_alike(fits, "Days")
    wider = core.pairs_alike(fits, "Days", uncertainty=made)
    assert wider.share_alike >= plug_in.share_alike and wider.n_pairs == plug_in.n_pairs
