"""How terms go together: hierarchy, what takes whose place, what is refused; hostile names."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core
from core.explore.pooling.equation import lmer_call, mixedlm_call
from tests.golden.terms.models import read


def spec_of(*terms, **fields) -> core.ModelSpec:
    return core.ModelSpec(**({"outcome": "y", "group": "g", "terms": terms} | fields))


def labels(spec: core.ModelSpec) -> list[str]:
    return [term.label for term in spec.terms]


def test_hierarchy_brings_the_parts() -> None:
    spec = spec_of(core.Interaction("x", "z", "w"), core.Power("x", 3))
    assert spec.predictors == ("x", "z", "w")
    assert labels(spec) == ["x^2", "x^3", "x:z", "x:w", "z:w", "x:z:w"]
    assert spec.update(criterion="ML").terms == spec.terms
    assert spec.lme4_formula() == (
        "y ~ x + z + w + I(x^2) + I(x^3) + x:z + x:w + z:w + x:z:w + (1 | g)"
    )


def test_alone_leaves_out_what_is_not_asked_for() -> None:
    spec = spec_of(core.Interaction("x", "z", alone=True), predictors=("x",))
    assert spec.lme4_formula() == "y ~ x + x:z + (1 | g)"
    assert spec.update(criterion="ML").lme4_formula() == spec.lme4_formula()


def test_what_is_made_of_a_predictor_takes_its_place() -> None:
    spec = spec_of(core.Log("p"), core.Spline("z"), predictors=("p", "z", "x"))
    table = read("simulated")
    data = core.GroupedData.from_table(table, spec)
    assert data.fixef_names == (
        *("(Intercept)", "x", "log(p)"),
        *(f"spline(z)[{i}]" for i in range(1, 5)),
    )
    found = next(t for t in data.spec.terms if isinstance(t, core.Spline))
    assert found.boundary == (table["z"].min(), table["z"].max())


def test_a_group_level_part_makes_a_cross_level_interaction() -> None:
    spec = spec_of(core.Interaction("x", "u"), group_predictors=("u",))
    assert (spec.cross_level, spec.terms, spec.predictors) == ((("x", "u"),), (), ("x",))
    with pytest.raises(core.SpecError, match="group-level predictors"):
        spec_of(core.Interaction("u", "v"), group_predictors=("u", "v"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: core.Power("x", 1), "between 2"),
        (lambda: core.Spline("x", 0), "1 to 20"),
        (lambda: core.Interaction("x"), "joins 2 to"),
        (lambda: core.Interaction("x", core.Power("x")), "different columns"),
        (lambda: spec_of("x:z"), "Terms are"),
        (lambda: spec_of(core.Spline("x", 3), core.Spline("x", 4)), "twice"),
        (lambda: spec_of(core.Power("y")), "one role"),
    ],
)
def test_what_makes_no_sense_is_refused(make, words: str) -> None:
    with pytest.raises(core.SpecError, match=words):
        make()


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (core.Log("x"), "0 or less"),
        (core.Power("a"), "is a category"),
        (core.Time("a"), "is no date"),
        (core.Time("date", unit="moons"), "counted in"),
        (core.Spline("b2", 4), "degrees of freedom"),
    ],
)
def test_what_cannot_be_made_of_the_rows_is_refused(term, words: str) -> None:
    table = read("simulated").assign(b2=lambda t: (t["b"] == "yes").astype(float))
    with pytest.raises(core.DataError, match=words):
        core.GroupedData.from_table(table, spec_of(term))


def test_a_term_may_not_be_called_as_a_column() -> None:
    table = read("simulated").rename(columns={"w": "x^2"})
    with pytest.raises(core.DataError, match="called as a column"):
        core.GroupedData.from_table(table, spec_of(core.Power("x"), predictors=("x^2",)))


def test_new_rows_have_the_fitting_knots_means_and_dates() -> None:
    table = read("simulated").dropna()
    terms = (core.Spline("z", 3), core.ZScore("w"), core.Time("date", "years"), core.Power("date"))
    fits = core.fit_all(core.GroupedData.from_table(table, spec_of(*terms)))
    whole = core.predict(fits, table)["point"].to_numpy()
    part = core.predict(fits, table.iloc[40:43])["point"].to_numpy()
    assert np.allclose(part, whole[40:43], rtol=0, atol=1e-12)
    beyond = pd.DataFrame({"z": [9.0, 10.0, 11.0], "w": 50.0, "date": "2001-01-01", "g": "g01"})
    points = core.predict(fits, beyond)["point"].to_numpy()
    assert np.allclose(np.diff(points, 2), 0.0, atol=1e-9)  # a natural spline ends straight
    assert (core.predict(fits, table.assign(z=np.nan).head(2))["reason"] == "'z' is missing").all()


def test_names_from_a_table_stay_names_in_code() -> None:
    odd = 'x"); system("ls'
    table = read("simulated").rename(columns={"x": odd})
    spec = spec_of(core.Power(odd), core.Interaction(odd, "z"), rows=(core.Keep("a", ('red")',)),))
    assert f"I(`{odd}`^2)" in lmer_call(spec)
    compile(mixedlm_call(spec), "call", "exec")
    fits = core.fit_all(core.GroupedData.from_table(table, spec.update(rows=())))
    assert f"{odd}^2" in fits.multilevel.fixef_names
