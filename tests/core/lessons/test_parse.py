"""Lesson files: one from the documentation alone loads, broken ones say file, step and reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.exceptions import LessonError
from core.lessons.catalogue import FOLDER, LESSONS
from core.lessons.check import check_lesson
from core.lessons.fields import MOST_BYTES
from core.lessons.measures import choices
from core.lessons.parse import parse_lesson
from core.lessons.state import KEYS
from core.lessons.vocabulary import SELECTORS, VOCABULARY

FORMAT = (FOLDER / "FORMAT.md").read_text(encoding="utf-8")

STEP = """
[[steps]]
title = "A step"
text = "{n_rows} in {n_groups}."
figure = "pull"
do = { kind = "open", ask = "Look." }
"""
HEAD = 'title = "T"\nsummary = "S"\n[state]\ndata = "radon"\nslope = []\n'
GOOD = HEAD + 4 * STEP
OPEN = 'do = { kind = "open", ask = "Look." }'
NUMBER = """axis = "sd"
[steps.do]
kind = "number"
ask = "How much?"
answer = "sigma_alpha"
label = "sd"
low = 0.0
high = 1.0
step = 0.01
"""


def third(change: str, to: str) -> str:
    """Return the good lesson with something changed in its third step."""
    assert change in STEP
    return HEAD + 2 * STEP + STEP.replace(change, to) + STEP


def opened(text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    check_lesson(parse_lesson(content, "mine.toml"), "mine.toml")


def test_the_smallest_lesson_loads() -> None:
    opened(GOOD)


def test_a_lesson_from_the_documentation_alone_loads() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", FORMAT, re.DOTALL)
    assert len(blocks) == 1
    opened(blocks[0])


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda p: p.stem)
def test_every_shipped_lesson_passes_every_check(path: Path) -> None:
    check_lesson(parse_lesson(path.read_bytes(), path.name), path.name)


def test_the_documentation_names_every_placeholder_and_nothing_else() -> None:
    listed = set(re.findall(r"^\| `\{([a-z_0-9]+)[:}]", FORMAT, re.MULTILINE))
    assert listed == set(VOCABULARY)
    for name, quantity in VOCABULARY.items():
        shape = ":".join([name, *(a.upper().replace(" ", "_") for a in quantity.arguments)])
        assert f"`{{{shape}}}`" in FORMAT
        for kind in quantity.arguments:
            assert all(f"`{choice}`" in FORMAT for choice in choices(kind))
    assert all(f"| `{name}` |" in FORMAT for name in SELECTORS)
    assert all(f"`{key}`" in FORMAT for key in KEYS)


def test_no_shipped_text_holds_a_number() -> None:
    """Digits stand in placeholders, sliders and sources only."""
    offences = []
    for path in sorted(FOLDER.glob("*.toml")):
        lesson = parse_lesson(path.read_bytes(), path.name)
        for step in lesson.steps:
            for template in step.templates():
                typed = re.sub("\ue000[0-9]+\ue001", "", template.pattern)
                # The levels of the intervals are settings, not findings.
                typed = typed.replace("95% interval", "").replace("90% interval", "")
                if re.search(r"[0-9]", typed):
                    offences.append(f"{path.name}, step {step.number}: {typed}")
    assert offences == []


def test_there_are_ten_lessons_of_four_to_seven_steps() -> None:
    assert len(LESSONS) == 10
    assert {lesson.steps[0].state.data for lesson in LESSONS.values()} == {
        "radon",
        "exam",
        "sleepstudy",
        "batches",
        "penicillin",
    }
    for lesson in LESSONS.values():
        assert any(step.task.is_guess for step in lesson.steps)


BROKEN: dict[str, tuple[str | bytes, int | None, str]] = {
    "not TOML": ("title = ", None, "not TOML"),
    "not text": (b"\xff\xfe\x00title", None, "UTF-8"),
    "too large": ("#" * (MOST_BYTES + 1), None, "65,536 are allowed"),
    "nested too deeply": ("a = " + "[" * 20_000 + "]" * 20_000, None, "not TOML"),
    "endless digits": ("a = " + "9" * 6_000, None, "not TOML"),
    "no title": (GOOD.replace('title = "T"\n', "", 1), None, "'title' is missing"),
    "title is a number": (GOOD.replace('"T"', "7", 1), None, "a text in quotes"),
    "unknown key": ("author = 'me'\n" + GOOD, None, "'author' means nothing"),
    "too few steps": (HEAD + STEP, None, "4 to 7 steps"),
    "too many steps": (HEAD + 8 * STEP, None, "4 to 7 steps"),
    "steps are no tables": (HEAD.replace("[state]", "steps = [1,2,3,4]\n[state]"), 1, "a table"),
    "no text": (third('text = "{n_rows} in {n_groups}."\n', ""), 3, "'text' is missing"),
    "text too long": (third("{n_rows} in", "x" * 2_001), 3, "2,000 are allowed"),
    "unknown step key": (third("title =", "colour = 'red'\ntitle ="), 3, "'colour'"),
    "unknown figure": (third('"pull"', '"pie"'), 3, "'figure' is one of"),
    "unknown kind": (third('"open"', '"dance"'), 3, "'kind' is one of"),
    "unknown placeholder": (third("{n_rows}", "{n_row}"), 3, "no placeholder 'n_row'"),
    "attribute access": (third("{n_rows}", "{n_rows.__class__}"), 3, "there is no placeholder"),
    "format string": (third("{n_rows}", "{0!r}"), 3, "there is no placeholder"),
    "index": (third("{n_rows}", "{fits[0]}"), 3, "there is no placeholder"),
    "call": (third("{n_rows}", "{open('x')}"), 3, "there is no placeholder"),
    "lone brace": (third("{n_rows}", "{n_rows"), 3, "a brace without its partner"),
    "closing brace": (third("{n_rows}", "n_rows}"), 3, "a brace without its partner"),
    "missing argument": (third("{n_rows}", "{estimate}"), 3, "is written {estimate:"),
    "wrong fit": (third("{n_rows}", "{estimate:best:@highest}"), 3, "'estimate' takes"),
    "unknown selector": (third("{n_rows}", "{size:@tallest}"), 3, "knows no group '@tallest'"),
    "unknown group": (third("{n_rows}", "{size:ATLANTIS}"), 3, "no group 'ATLANTIS'"),
    "unknown coefficient": (third("{n_rows}", "{coef:no_pooling:wings}"), 3, "'wings'"),
    "unknown step": (third("{n_rows}", "{step:9:icc}"), 3, "no step 9"),
    "no such quantity": (third("{n_rows}", "{sigma_beta}"), 3, "no slope varies"),
    "words in a ratio": (third("{n_rows}", "{ratio:unit / sigma_y}"), 3, "is no number"),
    "unknown table": (GOOD.replace('"radon"', '"titanic"', 1), 1, "'data' is one of"),
    "unknown column": (third("title =", "state = { x = ['roof'] }\ntitle ="), 3, "'roof'"),
    "contradiction": (
        third("title =", "state = { slope = ['floor'], x = [] }\ntitle ="),
        3,
        "floor",
    ),
    "no pair": (third("title =", "state = { cross = ['floor'] }\ntitle ="), 3, "'cross'"),
    "hostile screen": (third("title =", "state = { screen = '../app' }\ntitle ="), 3, "'screen'"),
    "outcome is text": (
        third("title =", "state = { data = 'exam', y = 'sex', group = 'school', x = [] }\ntitle ="),
        3,
        "sex",
    ),
    "after without a guess": (third("title =", "after = 'Aha.'\ntitle ="), 3, "belongs to a guess"),
    "guess in the text": (
        third(OPEN, NUMBER).replace("How much?", "{guess}"),
        3,
        "in 'after' only",
    ),
    "slider upside down": (
        third(OPEN, NUMBER.replace("high = 1.0", "high = -1.0")),
        3,
        "'low' < 'high'",
    ),
    "slider without end": (
        third(OPEN, NUMBER.replace("high = 1.0", "high = inf")),
        3,
        "ordinary size",
    ),
    "contest of one": (
        third(
            OPEN,
            'axis = "a"\ndo = { kind = "fit", ask = "?", answer = "least", by = "rmse:people" }',
        ),
        3,
        "'by' needs one '*'",
    ),
    "direction override": (third("{n_rows}", "\\u0000"), 3, "cannot be shown"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_lesson_is_refused_with_file_step_and_reason(name: str) -> None:
    text, step, reason = BROKEN[name]
    with pytest.raises(LessonError) as caught:
        opened(text)
    error = caught.value
    assert (error.file, error.step) == ("mine.toml", step), str(error)
    assert reason in error.reason, error.reason
    assert str(error).startswith("'mine.toml'")
    assert error.code == "lesson_error"


def test_the_name_of_a_file_is_no_path() -> None:
    with pytest.raises(LessonError) as caught:
        parse_lesson(b"", "../../etc/\u202epasswd.toml")
    assert "/" not in caught.value.file and "\u202e" not in caught.value.file
