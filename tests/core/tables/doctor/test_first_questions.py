"""What is asked before a first finding: open cells and coin tosses, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import core
from core.tables.doctor.first_questions import first_look
from core.tables.roles.word_scales import answers_of

SHOPS = [f"Laden {letter}" for letter in "ABCDEFGH"]
RNG = np.random.default_rng(12)


def read(header: str, cells: Callable[[int, int], str], mark: str = ",") -> pd.DataFrame:
    """Return a table of six lines for each of eight groups."""
    lines = [f"{s}{mark}{cells(j, i)}" for j, s in enumerate(SHOPS) for i in range(6)]
    return core.read_table("\n".join([header, *lines]).encode(), "t.csv")


def test_open_thousands_are_asked_before_anything_is_said() -> None:
    table = read("Laden;Größe;Lohn", lambda j, i: f"{i + j};1.{200 + 7 * j + i}", ";")
    (question,) = first_look(table).questions
    assert question.about == "cells" and question.column == "Lohn" and len(question.fixes) == 2
    mended = core.apply_fix(table, question.fixes[0])
    assert first_look(mended).questions == () and core.guess_roles(mended).outcome == "Lohn"


@pytest.mark.parametrize("code", ["999", "-99"])
def test_a_single_code_far_outside_is_asked(code: str) -> None:
    text = read("shop,x,score", lambda j, i: f"{i},{code if i == j == 2 else 5 + i + j}")
    (question,) = first_look(text).questions
    assert question.column == "score" and code in question.sentence


def test_scales_are_offered_as_numbers() -> None:
    words = ["never", "rarely", "sometimes", "often", "always"]
    table = read("class,age,worry", lambda j, i: f"{30 + j * i},{words[(j + i) % 5]}")
    look = first_look(table)
    assert look.roles.outcome == "worry"
    mended = core.apply_fix(table, look.questions[0].fixes[0])
    assert set(mended["worry"]) == {1, 2, 3, 4, 5}


def test_the_place_alone_never_decides() -> None:
    table = read("site,alpha,beta", lambda j, i: f"{RNG.normal():.2f},{RNG.normal():.2f}")
    (question,) = first_look(table).questions
    assert question.about == "outcome" and set(question.columns) == {"alpha", "beta"}


@pytest.mark.parametrize("example", sorted(core.EXAMPLES))
def test_examples_are_asked_about_only_where_two_columns_name_units(example: str) -> None:
    asked = [question.about for question in first_look(core.load_example(example)).questions]
    assert asked == (["group"] if example == "penicillin" else [])


@pytest.mark.parametrize(
    ("yes", "no", "name"),
    [("yes", "no", "recovered"), ("ja", "nein", "geheilt"), ("sí", "no", "curado"),
     ("Pass", "Fail", "result")],
)  # fmt: skip
def test_two_answers_are_an_outcome_of_zero_and_one(yes: str, no: str, name: str) -> None:
    table = read(f"clinic,dose,{name}", lambda j, i: f"{10 * (1 + i % 3)},{yes if i > j else no}")
    roles = core.guess_roles(table)
    assert (roles.outcome, roles.group, roles.predictors) == (name, "clinic", ("dose",))
    y = core.GroupedData.from_table(table, roles.spec()).y
    first = answers_of(table[name])
    assert first is not None
    np.testing.assert_array_equal(y, (table[name] == first[0]).to_numpy(dtype=float))


def test_groups_coded_by_small_numbers_are_groups() -> None:
    rows = "".join(f"{3 + k % 7}.{k},{k % 5}.5,{k // 12}\n" for k in range(36))
    roles = core.guess_roles(core.read_table(f"growth,light,greenhouse\n{rows}".encode(), "t.csv"))
    assert (roles.outcome, roles.group) == ("growth", "greenhouse")


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("63,80-", -63.8),
        ("CHF 7'659.-", 7659.0),
        ("12,3a", 12.3),
        ("12,3 p", 12.3),
        ("３，５", 3.5),
    ],
)
def test_numbers_with_something_beside_them(cell: str, value: float) -> None:
    plain = [f"{k},5" for k in range(1, 30)]
    text = "\n".join(["Werk;Gewinn", *(f"W{k % 5};{c}" for k, c in enumerate([*plain, cell]))])
    table = core.read_table(text.encode(), "t.csv")
    assert table["Gewinn"].tolist() == [*(k + 0.5 for k in range(1, 30)), value]


def test_marathon_times_are_seconds_and_formulas_texts() -> None:
    runs = read("runner,km,time", lambda j, i: f"{5 + i},{i % 3}:{10 + j}:{i:02d}")
    assert runs["time"].iloc[1] == 3600 + 600 + 1
    typed = read('site;"day";score', lambda j, i: f'{i};="{j},{i}"', ";")
    assert typed["score"].tolist()[:3] == [0.0, 0.1, 0.2]


def test_several_measures_at_several_times_become_long() -> None:
    names = ("pre_math", "post_math", "pre_read", "post_read")
    cells = "".join(
        f"p{k},s{k % 5}," + ",".join(f"{40 + 3 * (k % 9) + m}.{m}" for m in range(4)) + "\n"
        for k in range(30)
    )
    table = core.read_table((f"pupil,school,{','.join(names)}\n" + cells).encode(), "t.csv")
    (found,) = [f for f in core.examine(table) if f.code == "wide_layout"]
    assert found.fix is not None
    long = core.apply_fix(table, found.fix)
    assert list(long) == ["pupil", "school", "time", "math", "read"] and len(long) == 60
    assert long["time"].tolist()[:2] == ["pre", "post"]
    assert long["math"].tolist()[:2] == [table["pre_math"][0], table["post_math"][0]]
    assert long["read"].tolist()[58:] == [table["pre_read"][29], table["post_read"][29]]
