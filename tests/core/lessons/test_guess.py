"""Guesses and answers: who wins is recomputed here, the words follow."""

from __future__ import annotations

import numpy as np
import pytest

from core.exceptions import SpecError
from core.explore.pooling.lines import group_lines
from core.lessons.catalogue import LESSONS
from core.lessons.check import facts_of, scene_of
from core.lessons.expression import parse_expression
from core.lessons.facts import Scene
from core.lessons.guess import (
    DrawnLine,
    answer_place,
    height_slider,
    judge_fit,
    judge_group,
    judge_line,
    judge_number,
    scores,
    winner,
)
from core.lessons.lesson import Task
from core.lessons.template import parse_template
from tests.core.lessons.test_quantities import facts

ASK = parse_template("?")


def number_task(answer: str, low: float = 0.0, high: float = 1.0, step: float = 0.01) -> Task:
    return Task("number", ASK, quantity=parse_expression(answer), low=low, high=high, step=step)


def test_a_number_is_compared_with_the_answer() -> None:
    scene = Scene(facts(varying=()))
    true = float(scene.facts.fits.multilevel.sigma_group[0])
    task = number_task("sigma_alpha")
    far = judge_number(task, 0.9, scene, "the sd")
    assert "Too high" in far.sentence and not far.is_right
    assert far.sentence.startswith("You said 0.90; the sd is 0.315.")
    assert f"{0.9 - true:.2f} apart" in far.sentence
    assert "Too low" in judge_number(task, 0.05, scene, "the sd").sentence
    near = judge_number(task, true + 0.01, scene, "the sd")
    assert near.is_right and "Very close" in near.sentence


def test_shares_are_guessed_in_per_cent() -> None:
    scene = Scene(facts(varying=()))
    task = number_task("icc", 0.0, 100.0, 1.0)
    share = 100 * scene.facts.fits.multilevel.icc
    assert answer_place(task, scene) == pytest.approx(share)
    verdict = judge_number(task, 50.0, scene, "the ICC")
    assert verdict.guess == "50%" and verdict.answer == f"{share:.0f}%"
    assert f"{50 - share:.0f} percentage points apart" in verdict.sentence


def test_a_group_is_compared_with_the_best() -> None:
    scene = Scene(facts(varying=()))
    each = scene.facts.level
    best = each.group_names[int(np.nanargmax(np.abs(each.shift)))]
    task = Task("group", ASK, "@most_moved", by="shift")
    assert judge_group(task, best, scene).is_right
    wrong = judge_group(task, "STLOUIS", scene)
    assert not wrong.is_right and best in wrong.sentence and "STLOUIS" in wrong.sentence


def test_the_least_error_wins() -> None:
    scene = Scene(facts(varying=()))
    table = scene.facts.validation("people").summary.set_index("estimator")["rmse"]
    three = table[["complete_pooling", "no_pooling", "partial_pooling"]]
    task = Task("fit", ASK, "least", by="rmse:people:*")
    assert winner(task, scene) == three.idxmin()
    assert judge_fit(task, str(three.idxmin()), scene).is_right
    assert not judge_fit(task, str(three.idxmax()), scene).is_right
    most = Task("fit", ASK, "most", by="rmse:people:*")
    assert winner(most, scene) == three.idxmax()


def test_a_fit_without_the_quantity_does_not_take_part() -> None:
    scene = Scene(facts(varying=()))
    task = Task("fit", ASK, "least", by="rmse:groups:*")
    assert set(scores(task, scene)) == {"complete_pooling", "partial_pooling"}
    with pytest.raises(SpecError):
        winner(Task("fit", ASK, "least", by="se:*:NOWHERE"), scene)


@pytest.mark.parametrize("fit", ["complete_pooling", "no_pooling", "partial_pooling"])
def test_a_line_is_nearest_to_the_one_it_repeats(fit: str) -> None:
    scene = Scene(facts(varying=()))
    lines = group_lines(scene.facts.fits)
    j = scene.facts.fits.data.group_names.index("LACQUIPARLE")
    ends = getattr(lines, fit)[j]
    verdict = judge_line(DrawnLine(float(ends[0]), float(ends[-1])), lines, j, "log pCi/L")
    assert f"nearest to {fit.replace('_', ' ')}" in verdict.sentence
    assert verdict.is_right == (fit == "partial_pooling")


@pytest.mark.parametrize(("low", "high"), [(-0.9, 3.3), (180.0, 470.0), (-1e-4, 2e-4), (0, 1e6)])
def test_a_slider_holds_its_range_in_round_steps(low: float, high: float) -> None:
    slider = height_slider(low, high, 0.5 * (low + high))
    assert slider.low <= low < high <= slider.high
    assert slider.low <= slider.start <= slider.high
    steps = (slider.high - slider.low) / slider.step
    assert steps == pytest.approx(round(steps), abs=1e-6) and 100 <= steps <= 1_100


@pytest.mark.parametrize("name", list(LESSONS))
def test_no_slider_of_a_shipped_lesson_starts_at_its_answer(name: str) -> None:
    for step in LESSONS[name].steps:
        task = step.task
        if task.kind == "number":
            answer = answer_place(task, scene_of(LESSONS[name], step, facts_of))
            away = abs(answer - (task.low + task.high) / 2) / (task.high - task.low)
            assert task.low <= answer <= task.high and away > 0.09, (step.number, answer)
