"""A class's lines: computed again from their seeds, told from rubbish, bounded."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

import core
from core.exceptions import DataError
from core.explore.simulate import class_results
from core.explore.simulate.class_results import (
    ClassResults,
    class_table,
    class_title,
    hand_in,
    read_class,
)
from core.explore.simulate.plot_class import plot_class

DESIGN = "sim-j8_n6_a0.6_s{}"


def lines(seeds: range) -> str:
    return "\n".join(f"Name {s}, {DESIGN.format(s)} sigma_alpha=9" for s in seeds)


@pytest.fixture(scope="module")
def found() -> ClassResults:
    return read_class(lines(range(1, 13)))


@pytest.fixture(scope="module")
def study(found: ClassResults) -> core.SimulationStudy:
    run = core.StudyRun(found.recipe.population, 200, 0, spec=found.recipe.spec)
    while run.advance():
        pass
    return run.study()


def test_what_is_handed_in_is_computed_again(found: ClassResults) -> None:
    assert [m.seed for m in found.members] == list(range(1, 13))
    for member in found.members[:4]:
        draw = core.simulate(found.recipe.population, member.seed)
        exog = sm.add_constant(draw.table[["x"]])
        other = sm.MixedLM(draw.table["y"], exog, draw.table["group"]).fit(reml=True)
        assert member.sigma == pytest.approx(float(np.sqrt(other.cov_re.iloc[0, 0])), abs=2e-3)
        assert member.lower <= member.upper


def test_a_line_survives_the_way_to_the_teacher() -> None:
    recipe = core.read_recipe(DESIGN.format(5))
    draw = core.simulate(recipe.population, 5)
    fits = core.fit_all(core.GroupedData.from_table(draw.table, recipe.spec))
    line = hand_in(recipe, fits)
    for written in (line, f'"{line}",', f"Ana;{line};late", f"  {line.upper().lower()}\r"):
        member = read_class(written).members[0]
        assert member.seed == 5 and f"{member.sigma:.3f}" in line


def test_what_is_no_draw_of_this_class_is_counted_and_left_out() -> None:
    text = lines(range(3)) + "\nhello\nsim-j9_n6_s1\n" + DESIGN.format(2) + "\nsim-zz\n"
    found = read_class(text)
    assert len(found.members) == 3
    assert found.left_out == (
        "2 lines without a draw",
        "1 line of another design",
        "1 line with a seed that was there before",
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "No line holds a draw"),
        ("a,b\n1,2", "No line holds a draw"),
        (lines(range(301)), "limits"),
        ("sim-j500_n100_s1\n" * 3 + "\n".join(f"sim-j500_n100_s{i}" for i in range(9)), "limits"),
        ("x" * 200_001, "longer"),
    ],
)
def test_too_little_and_too_much_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read_class(text)


def test_zeros_and_misses_are_counted(found: ClassResults, study: core.SimulationStudy) -> None:
    frame = found.to_frame()
    assert found.zeros == int((frame["sigma_alpha"] == 0).sum())
    assert len(found.missed) == int((~frame["holds_truth"]).sum())
    table = class_table(found, study)
    assert table["draws"].sum() == 12 and table["theory"].sum() == pytest.approx(1)
    assert table["draws"].iloc[0] == found.zeros
    assert "12 draws" in class_title(found, study)


def test_what_to_expect_is_what_chance_makes() -> None:
    draws = np.random.default_rng(3).binomial(30, 0.2, 200_000)
    low, high = map(int, class_results._expected(0.2, 30).split(" to "))
    assert np.mean((draws >= low) & (draws <= high)) >= 0.95
    assert np.mean(draws < low) < 0.025 and np.mean(draws > high) < 0.025


def test_every_student_is_a_mark(found: ClassResults, study: core.SimulationStudy) -> None:
    figure = plot_class(found, study)
    marks = [t for t in figure.data if t.type == "scatter" and t.mode == "markers"]
    assert sum(len(t.x) for t in marks) == 12
    missed = next(t for t in marks if t.name == "missed")
    assert len(missed.x) == len(found.missed)
