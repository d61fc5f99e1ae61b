"""Guesses and their answers: what the reader said, what the fits say, and how they compare."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core import formats
from core.exceptions import SpecError
from core.explore.pooling.lines import GroupLines
from core.lessons.expression import parse_expression
from core.lessons.facts import Scene
from core.lessons.lesson import Task
from core.lessons.measures import FITS, WORDS, Value
from core.lessons.quantities import evaluate, place
from core.types import FloatArray

#: Shares of the slider within which a guess is called very close, or close.
_VERY_CLOSE, _CLOSE = 0.025, 0.08


@dataclass(frozen=True)
class Verdict:
    """How a guess compares with its answer.

    Attributes
    ----------
    guess, answer : str
        Both in words, as typed.
    sentence : str
        The comparison, as typed.
    is_right : bool
        Whether the guess was right, or close.
    """

    guess: str
    answer: str
    sentence: str
    is_right: bool


def judge_number(task: Task, guess: float, scene: Scene, label: str) -> Verdict:
    """Return how a number compares with the answer.

    Parameters
    ----------
    task : Task
        Of kind ``number``.
    guess : float
    scene : Scene
    label : str
        What the answer is called.
    """
    assert task.quantity is not None
    answer = evaluate(task.quantity, scene)
    is_share = answer.text.endswith("%")
    size = 100.0 if is_share else 1.0
    decimals = max(0, -math.floor(math.log10(task.step)))
    said = formats.fixed(guess, decimals) + ("%" if is_share else "")
    off = guess - size * answer.number
    share = abs(off) / (task.high - task.low)
    how = "Very close" if share <= _VERY_CLOSE else "Close" if share <= _CLOSE else ""
    if not how:
        how = "Too high" if off > 0 else "Too low"
    points = " percentage points" if is_share else ""
    distance = formats.number(abs(off), 2)
    sentence = f"You said {said}; {label} is {answer.text}. {how}: {distance}{points} apart."
    return Verdict(said, answer.text, sentence, share <= _CLOSE)


def answer_place(task: Task, scene: Scene) -> float:
    """Return where the answer of a ``number`` stands on the slider."""
    assert task.quantity is not None
    answer = evaluate(task.quantity, scene)
    return answer.number * (100.0 if answer.text.endswith("%") else 1.0)


def judge_group(task: Task, guess: str, scene: Scene) -> Verdict:
    """Return how a group compares with the one that answers."""
    facts = scene.facts
    names = facts.fits.data.group_names
    best, said = names[place(task.answer, scene)], names[place(guess, scene)]
    answer = facts.wording.group_name(best)
    picked = facts.wording.group_name(said)
    top = _by_group(task, best, scene)
    if best == said:
        sentence = f"You picked {picked}, and {picked} it is{f', with {top}' if top else ''}."
    else:
        own = _by_group(task, said, scene)
        sentence = f"You picked {picked} ({own or 'no estimate'}); the answer is {answer} ({top})."
    return Verdict(picked, answer, sentence, best == said)


def _by_group(task: Task, group: str, scene: Scene) -> str:
    """Return the quantity that decides between groups, for one of them; '' where it has none."""
    try:
        return evaluate(parse_expression(f"{task.by}:{group}"), scene).text
    except SpecError:
        return ""


def scores(task: Task, scene: Scene) -> Mapping[str, Value]:
    """Return the quantity that decides between the fits, for those that have it."""
    out = {}
    for fit in FITS:
        try:
            out[fit] = evaluate(parse_expression(task.by.replace("*", fit)), scene)
        except SpecError:
            continue
    return out


def winner(task: Task, scene: Scene) -> str:
    """Return the fit that answers a task of kind ``fit``.

    Raises
    ------
    SpecError
        When fewer than two fits can be compared.
    """
    found = scores(task, scene)
    if len(found) < 2:
        raise SpecError(f"'{task.by}' has a value for fewer than two fits, so there is no contest")
    best = min if task.answer == "least" else max
    return best(found, key=lambda fit: found[fit].number)


def judge_fit(task: Task, guess: str, scene: Scene) -> Verdict:
    """Return how a fit compares with the one that wins."""
    found, best = scores(task, scene), winner(task, scene)
    said, answer = WORDS[guess], WORDS[best]
    top = found[best].text
    own = found[guess].text if guess in found else "not defined"
    if guess == best:
        others = [f"{WORDS[f]} {v.text}" for f, v in found.items() if f != best]
        sentence = f"You said {said}, and it is, with {top} against {formats.listed(others)}."
    else:
        sentence = f"You said {said} ({own}); it is {answer} ({top})."
    return Verdict(said, answer, sentence, guess == best)


@dataclass(frozen=True)
class Slider:
    """A slider for heights: ends, start and step, outcome units, and the decimals to show."""

    low: float
    high: float
    start: float
    step: float
    decimals: int


def height_slider(low: float, high: float, start: float) -> Slider:
    """Return a slider of a hundred steps or more, in round numbers, that holds a range."""
    power = math.floor(math.log10((high - low) / 100.0))
    step, decimals = 10.0**power, max(0, -power)
    ends = (math.floor(low / step), math.ceil(high / step), round(start / step))
    rounded = [round(end * step, 12) for end in ends]
    return Slider(rounded[0], rounded[1], rounded[2], step, decimals)


@dataclass(frozen=True, eq=False)
class DrawnLine:
    """A line that the reader drew, and the fits' lines at the same two ends.

    Attributes
    ----------
    left, right : float
        Heights at the ends of the axis, outcome units.
    """

    left: float
    right: float

    def ends(self) -> FloatArray:
        """Return both heights."""
        return np.array([self.left, self.right])


def judge_line(line: DrawnLine, lines: GroupLines, j: int, unit: str) -> Verdict:
    """Return how a drawn line compares with the three fitted ones of a group."""
    fitted = {
        "complete_pooling": lines.complete_pooling[j],
        "no_pooling": lines.no_pooling[j],
        "partial_pooling": lines.partial_pooling[j],
    }
    away = {
        fit: float(np.mean(np.abs(ends[[0, -1]] - line.ends())))
        for fit, ends in fitted.items()
        if np.isfinite(ends).all()
    }
    nearest = min(away, key=lambda fit: away[fit])
    decimals = formats.decimals_for([*line.ends(), *lines.partial_pooling[j]], 3)
    said = _from_to(line.ends(), decimals)
    answer = _from_to(lines.partial_pooling[j][[0, -1]], decimals)
    missing = "" if "no_pooling" in away else " There is no line of its own to compare with."
    sentence = (
        f"Your line goes {said}; partial pooling goes {answer} ({unit}). On average yours is "
        f"{formats.number(away['partial_pooling'], 2)} away from it, and nearest to "
        f"{WORDS[nearest]}.{missing}"
    )
    return Verdict(said, answer, sentence, nearest == "partial_pooling")


def _from_to(ends: FloatArray, decimals: int) -> str:
    left, right = (formats.fixed(float(v), decimals) for v in ends)
    return f"from {left} to {right}"
