"""The screen of the lessons without a browser: every step, every guess, uploads good and bad."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.lessons.catalogue import FOLDER, LESSONS
from tests.pages.driver import choose, healthy, open_screen

SAMPLE = re.findall(
    r"```toml\n(.*?)```", (FOLDER / "FORMAT.md").read_text(encoding="utf-8"), re.DOTALL
)[0]


@pytest.fixture
def lessons(app: AppTest) -> AppTest:
    """Return the app on the list of all lessons."""
    return open_screen(app, "learn/lessons")


def begin(app: AppTest, name: str) -> None:
    """Open a lesson from the list."""
    app.button(key=f"lessons_begin_{name}").click().run()
    healthy(app)


def step_to(app: AppTest, number: int) -> None:
    """Go to a step by the button."""
    while app.session_state["lessons_step"] < number:
        app.button(key="lessons_next").click().run()
        healthy(app)


def bring(app: AppTest, content: str, name: str = "mine.toml") -> None:
    """Upload a lesson file."""
    file = (name, content.encode(), "application/toml")
    app.file_uploader(key="lessons_file").set_value(file).run()
    healthy(app)


def verdicts(app: AppTest) -> list[str]:
    """Return the comparisons that are shown."""
    return [m.value for m in (*app.success, *app.info) if m.value.startswith("You")]


def test_the_list_offers_every_lesson(lessons: AppTest) -> None:
    assert lessons.title[0].value == "Lessons"
    assert {b.key for b in lessons.button if (b.key or "").startswith("lessons_begin_")} == {
        f"lessons_begin_{name}" for name in LESSONS
    }


@pytest.mark.parametrize("name", list(LESSONS))
def test_every_step_opens_and_every_guess_is_answered(lessons: AppTest, name: str) -> None:
    begin(lessons, name)
    for step in LESSONS[name].steps:
        step_to(lessons, step.number)
        assert not lessons.error, [e.value for e in lessons.error]
        assert lessons.get("plotly_chart"), step.number
        assert "{" not in "".join(m.value for m in lessons.markdown)
        if step.task.is_guess:
            assert not verdicts(lessons)
            lessons.button(key=f"lessons_commit_{name}/{step.number}").click().run()
            healthy(lessons)
            assert len(verdicts(lessons)) == 1


def test_the_answer_is_hidden_until_the_reader_commits(lessons: AppTest) -> None:
    begin(lessons, "small_groups")
    step_to(lessons, 3)
    assert "1.89" not in str([m.value for m in lessons.markdown])
    assert "partial pooling" not in lessons.get("plotly_chart")[0].proto.spec
    lessons.slider(key="lessons_number_small_groups/3").set_value(1.5).run()
    lessons.button(key="lessons_commit_small_groups/3").click().run()
    healthy(lessons)
    assert verdicts(lessons)[0].startswith("You said 1.50; partial pooling is 1.89. Too low")
    assert "partial pooling" in lessons.get("plotly_chart")[0].proto.spec
    lessons.button(key="lessons_retry_small_groups/3").click().run()
    assert not verdicts(lessons)


def test_the_answer_without_a_guess_has_no_verdict(lessons: AppTest) -> None:
    begin(lessons, "small_groups")
    for step in (1, 3, 5):
        step_to(lessons, step)
        lessons.button(key=f"lessons_commit_small_groups/{step}").click().run()
        healthy(lessons)
        assert verdicts(lessons)[0].startswith("You have not guessed. The answer")
    lessons.button(key="lessons_retry_small_groups/5").click().run()
    choose(lessons, "lessons_fit_small_groups/5", "no_pooling")
    lessons.button(key="lessons_commit_small_groups/5").click().run()
    assert verdicts(lessons)[0].startswith("You said no pooling")


def test_the_dashboard_opens_where_the_dial_stood(lessons: AppTest) -> None:
    begin(lessons, "scenarios")
    step_to(lessons, 3)
    lessons.select_slider(key="lessons_dial_scenarios/3").set_value(0.1).run()
    lessons.button(key="lessons_open").click().run()
    healthy(lessons)
    assert not lessons.warning
    assert lessons.session_state["pooling_dial_radon"] == 0.1
    assert lessons.session_state["group_radon"] == "LACQUIPARLE"


def test_guesses_outlive_a_change_of_step_and_screen(lessons: AppTest) -> None:
    begin(lessons, "small_groups")
    choose(lessons, "lessons_group_small_groups/1", "CLAY")
    lessons.button(key="lessons_commit_small_groups/1").click().run()
    step_to(lessons, 2)
    open_screen(lessons, "explore/pooling")
    open_screen(lessons, "learn/lessons")
    assert lessons.session_state["lessons_step"] == 2
    lessons.button(key="lessons_back").click().run()
    healthy(lessons)
    assert "CLAY" in verdicts(lessons)[0]


def test_a_step_opens_in_the_dashboard(lessons: AppTest) -> None:
    begin(lessons, "scenarios")
    step_to(lessons, 6)
    lessons.button(key="lessons_open").click().run()
    healthy(lessons)
    spec = lessons.session_state["shown"].spec
    assert lessons.session_state["shown"].dataset.id == "radon"
    assert spec.group_predictors == ("log_uranium",) and spec.varying == ("floor",)
    assert not lessons.error


def test_a_lesson_from_a_file_opens_and_runs(lessons: AppTest) -> None:
    bring(lessons, SAMPLE)
    assert lessons.session_state["lessons_id"] == "own"
    assert lessons.title[0].value == "Who stands highest?"
    lessons.button(key="lessons_commit_own/1").click().run()
    healthy(lessons)
    assert verdicts(lessons)


def test_a_broken_file_is_refused_and_nothing_is_lost(lessons: AppTest) -> None:
    bring(lessons, SAMPLE.replace("{sigma_alpha}", "{sigma_omega}"))
    assert "step 4" in lessons.error[0].value and "sigma" in lessons.error[0].value
    assert lessons.session_state["lessons_id"] == ""
    bring(lessons, SAMPLE.replace("slope = []", 'slope = []\nscreen = "nowhere"'), "two.toml")
    assert "no screen" in lessons.error[0].value
    assert lessons.title[0].value == "Lessons"


def test_hostile_text_appears_as_typed(lessons: AppTest) -> None:
    hostile = "<script>alert(1)</script> [x](https://example.org) $\\\\frac 1 2$"
    bring(lessons, SAMPLE.replace("Every circle is a county on its own.", hostile))
    shown = next(m.value for m in lessons.markdown if "script" in m.value)
    assert not re.search(r"(?<!\\)[<>$\[\]]", shown)
