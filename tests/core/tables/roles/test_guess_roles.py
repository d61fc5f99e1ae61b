"""Guessed roles: sensible where a person would not hesitate, and never by the file's name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import core


def make(n_groups: int = 12, size: int = 6, **columns: object) -> pd.DataFrame:
    """Return a grouped table; columns are arrays, or 'x', 'y', 'u', 't' for made-up ones."""
    rng = np.random.default_rng(7)
    group = np.repeat(np.arange(n_groups), size)
    x = rng.normal(size=len(group)).round(3)
    u = rng.normal(size=n_groups).round(3)[group]
    y = (2 + x + u + rng.normal(size=n_groups)[group] + rng.normal(size=len(group))).round(3)
    made = {"x": x, "y": y, "u": u, "t": np.tile(np.arange(1, size + 1), n_groups), "g": group + 1}
    return pd.DataFrame({name: made[v] if isinstance(v, str) else v for name, v in columns.items()})


def test_exam(exam: pd.DataFrame) -> None:
    roles = core.guess_roles(exam)
    assert (roles.outcome, roles.group, roles.predictors) == ("normexam", "school", ("standLRT",))
    assert {"schavg", "schgend"} <= set(roles.group_predictors)
    for column in (roles.outcome, roles.group, *roles.predictors, *roles.group_predictors):
        assert roles.reasons[column].endswith(".")
    assert core.fit_all(core.GroupedData.from_table(exam, roles.spec())).multilevel.n_groups == 65


def test_radon(radon: pd.DataFrame) -> None:
    roles = core.guess_roles(radon)
    assert (roles.outcome, roles.group) == ("log_radon", "county")
    assert roles.predictors == ("floor",)
    assert roles.group_predictors == ("log_uranium",)


def test_sleepstudy(sleepstudy: pd.DataFrame) -> None:
    roles = core.guess_roles(sleepstudy)
    assert (roles.outcome, roles.group, roles.predictors) == ("Reaction", "Subject", ("Days",))


def test_members_numbered_anew_in_each_group_are_no_group() -> None:
    rng = np.random.default_rng(3)
    sizes = rng.integers(2, 25, 20)
    klinik = np.repeat([f"Klinik {j}" for j in range(20)], sizes)
    member = np.concatenate([1000 + np.arange(n) for n in sizes])
    kosten = (rng.normal(size=20).repeat(sizes) + rng.normal(size=len(member))).round(3)
    table = pd.DataFrame({"Klinik": klinik, "Patient ID": member, "Kosten €": kosten})
    table["Qualität der Klinik"] = rng.normal(size=20).repeat(sizes).round(3)
    roles = core.guess_roles(table)
    assert (roles.outcome, roles.group) == ("Kosten €", "Klinik")
    assert roles.group_predictors == ("Qualität der Klinik",)


def test_dyestuff(dyestuff: pd.DataFrame) -> None:
    roles = core.guess_roles(dyestuff)
    assert (roles.outcome, roles.group, roles.predictors) == ("Yield", "Batch", ())


@pytest.mark.parametrize(
    ("table", "outcome", "group"),
    [
        (make(firm="g", year="t", inv="y", value="x"), "inv", "firm"),
        (make(PatientID="g", visit="t", sbp="y", age="u"), "sbp", "PatientID"),
        (make(x="x", y="y", g="g"), "y", "g"),
        (make(id="g", wave="t", lwage="y", educ="u", exper="t"), "lwage", "id"),
        (make(schoolNR="g", langPOST="y", IQ="x", sex=np.tile(["m", "f"], 36)),
         "langPOST", "schoolNR"),
        (make(row="x", score="y", classroom=np.repeat([f"c{i}" for i in range(12)], 6)),
         "score", "classroom"),
        (make(obs=np.arange(72), yield_="y", Block="g", Variety=np.tile(list("abc"), 24)),
         "yield_", "Block"),
        (make(team="g", run=np.tile([0, 0, 0, 1, 1, 2, 0, 3, 5], 8), slugging="y"),
         "slugging", "team"),
        (make(inst="g", fev="y", ivstart=np.tile([3, 9, 40, 77, 3, 5, 40, 160], 9)), "fev", "inst"),
        (make(city="g", distance=np.tile([5, 8, 9, 12], 18),
              time=np.random.default_rng(1).integers(5, 90, 72)), "time", "city"),
        (make(carrier="g", dep_time=np.random.default_rng(2).integers(500, 2359, 72),
              arr_delay="y"), "arr_delay", "carrier"),
        (make(1, 30, state=np.repeat(list("abcde"), 6), price="y", dose=np.tile([1, 2, 4], 10)),
         "price", "state"),
    ],
)  # fmt: skip
def test_typical_designs(table: pd.DataFrame, outcome: str, group: str) -> None:
    roles = core.guess_roles(table)
    assert (roles.outcome, roles.group) == (outcome, group)


def test_time_is_the_predictor_of_repeated_measures() -> None:
    roles = core.guess_roles(make(pig="g", weight="y", week="t", diet="u"))
    assert roles.predictors == ("week",)
    assert roles.group_predictors == ("diet",)


def test_a_repeated_name_of_the_group_is_no_predictor() -> None:
    table = make(country="g", year="t", y="y")
    table["iso"] = "C" + table["country"].astype(str)
    assert core.guess_roles(table).group_predictors == ()


def test_order_of_rows_and_hostile_names_do_not_matter(exam: pd.DataFrame) -> None:
    shuffled = exam.sample(frac=1.0, random_state=0).reset_index(drop=True)
    first, second = core.guess_roles(exam), core.guess_roles(shuffled)
    assert (first.outcome, first.group, first.predictors, first.group_predictors) == (
        second.outcome, second.group, second.predictors, second.group_predictors
    )  # fmt: skip
    names = ["<script>", "a:b", "(Intercept)", "`", "\\", "$x$", "שלום", "😀", "", " "]
    hostile = exam.set_axis(names, axis=1)
    assert core.guess_roles(hostile).outcome in names


def test_tables_without_a_group_or_numbers() -> None:
    assert (
        core.guess_roles(pd.DataFrame({"a": [1.5, 2.5, 3.5], "b": [2.0, 1.1, 0.3]})).group is None
    )
    words = core.guess_roles(pd.DataFrame({"a": ["x", "y"] * 5, "b": list("pqrst") * 2}))
    assert words.outcome is None
    with pytest.raises(core.DataError, match="outcome"):
        words.spec()
    assert core.guess_roles(pd.DataFrame()).outcome is None
    empty = pd.DataFrame({"a": [np.nan] * 3, "b": [None] * 3})
    assert core.guess_roles(empty).outcome is None
