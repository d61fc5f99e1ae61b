"""The one thing to do in a step: a guess to commit to, a dial to turn, a group to choose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import streamlit as st

from core import escape, formats
from core.explore.pooling.lines import GroupLines
from core.lessons.facts import Scene
from core.lessons.guess import (
    DrawnLine,
    Slider,
    Verdict,
    height_slider,
    judge_fit,
    judge_group,
    judge_line,
    judge_number,
    scores,
)
from core.lessons.lesson import Step
from core.lessons.measures import WORDS
from core.lessons.plots.plot_guess_line import end_labels, height_range
from pages._shared import texts
from pages._shared.option import Place
from pages.learn.lessons.controls import GUESS, PICK, TURN
from pages.learn.lessons.figures import StepFigures

_SAVED = "session"
_MOVED = "lessons_moved_"
#: What is held where the reader asked for the answer without a guess.
NOT_GUESSED = ""


@dataclass(frozen=True, eq=False)
class Done:
    """What the reader did: the value, and how it compares once committed.

    Attributes
    ----------
    value : object
        A number, the name of a group, a fit, or two heights; None where nothing is guessed.
    verdict : Verdict or None
        None as long as the reader has not committed, or where nothing is guessed.
    """

    value: Any
    verdict: Verdict | None = None


def said(step: Step, scene: Scene, key: str) -> Any:
    """Return what the reader committed to in a step; None where nothing, or nothing possible.

    It is held as the text that a link carries, so it may come from anybody.
    """
    text = GUESS.now(Place("", step=key))
    if not isinstance(text, str) or not step.task.is_guess:
        return None
    if text == NOT_GUESSED and step.task.kind != "line":
        return NOT_GUESSED
    figures = StepFigures(step, scene, key)
    try:
        return _read(step, figures, text)
    except ValueError:
        return None


def _read(step: Step, figures: StepFigures, text: str) -> Any:
    kind = step.task.kind
    if kind == "group":
        return text if text in figures.fits.data.group_names else None
    if kind == "fit":
        return text if text in scores(step.task, figures.scene) else None
    values = [float(part) for part in text.split(",")]
    if kind == "number":
        low, high = step.task.low, step.task.high
        return values[0] if len(values) == 1 and low <= values[0] <= high else None
    slider = _heights(figures.lines())
    is_drawn = len(values) == 2 and all(slider.low <= v <= slider.high for v in values)
    return values if is_drawn else None


def forget(lesson: str) -> None:
    """Take back every guess of a lesson."""
    said = GUESS.key_for(Place("", step=f"{lesson}/"))
    for key in [k for k in st.session_state if str(k).startswith(said)]:
        del st.session_state[key]


def choose_group(step: Step, scene: Scene, key: str) -> str:
    """Return the group chosen in a step of kind ``choose``."""
    names = scene.facts.fits.data.group_names
    figures = StepFigures(step, scene, key)
    first = figures.places()
    return str(
        PICK.select(
            texts.load("lessons")["pick"],
            None,
            names,
            at=Place("", step=key),
            first=names[first[0]] if first else None,
            is_labelled=True,
        )
    )


def turn_dial(scene: Scene, key: str) -> float:
    """Return the position of the dial in a step of kind ``dial``; first that of the estimate."""
    words = texts.load("lessons")["dial_words"]
    named = {np.inf: words["none"], 1.0: words["estimate"], 0.0: words["complete"]}
    place = scene.facts.path.estimate or ()
    start = place[0] if len(place) == 1 else 1.0
    if scene.facts.path.substituted:
        named |= {
            1.0: words["middle"],
            0.0: words["complete_estimate" if start == 0 else "complete"],
        }
    return float(
        TURN.slide_among(
            texts.load("lessons")["dial"],
            lambda c: named.get(c, f"{formats.number(c)} × σ²"),
            at=Place("", step=key),
            first=start,
        )
    )


def guess(step: Step, scene: Scene, key: str) -> Done:
    """Draw a guess: the control until the reader commits, then the comparison.

    A reader may also ask for the answer without a guess, as a teacher does whose class has
    called out its own: what a control shows at first is not taken for one.
    """
    text = texts.load("lessons")
    figures = StepFigures(step, scene, key)
    held = said(step, scene, key)
    if held is None:
        value = _control(step, figures, key)
        st.button(
            text["commit"],
            type="primary",
            key=f"lessons_commit_{key}",
            shortcut="S",
            on_click=_commit,
            args=(key, value),
        )
        return Done(value)
    if held == NOT_GUESSED:
        verdict = _answered(step, figures)
        st.info(escape.for_markdown(verdict.sentence))
        return Done(None, verdict)
    verdict = _judge(step, figures, held)
    box = st.success if verdict.is_right else st.info
    box(escape.for_markdown(verdict.sentence))
    return Done(held, verdict)


def retry(key: str) -> None:
    """Offer to guess again."""
    st.button(
        texts.load("lessons")["retry"],
        type="tertiary",
        key=f"lessons_retry_{key}",
        on_click=lambda: GUESS.set(None, Place("", step=key)),
    )


def _commit(key: str, value: Any) -> None:
    numbers = value if isinstance(value, list) else [value]
    if value is None or _is_untouched(key):
        text = NOT_GUESSED
    elif isinstance(value, str):
        text = value
    else:
        text = ",".join(f"{v:.15g}" for v in numbers)
    GUESS.set(text, Place("", step=key))


def _is_untouched(key: str) -> bool:
    """Return whether a slider still stands where it stood at first."""
    return st.session_state.get(_MOVED + key) is False


def _touch(key: str) -> None:
    st.session_state[_MOVED + key] = True


def _answered(step: Step, figures: StepFigures) -> Verdict:
    """Return the answer for a reader who has not guessed."""
    if step.task.kind == "number":
        some: Any = step.task.low
    elif step.task.kind == "group":
        some = figures.fits.data.group_names[0]
    else:
        some = next(iter(scores(step.task, figures.scene)))
    words = texts.load("lessons")
    verdict = _judge(step, figures, some)
    sentence = words["not_guessed"].format(answer=verdict.answer)
    return Verdict(words["no_guess"], verdict.answer, sentence, is_right=False)


def _control(step: Step, figures: StepFigures, key: str) -> Any:
    kind = step.task.kind
    if kind == "number":
        return _number(step, figures, key)
    if kind == "group":
        return _group(figures, key)
    if kind == "fit":
        return _fit(step, figures, key)
    return _line(figures, key)


def _number(step: Step, figures: StepFigures, key: str) -> float:
    task = step.task
    st.session_state.setdefault(_MOVED + key, False)
    middle = task.low + task.step * round((task.high - task.low) / 2 / task.step)
    label = figures.text(task.label) if task.label is not None else ""
    return float(
        st.slider(
            escape.for_markdown(label or texts.load("lessons")["guess"]),
            task.low,
            task.high,
            middle,
            task.step,
            format=f"%.{_decimals(step)}f",
            key=f"lessons_number_{key}",
            on_change=_touch,
            args=(key,),
            persist_state=_SAVED,
        )
    )


def _group(figures: StepFigures, key: str) -> str | None:
    text = texts.load("lessons")
    chosen: str | None = st.selectbox(
        text["pick"],
        figures.fits.data.group_names,
        index=None,
        placeholder=text["pick_first"].format(group=figures.wording.group.one),
        key=f"lessons_group_{key}",
        persist_state=_SAVED,
    )
    return chosen


def _fit(step: Step, figures: StepFigures, key: str) -> str | None:
    chosen: str | None = st.radio(
        texts.load("lessons")["pick"],
        list(scores(step.task, figures.scene)),
        index=None,
        format_func=WORDS.__getitem__,
        key=f"lessons_fit_{key}",
        persist_state=_SAVED,
    )
    return chosen


def _line(figures: StepFigures, key: str) -> list[float]:
    lines = figures.lines()
    slider = _heights(lines)
    heights = []
    for side, end in enumerate(end_labels(lines, figures.wording)):
        label = texts.load("lessons")["level"].format(end=escape.for_markdown(end))
        heights.append(
            float(
                st.slider(
                    label,
                    slider.low,
                    slider.high,
                    slider.start,
                    slider.step,
                    format=f"%.{slider.decimals}f",
                    key=f"lessons_line_{side}_{key}",
                    persist_state=_SAVED,
                )
            )
        )
    return heights


def _heights(lines: GroupLines) -> Slider:
    return height_slider(*height_range(lines), float(lines.y.mean()))


def _judge(step: Step, figures: StepFigures, held: Any) -> Verdict:
    task, scene = step.task, figures.scene
    if task.kind == "number":
        assert task.label is not None
        return judge_number(task, held, scene, figures.text(task.label))
    if task.kind == "group":
        return judge_group(task, held, scene)
    if task.kind == "fit":
        return judge_fit(task, held, scene)
    return judge_line(DrawnLine(*held), figures.lines(), figures.places()[0], _unit(figures))


def _unit(figures: StepFigures) -> str:
    outcome = figures.wording.column(figures.fits.spec.outcome)
    return outcome.unit or outcome.label


def draw(step: Step, scene: Scene, key: str, done: Done) -> None:
    """Draw the figure of a step with a guess: hidden, or with guess and answer."""
    figures, kind, verdict = StepFigures(step, scene, key), step.task.kind, done.verdict
    guessed = None
    if kind == "group" and done.value is not None:
        guessed = scene.facts.fits.data.group_names.index(done.value)
    if kind == "line":
        lines: GroupLines = figures.lines()
        figures.line(lines, done.value, verdict)
    elif kind == "number":
        text = "" if done.value is None else _written(step, done.value)
        text = verdict.guess if verdict else text
        figures.number_guess(done.value, text, is_revealed=verdict is not None)
        if verdict is not None and step.figure != "numbers":
            figures.show(step.figure)
    elif verdict is None:
        figures.pull(is_revealed=False, guessed=guessed)
    elif kind == "group":
        if step.figure == "pull":
            figures.pull(guessed=guessed)
        else:
            figures.show(step.figure)
    else:
        figures.fit_guess(done.value)
        if step.figure != "numbers":
            figures.show(step.figure)


def _decimals(step: Step) -> int:
    """Return the digits after the point that show a step of the slider."""
    return max(0, -int(np.floor(np.log10(step.task.step) + 1e-9)))


def _written(step: Step, value: float) -> str:
    return formats.fixed(value, _decimals(step))


def with_guess(scene: Scene, done: Done) -> Scene:
    """Return the scene in which the guess and its answer can be spoken of."""
    if done.verdict is None:
        return scene
    chosen = done.value if isinstance(done.value, str) else ""
    names = scene.facts.fits.data.group_names
    return replace(
        scene,
        chosen=chosen if chosen in names else "",
        guess=done.verdict.guess,
        answer=done.verdict.answer,
    )
