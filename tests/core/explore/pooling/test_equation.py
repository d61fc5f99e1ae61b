"""The model in symbols: numbers of the fit, names that stay names, code that gives the fit."""

from __future__ import annotations

import ast
import re
import warnings

import numpy as np
import pytest

import core
from core.explore.pooling import equation
from core.spec import ModelSpec
from tests.fitted import HOSTILE, example_fits, hostile_fits, radon_with_uranium


def test_numbers_are_in_the_equation() -> None:
    latex = equation.multilevel_equation(example_fits("radon"))
    for part in (
        r"\text{log\_radon}_i &= \alpha_{j[i]} + \beta_{j[i]}\,\text{floor}_i + \epsilon_i",
        r"\alpha_{j} &= 1.49 + \eta^{\alpha}_{j}",
        r"\beta_{j} &= -0.655 + \eta^{\beta}_{j}",
        r"0.717^2",
        r"\rho &= -0.37",
    ):
        assert part in latex


def test_group_level_predictors_stand_on_the_group_level() -> None:
    latex = equation.multilevel_equation(radon_with_uranium())
    assert r"\alpha_{j} &= 1.50 + 0.786\,\text{log\_uranium}_{j}" in latex
    assert r"\beta_{j} &= -0.645 - 0.431\,\text{log\_uranium}_{j}" in latex


def test_a_common_slope_has_its_number() -> None:
    latex = equation.multilevel_equation(example_fits("radon", "intercept"))
    assert re.search(r"\\alpha_\{j\[i\]\} - 0\.\d+\\,\\text\{floor\}_i", latex)


@pytest.mark.parametrize("fits", [hostile_fits(), example_fits("exam"), radon_with_uranium()])
def test_braces_balance_and_no_markup_gets_in(fits) -> None:
    for latex in (equation.multilevel_equation(fits), equation.complete_pooling_equation(fits)):
        bare = re.sub(r"\\[{}$]", "", latex)
        depth = np.cumsum([(c == "{") - (c == "}") for c in bare])
        assert depth.min() >= 0 and depth[-1] == 0
        assert "$" not in bare and "\n" not in latex


def test_the_statsmodels_call_gives_the_same_fit() -> None:
    fits = example_fits("sleepstudy")
    table = core.load_example("sleepstudy")
    source = equation.mixedlm_call(fits.spec)
    scope: dict[str, object] = {"table": table}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(source, "shown", "exec"), scope)
    found = scope["fit"]
    np.testing.assert_allclose(found.fe_params, fits.multilevel.fixef, rtol=1e-4)  # type: ignore[attr-defined]
    np.testing.assert_allclose(found.cov_re, fits.multilevel.vcov_group, rtol=1e-2)  # type: ignore[attr-defined]


def test_hostile_names_stay_strings_in_the_code() -> None:
    names = ("a b", "class", "I", 'x"); import os; ("', HOSTILE, "1st")
    for name in names:
        spec = ModelSpec(outcome="y", group=name + "g", predictors=(name,), varying=(name,))
        for changed in (spec, spec.update(correlated=False), spec.update(categorical=(name,))):
            tree = ast.parse(equation.mixedlm_call(changed))
            assert len(tree.body) == 2
            calls = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
            assert len(calls) == 2


def test_the_lmer_call_names_the_criterion() -> None:
    spec = core.EXAMPLES["radon"].spec
    assert "lmer(\n  log_radon ~ floor + (floor | county),\n  data = table\n)" in (
        equation.lmer_call(spec)
    )
    assert "REML = FALSE" in equation.lmer_call(spec.update(criterion="ML"))
