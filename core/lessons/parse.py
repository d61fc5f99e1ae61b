"""From the text of a lesson file to a lesson, or to an error with file, step and reason."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from core import escape
from core.exceptions import LessonError
from core.lessons.expression import Expression, ExpressionError, parse_expression
from core.lessons.fields import Reader, read_toml
from core.lessons.lesson import FIGURES, TASKS, Lesson, Row, Step, Task
from core.lessons.measures import FITS
from core.lessons.state import read_state
from core.lessons.template import Template
from core.lessons.vocabulary import VOCABULARY

FEWEST_STEPS, MOST_STEPS = 4, 7
MOST_ROWS = 8
_LESSON = ("title", "summary", "source", "state", "steps")
_STEP = (
    *("title", "text", "after", "state", "figure", "groups", "term", "along"),
    *("show", "axis", "do"),
)
_TASK = {
    "number": ("kind", "ask", "answer", "label", "low", "high", "step"),
    "group": ("kind", "ask", "answer", "by"),
    "fit": ("kind", "ask", "answer", "by"),
    "line": ("kind", "ask"),
    "dial": ("kind", "ask"),
    "choose": ("kind", "ask"),
    "open": ("kind", "ask"),
}
MARKS = ("complete_pooling", "no_pooling", "partial_pooling", "points")


def parse_lesson(content: bytes, file: str) -> Lesson:
    """Return the lesson that a file holds; data are looked at by ``check_lesson``.

    Parameters
    ----------
    content : bytes
        TOML in UTF-8, as described in ``assets/lessons/FORMAT.md``.
    file : str
        Its name, for errors; without its ending it is the lesson's id.

    Raises
    ------
    LessonError
        With file, step and reason, when anything is missing, unknown or too large.
    """
    file = escape.visible(PurePosixPath(file.replace("\\", "/")).name)[:80]
    reader = Reader(read_toml(content, file), file, None)
    reader.known(_LESSON)
    title = reader.text("title", "title")
    steps = reader.get("steps", list)
    if not FEWEST_STEPS <= len(steps) <= MOST_STEPS:
        raise reader.error(
            f"a lesson has {FEWEST_STEPS} to {MOST_STEPS} steps, each under [[steps]]; this one "
            f"has {len(steps)}"
        )
    shared = reader.get("state", dict, {})
    lesson = Lesson(
        id=_id(file),
        title=title,
        summary=reader.text("summary", "summary"),
        source=reader.text("source", "source", ""),
        steps=tuple(_step(entry, file, i, shared) for i, entry in enumerate(steps, start=1)),
    )
    for step in lesson.steps:
        _check_references(step, len(steps), file)
    return lesson


def _id(file: str) -> str:
    """Return the name of a file without its ending and the number that orders it."""
    name = re.sub(r"^[0-9]+[-_]", "", file.rsplit(".", 1)[0].lower())
    return re.sub(r"[^a-z0-9_]+", "_", name).strip("_") or "lesson"


def _step(entry: Any, file: str, number: int, shared: dict[str, Any]) -> Step:
    if not isinstance(entry, dict):
        raise LessonError(file, number, "a step is a table: write it under [[steps]]")
    reader = Reader(entry, file, number)
    reader.known(_STEP)
    state = {**shared, **reader.get("state", dict, {})}
    task = _task(reader.inside("do"))
    figure = reader.choice("figure", FIGURES)
    has_rows = figure == "numbers" or task.kind in ("number", "fit")
    if not has_rows and ("show" in entry or "axis" in entry):
        raise reader.error("'show' and 'axis' belong to the figure 'numbers'")
    step = Step(
        number=number,
        title=reader.template("title", "title"),
        text=reader.template("text", "text"),
        after=reader.template("after", "text", ""),
        state=read_state(Reader(state, file, number, "state")),
        figure=figure,
        groups=reader.names("groups", ()),
        term=reader.choice("term", ("intercept", "slope"), "intercept"),
        along=reader.text("along", "name", ""),
        rows=_rows(reader),
        axis=reader.template("axis", "title") if "axis" in entry else None,
        task=task,
    )
    _check_figure(reader, step)
    return step


def _check_figure(reader: Reader, step: Step) -> None:
    """Refuse steps whose figure lacks what it needs."""
    spec, task = step.state.spec, step.task
    if step.figure == "numbers" and (not step.rows or step.axis is None):
        raise reader.error("the figure 'numbers' needs 'show' and 'axis'")
    if task.kind in ("number", "fit") and step.axis is None:
        raise reader.error(f"a guess of kind '{task.kind}' needs 'axis': what the number measures")
    if (step.term == "slope" or step.figure == "map") and not spec.varying:
        raise reader.error("no slope varies in this model: name one in 'slope' of the state")
    if step.along and step.along not in spec.group_predictors:
        raise reader.error(f"'along' names '{step.along}', which is not in 'u' of the state")
    if task.kind == "line" and len(step.groups) != 1:
        raise reader.error("a guess of kind 'line' needs one group in 'groups'")
    if task.kind == "line" and not spec.predictors:
        raise reader.error("a guess of kind 'line' needs a predictor in 'x' of the state")
    if step.figure == "lines" and task.kind != "choose" and not step.groups:
        raise reader.error("the figure 'lines' needs 'groups': which groups to show")
    if task.kind == "dial" and step.figure != "pull":
        raise reader.error("a task of kind 'dial' needs the figure 'pull'")
    if step.after.pattern and not task.is_guess:
        raise reader.error("'after' belongs to a guess: the kinds number, group, fit and line")


def _rows(reader: Reader) -> tuple[Row, ...]:
    rows = reader.get("show", list, [])
    if len(rows) > MOST_ROWS:
        raise reader.error(f"'show' holds {len(rows)} rows; {MOST_ROWS} are allowed")
    return tuple(_row(reader, row) for row in rows)


def _row(reader: Reader, row: Any) -> Row:
    if not isinstance(row, dict):
        raise reader.error('\'show\' is a list of {quantity = "...", label = "..."}')
    inside = Reader(row, reader.file, reader.step, "show")
    inside.known(("quantity", "label", "mark"))
    quantity: Expression = inside.expression("quantity")
    first = quantity.estimator if quantity.estimator in FITS else "points"
    return Row(quantity, inside.template("label", "title"), inside.choice("mark", MARKS, first))


def _task(reader: Reader) -> Task:
    kind = reader.choice("kind", TASKS)
    reader.known(_TASK[kind])
    ask = reader.template("ask", "summary")
    if kind == "number":
        return _number(reader, ask)
    if kind == "group":
        return Task(kind, ask, reader.text("answer", "name"), by=_by_group(reader))
    if kind == "fit":
        answer = reader.choice("answer", ("least", "most"))
        return Task(kind, ask, answer, by=_by_fit(reader))
    return Task(kind, ask)


def _number(reader: Reader, ask: Template) -> Task:
    low, high, step = (reader.number(key) for key in ("low", "high", "step"))
    if not low < high or not 0 < step <= (high - low) / 4 or (high - low) / step > 2_000:
        raise reader.error("'low' < 'high', and 'step' must cut the way into 4 to 2,000 pieces")
    quantity: Expression = reader.expression("answer")
    if quantity.name in VOCABULARY and not VOCABULARY[quantity.name].is_number:
        raise reader.error(f"'answer': '{quantity.name}' is no number")
    label = reader.template("label", "title")
    return Task("number", ask, quantity=quantity, low=low, high=high, step=step, label=label)


def _by_group(reader: Reader) -> str:
    by = reader.text("by", "name")
    try:
        parse_expression(f"{by}:@group")
    except ExpressionError as error:
        raise reader.error(f"'by' with a group at its end: {error}") from None
    return by


def _by_fit(reader: Reader) -> str:
    by = reader.text("by", "name")
    if by.count("*") != 1:
        raise reader.error("'by' needs one '*' where the fit goes, as in 'rmse:people:*'")
    try:
        for fit in FITS:
            parse_expression(by.replace("*", fit))
    except ExpressionError as error:
        raise reader.error(f"'by': {error}") from None
    return by


def _check_references(step: Step, n_steps: int, file: str) -> None:
    """Refuse placeholders that speak of steps or guesses that there are not."""
    late = set(step.after.walk())
    for expression in (e for outer in step.quantities() for e in outer.walk()):
        if expression.name == "step" and int(expression.arguments[0]) > n_steps:
            reason = f"there is no step {expression.arguments[0]} to speak of"
            raise LessonError(file, step.number, reason)
        is_guess = expression.name in ("guess", "answer") or "@guess" in expression.arguments
        if not is_guess:
            continue
        if step.task.kind == "choose" and "@guess" in expression.arguments:
            continue
        if expression not in late:
            reason = (
                "the guess and its answer can be spoken of in 'after' only, and '@guess' also in "
                "a step of kind 'choose'"
            )
            raise LessonError(file, step.number, reason)
        if "@guess" in expression.arguments and step.task.kind != "group":
            reason = "'@guess' needs a task of kind 'group' or 'choose'"
            raise LessonError(file, step.number, reason)
