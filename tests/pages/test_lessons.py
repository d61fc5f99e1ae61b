"""The screen of the lessons without a browser: every step, every guess, uploads good and bad."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.catalogue import LESSONS
from tests.pages.driver import healthy, open_screen


@pytest.fixture
def lessons(app: AppTest) -> AppTest:
    """Return the app on the list of all lessons."""
    return open_screen(app, "learn/lessons")


def step_to(app: AppTest, number: int) -> None:
    """Go to a step by the button."""
    while app.session_state["lessons_step"] < number:
        app.button(key="lessons_next").click().run()
        healthy(app)


def test_the_list_offers_every_lesson(lessons: AppTest) -> None:
    assert lessons.title[0].value == "Lessons"
    assert {b.key for b in lessons.button if (b.key or "").startswith("lessons_begin_")} == {
        f"lessons_begin_{name}" for name in LESSONS
    }


@pytest.mark.parametrize("name", list(LESSONS))
def test_every_step_opens_and_every_guess_is_answered(lessons: AppTest, name: str) -> None:
    lessons.button(key=f"lessons_begin_{name}").click().run()
    healthy(lessons)
    for step in LESSONS[name].steps:
        step_to(lessons, step.number)
        assert not lessons.error, [e.value for e in lessons.error]
        assert lessons.get("plotly_chart"), step.number
        assert "{" not in "".join(m.value for m in lessons.markdown)
        if step.task.is_guess:
            assert not lessons.success and not lessons.info
            lessons.button(key=f"lessons_commit_{name}/{step.number}").click().run()
            healthy(lessons)
            verdicts = [m.value for m in (*lessons.success, *lessons.info)]
            assert len(verdicts) == 1 and verdicts[0].startswith("You")
