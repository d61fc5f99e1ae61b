"""Placeholders against lme4's own numbers, pandas, and what they are made of."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

import core
from core.exceptions import SpecError
from core.lessons.expression import ExpressionError, parse_expression
from core.lessons.facts import Facts, Scene
from core.lessons.quantities import evaluate, spelled
from core.lessons.vocabulary import SELECTORS, VOCABULARY
from core.tables.wording import Wording
from tests.golden.cases import load_case


@cache
def facts(name: str = "radon", **changes: Any) -> Facts:
    example = core.EXAMPLES[name]
    spec = example.spec.update(**changes)
    fits = core.fit_all(core.GroupedData.from_table(core.load_example(name), spec))
    return Facts(fits, Wording.of_example(example))


def number(text: str, of: Facts | None = None, **scene: Any) -> float:
    return evaluate(parse_expression(text), Scene(of or facts(varying=()), **scene)).number


def words(text: str, **scene: Any) -> str:
    return evaluate(parse_expression(text), Scene(facts(varying=()), **scene)).text


def test_variances_average_coefficients_and_errors_equal_lme4() -> None:
    gold = load_case("radon_int").gold["fits"]["REML"]
    sd = gold["varcomp"]["county"]["sd"][0]
    fixef = dict(zip(gold["fixed"]["names"], gold["fixed"]["estimate"], strict=True))
    errors = dict(zip(gold["fixed"]["names"], gold["fixed"]["se"], strict=True))
    assert number("sigma_y") == pytest.approx(gold["sigma"], rel=1e-5)
    for name in fixef:
        assert number(f"coef:partial_pooling:{name}") == pytest.approx(fixef[name], rel=1e-4)
        assert number(f"coef_se:partial_pooling:{name}") == pytest.approx(errors[name], rel=1e-4)
    assert number("sigma_alpha") == pytest.approx(sd, rel=1e-4)
    assert number("icc") == pytest.approx(gold["ICC"], rel=1e-4)
    r2 = gold["r2_nakagawa_johnson"]
    assert number("explained:low") == pytest.approx(r2["marginal"], rel=1e-3)
    assert number("explained:high") == pytest.approx(r2["conditional"], rel=1e-3)


def test_coefficients_of_groups_equal_lme4() -> None:
    gold = load_case("radon_int").gold["fits"]["REML"]["coef"]["county"]
    for group in ("LACQUIPARLE", "CLAY", "STLOUIS"):
        value = gold["values"][gold["groups"].index(group)][gold["names"].index("(Intercept)")]
        assert number(f"estimate:partial_pooling:{group}") == pytest.approx(value, rel=1e-4)


def test_profile_interval_equals_lme4() -> None:
    gold = load_case("radon_int").gold["profile_ci"]
    at = gold["names"].index("sd_(Intercept)|county")
    assert number("sigma_alpha_interval:low") == pytest.approx(gold["lower"][at], rel=1e-3)
    assert number("sigma_alpha_interval:high") == pytest.approx(gold["upper"][at], rel=1e-3)


def test_complete_pooling_equals_lm() -> None:
    gold = load_case("radon_int").gold["complete_pooling"]
    assert number("coef:complete_pooling:floor") == pytest.approx(gold["estimate"][1])
    assert number("coef_se:complete_pooling:floor") == pytest.approx(gold["se"][1])
    assert number("residual_sd:complete_pooling") == pytest.approx(gold["sigma"])


def test_counts_and_sizes_equal_pandas() -> None:
    sizes = core.load_example("radon")["county"].value_counts()
    assert words("n_rows") == f"{len(core.load_example('radon')):,} homes"
    assert words("n_groups") == f"{len(sizes)} counties"
    assert number("size:LACQUIPARLE") == sizes["LACQUIPARLE"]
    assert number("groups_up_to:5") == (sizes <= 5).sum()
    assert number("size:@largest") == sizes.max()
    assert number("size:@smallest") == sizes.min()


def test_selectors_choose_by_the_estimates() -> None:
    each = facts(varying=()).level
    assert words("name:@highest") == each.group_names[int(np.nanargmax(each.no_pooling))]
    assert words("name:@lowest") == each.group_names[int(np.nanargmin(each.no_pooling))]
    moved = each.group_names[int(np.nanargmax(np.abs(each.no_pooling - each.partial_pooling)))]
    assert words("name:@most_moved") == moved
    assert words("name:@group", groups=("CLAY",)) == "CLAY"
    assert words("name:@guess", chosen="CLAY") == "CLAY"


def test_the_weighted_average_adds_up() -> None:
    for group in ("LACQUIPARLE", "STLOUIS", "CLAY"):
        own, target = number(f"estimate:no_pooling:{group}"), number(f"target:{group}")
        kept = number(f"reliability:{group}")
        sizes = core.load_example("radon")["county"].value_counts()
        ratio = number("sigma_y") ** 2 / number("sigma_alpha") ** 2
        assert kept == pytest.approx(1 / (1 + ratio / sizes[group]), rel=1e-6)
        # The floor coefficient of no pooling differs a little from that of the model.
        pooled = number(f"estimate:partial_pooling:{group}")
        assert pooled == pytest.approx(target + kept * (own - target), abs=0.03)
        assert number(f"shift:{group}") == pytest.approx(abs(own - pooled))


def test_the_ends_of_the_dial_are_the_other_fits() -> None:
    assert number("estimate:dial:CLAY", c=1.0) == pytest.approx(
        number("estimate:partial_pooling:CLAY"), rel=1e-6
    )
    assert number("estimate:dial:CLAY", c=0.0) == pytest.approx(
        number("coef:complete_pooling:(Intercept)"), rel=1e-6
    )
    assert number("estimate:dial:CLAY", c=np.inf) == pytest.approx(
        number("estimate:no_pooling:CLAY"), rel=1e-6
    )


def test_combinations() -> None:
    a, b = number("sigma_y"), number("sigma_alpha")
    assert number("ratio:sigma_y / sigma_alpha") == pytest.approx(a / b)
    assert number("difference:sigma_y - sigma_alpha") == pytest.approx(a - b)
    other = facts(varying=(), group_predictors=("log_uranium",))
    found = number("step:2:sigma_alpha", others={2: other}.__getitem__)
    assert found == pytest.approx(other.fits.multilevel.sigma_group[0])
    with pytest.raises(SpecError):
        number("step:2:sigma_alpha")


def test_names_with_colons_are_the_last_argument() -> None:
    found = parse_expression("estimate:no_pooling:Bezirk: Mitte / Nord")
    assert found.arguments == ("no_pooling", "Bezirk: Mitte / Nord")
    assert spelled(found) == "estimate:no_pooling:Bezirk: Mitte / Nord"
    inner = parse_expression("ratio:coef_se:cluster_robust:a:b / coef_se:complete_pooling:a:b")
    assert [p.arguments[-1] for p in inner.parts] == ["a:b", "a:b"]


def test_a_prediction_for_a_new_group_is_less_sure() -> None:
    both = facts()
    assert number("predicted_new_reach", both) > number("predicted_reach:known:STLOUIS", both)
    assert number("predicted_reach:mean:STLOUIS") < number("predicted_reach:known:STLOUIS")


@pytest.mark.parametrize("name", list(VOCABULARY))
def test_every_entry_has_a_value_or_says_why_not(name: str) -> None:
    sample = {
        "group": "@largest",
        "fit": "partial_pooling",
        "fit or dial": "dial",
        "estimator": "two_stage",
        "approach": "cluster_robust",
        "held out": "people",
        "who": "known",
        "end": "high",
        "point": "median",
        "noun": "groups",
        "rows": "3",
        "column": "floor",
        "coefficient": "floor",
    }
    arguments = [sample[kind] for kind in VOCABULARY[name].arguments]
    found = evaluate(
        parse_expression(":".join([name, *arguments])), Scene(facts(), guess="g", answer="a")
    )
    assert found.text
    assert np.isfinite(found.number) == VOCABULARY[name].is_number


@pytest.mark.parametrize("selector", list(SELECTORS))
def test_every_selector_finds_a_group(selector: str) -> None:
    scene = Scene(facts(), groups=("CLAY",), chosen="CLAY")
    assert evaluate(parse_expression(f"name:{selector}"), scene).text


@pytest.mark.parametrize(
    "text",
    ["", "icc:", "icc:0", "Icc", "ratio:icc", "step:2:step:3:icc", "ratio:icc / ratio:a / b"],
)
def test_what_is_not_in_the_grammar_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse_expression(text)


def test_a_model_without_the_quantity_says_so() -> None:
    with pytest.raises(SpecError, match="no slope varies"):
        number("sigma_beta")
    with pytest.raises(SpecError, match="no coefficient 'wings'"):
        number("coef:no_pooling:wings")
    with pytest.raises(SpecError, match="has no value"):
        number("coef:no_pooling:log_uranium", facts(varying=(), group_predictors=("log_uranium",)))


def test_the_posterior_is_that_of_core() -> None:
    of = facts("batches")
    made = core.posterior(of.fits)
    assert number("posterior_sigma_alpha:median", of) == pytest.approx(made.sigma_group.median[0])
    assert number("posterior_sigma_alpha:high", of) == pytest.approx(made.sigma_group.upper[0])
    assert number("posterior_icc:low", of) == pytest.approx(made.icc.lower)
    assert number("posterior:median:C", of) == pytest.approx(made.line.median[2, 0])
    assert 0.3 < number("posterior_wider", of) < 1.0


def test_what_the_lesson_says_of_the_posterior_of_the_batches_is_so() -> None:
    made = core.posterior(facts("batches").fits)
    x = np.linspace(0.0, 4.0, 81)
    density = made.sigma_group.density(x, 0)
    assert density[0] > 0.995 * density.max(), "zero is the likeliest single value"
    assert (np.diff(density[4:]) < 0).all()
    assert made.sigma_group.p_above(0.05, 0) > 0.95, "and almost certainly not the value"
