"""Checking a lesson against its data: every model, group and placeholder is tried out."""

from __future__ import annotations

from collections.abc import Callable

from core.exceptions import LessonError, PoolingError, SpecError
from core.fitting.fit import fit_all
from core.lessons.expression import Expression, parse_expression
from core.lessons.facts import Facts, Scene
from core.lessons.guess import winner
from core.lessons.lesson import Lesson, State, Step
from core.lessons.quantities import evaluate, place
from core.tables.examples import EXAMPLES, load_example
from core.tables.grouped import GroupedData
from core.tables.wording import Wording

Provide = Callable[[State], Facts]


def facts_of(state: State) -> Facts:
    """Return the fits of a state.

    Raises
    ------
    PoolingError
        When the model cannot be fitted.
    """
    data = GroupedData.from_table(load_example(state.data), state.spec)
    return Facts(fit_all(data), Wording.of_example(EXAMPLES[state.data]))


def scene_of(
    lesson: Lesson,
    step: Step,
    provide: Provide,
    *,
    chosen: str = "",
    guess: str = "",
    answer: str = "",
    c: float = 1.0,
) -> Scene:
    """Return what the placeholders of a step speak of.

    Parameters
    ----------
    lesson, step
    provide : callable
        Gives the facts of a state.
    chosen : str
        The group the reader picked, or ''.
    guess, answer : str
        In words.
    c : float
        Position of the dial.
    """
    return Scene(
        facts=provide(step.state),
        groups=step.groups,
        chosen=chosen,
        guess=guess,
        answer=answer,
        c=c,
        others=lambda number: provide(lesson.steps[number - 1].state),
    )


def check_lesson(lesson: Lesson, file: str, provide: Provide = facts_of) -> None:
    """Try out every step of a lesson on its data.

    Raises
    ------
    LessonError
        With file, step and reason: a model that cannot be fitted, a group that is not there,
        a placeholder that has no value.
    """
    kept: dict[str, Facts] = {}

    def once(state: State) -> Facts:
        key = f"{state.data} {state.spec!r}"
        if key not in kept:
            kept[key] = provide(state)
        return kept[key]

    for step in lesson.steps:
        try:
            _check_step(lesson, step, once)
        except LessonError:
            raise
        except PoolingError as error:
            raise LessonError(file, step.number, str(error)) from error


def _check_step(lesson: Lesson, step: Step, provide: Provide) -> None:
    facts = provide(step.state)
    if facts.fits.multilevel_or_none is None:
        raise SpecError(f"the model has no multilevel fit: {facts.fits.refusal}")
    first = facts.fits.data.group_names[0]
    scene = scene_of(lesson, step, provide, chosen=first, guess="?", answer="?")
    for name in step.groups:
        place(name, scene)
    for expression in step.quantities():
        _check_depth(expression, scene)
    task = step.task
    if task.kind == "group":
        best = facts.fits.data.group_names[place(task.answer, scene)]
        evaluate(parse_expression(f"{task.by}:{best}"), scene)
    if task.kind == "fit":
        winner(task, scene)
    if step.term == "slope":
        facts.slope  # noqa: B018  (raises where no slope varies)


def _check_depth(expression: Expression, scene: Scene) -> None:
    """Evaluate a placeholder; one about the group that is picked may lack a value for some."""
    about_guess = any("@guess" in inner.arguments for inner in expression.walk())
    try:
        evaluate(expression, scene)
    except SpecError as error:
        if not (about_guess and "has no value" in str(error)):
            raise
