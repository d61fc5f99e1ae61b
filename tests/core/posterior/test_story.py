"""The sentences of the posterior: true in every state, in the reader's words and units."""

from __future__ import annotations

import re

import numpy as np
import pytest

import core
from core.posterior.sensitivity import WIDTH, prior_sensitivity
from core.posterior.story import (
    PosteriorStory,
    comparison_sentence,
    posterior_story,
    prior_sentence,
    sensitivity_sentence,
    widening,
    zero_sentences,
)
from core.tables.wording import Wording
from tests.core.posterior.made import case_fits, case_posterior, fit, groups_table
from tests.fitted import example_fits, hostile_fits, words


def whole(story: PosteriorStory) -> str:
    return " ".join((story.title, *story.sentences, story.prior))


@pytest.mark.parametrize(
    "name",
    [
        "dyestuff_flat",
        "dyestuff2_flat",
        "dyestuff2_gamma",
        "dyestuff2_half_normal",
        "four_groups_flat",
        "sleepstudy_slope_half_t",
        "sleepstudy_uncorrelated_flat",
        "sleepstudy_slope_only_flat",
        "years_slope_flat",
    ],
)
def test_no_sentence_has_a_hole(name: str) -> None:
    story = posterior_story(case_posterior(name))
    assert not re.search(r"\bnan\b|\binf\b|None|\{|\}|  ", whole(story))
    assert all(s.endswith(".") and s[0].isupper() for s in (*story.sentences, story.prior))


def test_an_estimate_of_zero_is_not_knowledge_of_zero() -> None:
    made = case_posterior("dyestuff2_flat")
    (text,) = zero_sentences(made, Wording())
    assert "not knowledge of zero" in text
    median, top = made.sigma_group.median[0], made.sigma_group.quantile(0.95, 0)
    assert f"{median:.3f}" in text and f"above {top:.2f}" in text
    assert posterior_story(made).default == "posterior"
    assert zero_sentences(case_posterior("dyestuff_flat"), Wording()) == ()


def test_widths_are_compared_with_the_plug_in_ones() -> None:
    made = case_posterior("dyestuff2_flat")
    wide = widening(made)
    fit_ = case_fits("dyestuff2_flat").multilevel
    ratio = made.line.width[:, 0] / (2 * 1.959963984540054 * fit_.line_se[:, 0])
    assert np.allclose(wide.ratio[:, 0], ratio)
    story = posterior_story(made)
    assert f"{round(100 * (wide.typical - 1))}% wider" in story.title
    assert wide.group in story.sentences[0]


def test_many_groups_need_no_posterior() -> None:
    story = posterior_story(core.posterior(example_fits("exam", "intercept")), words("exam"))
    assert story.default == "plug-in"
    assert "hardly change" in story.title and "schools" in story.title


def test_the_prior_is_told_in_the_readers_units() -> None:
    fits = example_fits("sleepstudy", "slope")
    told = {}
    for kind in ("flat", "half_t", "half_normal", "gamma"):
        made = core.posterior(fits, core.Prior(kind, scale=(30.0, 5.0), eta=2.0))
        told[kind] = prior_sentence(fits, made.stated, words("sleepstudy"))
    assert "counts the same (flat)" in told["flat"]
    assert "61% of it below the scale of 30.0 ms (intercept) and 5.00 ms per day" in told["half_t"]
    assert "68% of it below the scale of 30.0 ms" in told["half_normal"]
    assert "highest at a standard deviation of 30.0 ms" in told["gamma"]
    assert all("LKJ with shape 2, which favours small ones" in text for text in told.values())


def test_a_prior_that_moved_says_so() -> None:
    text = posterior_story(case_posterior("years_slope_flat")).prior
    assert "at the mean of x, not at 0, which lies outside the data" in text


def test_infinite_moments_come_with_a_caution() -> None:
    story = posterior_story(case_posterior("four_groups_flat"))
    assert any("no finite variance" in s for s in story.sentences)
    assert not any(
        "no finite" in s for s in posterior_story(case_posterior("dyestuff_flat")).sentences
    )


def test_a_perfect_correlation_is_put_in_doubt() -> None:
    table = groups_table(5, 6, 0.5, seed=12)
    for seed in range(12, 60):
        table = groups_table(5, 6, 0.5, seed=seed)
        fits = fit(table, predictors=("x",), varying=("x",))
        if fits.status.code == "perfect_correlation":
            break
    story = posterior_story(core.posterior(fits))
    (text,) = [s for s in story.sentences if "end of its range" in s]
    assert re.search(r"estimated as −?1, the end", text)
    assert story.default == "posterior"


def test_sensitivity_names_the_priors_and_their_verdict() -> None:
    few = prior_sensitivity(case_fits("dyestuff2_flat"))
    assert "The prior matters here: 6 groups" in sensitivity_sentence(few)
    many = prior_sensitivity(example_fits("exam", "intercept"))
    assert "The data, not the prior, decide" in sensitivity_sentence(many, words("exam"))
    assert list(few.posteriors) == ["flat", "half_t", "half_normal", "gamma"]
    low, high = few.spread("sd_(Intercept)")
    assert 0 < low < high
    widths = few.table[few.table["parameter"] == WIDTH]["median"]
    assert widths.iloc[0] == 1.0 and (widths > 0.5).all()


def test_sensitivity_goes_on_where_one_prior_is_refused() -> None:
    found = prior_sensitivity(case_fits("three_groups_half_t"))
    assert "flat" not in found.posteriors
    refused = found.table[found.table["prior"] == "flat"]["reason"].iloc[0]
    assert "too few" in refused
    assert "flat" not in sensitivity_sentence(found).split("priors")[0]


def test_two_intervals_compared() -> None:
    text = comparison_sentence((0.0, 1.0), (-0.1, 1.1), "school 3")
    assert text.startswith("School 3: −0.100 to 1.10, 20% wider than")
    assert "3 times as wide as" in comparison_sentence((0.0, 1.0), (-1.0, 2.0), "x")
    assert ": 0 to 1.00, as wide as" in comparison_sentence((0.0, 1.0), (0.0, 1.0), "x")
    assert "no plug-in interval" in comparison_sentence((1.0, 1.0), (0.0, 1.0), "x")


def test_hostile_names_pass_through_as_text() -> None:
    story = posterior_story(core.posterior(hostile_fits()))
    assert "<img" in whole(story) or "g000" in whole(story)  # raw on purpose: escaped by the screen
