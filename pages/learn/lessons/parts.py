"""The frame of the lessons: which one, which step, its text, its task, and the way out.

Session keys
------------
lessons_id : str
    The lesson that is open, '' for the list (bound to the select box).
lessons_step : int
    The step, 1 for the first (bound to the pagination).
lessons_said_<lesson>/<step> : str
    What the reader committed to, as a link holds it.
lessons_own, lessons_own_file : Lesson, bytes or absent
    The lesson that was uploaded, and its file.
lessons_waiting : bytes or absent
    The lesson of a project file that has been opened.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from core import escape, formats
from core.exceptions import LessonError, SpecError
from core.lessons.catalogue import FOLDER
from core.lessons.check import check_lesson, facts_of, scene_of
from core.lessons.expression import Expression
from core.lessons.facts import Facts, Scene
from core.lessons.fields import MOST_BYTES
from core.lessons.lesson import Lesson, State, Step
from core.lessons.parse import parse_lesson
from core.lessons.quantities import evaluate, place
from core.lessons.state import parameters
from core.lessons.template import Template
from pages._shared import cache, look, terms, texts
from pages._shared.dial.component import NO_POOLING
from pages._shared.link import address as link
from pages.learn.lessons import tasks as lesson_tasks
from pages.learn.lessons.controls import LESSON, STEP
from pages.learn.lessons.figures import StepFigures
from pages.learn.lessons.shelf import OWN, available

_PAGES = Path(__file__).resolve().parents[2]
#: Figures of lessons that are views of the start screen too; the others open the dial.
_VIEWS = ("lines", "shrinkage", "group_size", "map")


def facts(wanted: State) -> Facts:
    """Return the fits of a state of a lesson, shared by all sessions."""
    found: Facts = cache.of_example(
        "lesson", lambda: facts_of(wanted), wanted.data, repr(wanted.spec)
    )
    return found


def choose() -> tuple[Lesson | None, Any]:
    """Return the lesson that is open, None for the list of all; and the row it was chosen in."""
    text = texts.load("lessons")
    row = st.container(horizontal=True, vertical_alignment="center", gap="small")
    picker = row.container(width=300)
    if not LESSON.now():
        with row.popover(text["upload"]):
            _upload()
        row.button(text["format"], type="tertiary", key="lessons_format", on_click=_ask_format)
    offered = available()
    wanted = LESSON.now()
    if wanted and wanted not in offered:
        st.warning(text["gone"])
        LESSON.set("")
    titles = {"": text["all"]} | {name: lesson.title for name, lesson in offered.items()}
    if OWN in titles:
        titles[OWN] = text["own"].format(title=titles[OWN])
    with picker:
        chosen = LESSON.select(text["label"], titles, list(titles), on_change=_to_first)
    return offered.get(chosen), row


def _to_first() -> None:
    STEP.set(1)


def _open(name: str) -> None:
    LESSON.set(name)
    _to_first()


def _upload() -> None:
    """Take a lesson file: read, check every step, open it; or say what is wrong."""
    text = texts.load("lessons")
    st.caption(text["upload_help"])
    file = st.file_uploader(
        text["upload_label"], type=["toml"], key="lessons_file", max_upload_size=1
    )
    if file is None:
        st.session_state.pop("lessons_refused", None)
        st.session_state.pop("lessons_seen", None)
        return
    if st.session_state.get("lessons_seen") != file.file_id:
        st.session_state["lessons_seen"] = file.file_id
        try:
            with st.spinner(text["checking"]):
                _take(file.name, file.read(MOST_BYTES + 1))
        except LessonError as error:
            st.session_state["lessons_refused"] = str(error)
        else:
            st.rerun()  # the lesson takes the place of the list and of this box
    refused = st.session_state.get("lessons_refused")
    if refused:
        st.error(text["refused"].format(reason=escape.for_markdown(refused)))


def take_waiting() -> None:
    """Take the lesson that came with saved work; say what is wrong with it."""
    content = st.session_state.pop("lessons_waiting", None)
    if content is None:
        return
    try:
        with st.spinner(texts.load("lessons")["checking"]):
            _take("lesson.toml", content)
    except LessonError as error:
        st.session_state["lessons_refused"] = str(error)


def _ask_format() -> None:
    st.session_state["lessons_format_open"] = True


def _show_format() -> None:
    """Show how a lesson file is written, with a shipped one to begin from."""
    text = texts.load("lessons")

    @st.dialog(text["format"], width="large")
    def page() -> None:
        first = sorted(FOLDER.glob("*.toml"))[0]
        st.download_button(
            text["example"],
            data=first.read_bytes(),
            file_name=first.name,
            mime="application/toml",
            key="lessons_example",
            on_click="ignore",
        )
        st.markdown(texts.asset("lessons/FORMAT.md"))

    page()


def _take(name: str, content: bytes) -> None:
    lesson = replace(parse_lesson(content, name), id=OWN)
    check_lesson(lesson, name, facts)
    _check_way(lesson, name)
    lesson_tasks.forget(OWN)
    st.session_state["lessons_own"], st.session_state["lessons_own_file"] = lesson, content
    st.session_state.pop("lessons_refused", None)
    _open(OWN)


def index() -> None:
    """Show all lessons, each with the way into it."""
    text = texts.load("lessons")
    if st.session_state.pop("lessons_format_open", False):
        _show_format()
    st.title(text["title"], anchor=False)
    st.markdown(text["intro"])
    columns = st.columns(2, gap="medium")
    for i, (name, lesson) in enumerate(available().items()):
        with columns[i % 2].container(border=True):
            st.subheader(escape.for_markdown(lesson.title), anchor=False)
            st.markdown(escape.for_markdown(lesson.summary))
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(text["begin"], key=f"lessons_begin_{name}", on_click=_open, args=(name,))
                st.caption(text["steps"].format(n=len(lesson.steps)))


def navigate(lesson: Lesson, row: Any) -> Step:
    """Draw the way through the steps into a row and return the one that is open."""
    text, total = texts.load("lessons"), len(lesson.steps)
    number = min(max(int(STEP.now()), 1), total)
    if STEP.now() != number:
        STEP.set(number)
    with row:
        _move(text["back"], number - 1, "B", number > 1, "lessons_back")
        pages = None if look.is_narrow() else st.container(width="content")
        if pages is not None:
            with pages:
                STEP.pages(total)
        _move(text["next"], number + 1, "N", number < total, "lessons_next")
        if pages is None:
            STEP.pages(total)
    return lesson.steps[number - 1]


def _move(label: str, to: int, key: str, is_possible: bool, name: str) -> None:
    st.button(
        label,
        key=name,
        shortcut=key,
        disabled=not is_possible,
        on_click=_go,
        args=(to,),
    )


def _go(to: int) -> None:
    STEP.set(to)


def show(lesson: Lesson, step: Step) -> None:
    """Draw one step: title, text and task at the left, the figure at the right."""
    text = texts.load("lessons")
    key = f"{lesson.id}/{step.number}"
    scene = scene_of(lesson, step, facts)
    title = st.container()
    body, task, end, picture = _places(is_answered=lesson_tasks.said(step, scene, key) is not None)
    with task:
        asked = st.empty()  # its words may be about what is chosen below
        scene, done = _do(step, scene, key)
        do = text["predict"] if step.task.is_guess else text["follow"]
        asked.markdown(f"**{do}.** {_markdown(step.task.ask, scene)}")
    heading, story = _plain(step.title, scene), _plain(step.text, scene)
    explained = terms.first_mention(heading, story)
    title.title(escape.for_markdown(heading), anchor=False, help=explained)
    body.markdown(_markdown(step.text, scene))
    with end:
        if done is not None and done.verdict is not None:
            st.markdown(_markdown(step.after, lesson_tasks.with_guess(scene, done)))
            lesson_tasks.retry(key)
        _leave(lesson, step, scene)
    with picture:
        if done is None:
            StepFigures(step, scene, key).show(step.figure)
        else:
            lesson_tasks.draw(step, scene, key, done)
    if look.is_narrow() and step.number < len(lesson.steps):
        st.button(text["next"], key="lessons_next_below", on_click=_go, args=(step.number + 1,))


def _places(*, is_answered: bool) -> tuple[Any, Any, Any, Any]:
    """Return the places of text, task, what follows, and figure.

    Side by side; on a phone the figure stands between text and task, in sight of both, and
    after the comparison once there is one.
    """
    if look.is_narrow():
        body, above = st.container(), st.container()
        task, below = st.container(border=True), st.container()
        return body, task, st.container(), below if is_answered else above
    left, right = st.columns([2, 3], gap="large")
    return left.container(), left.container(border=True), left.container(), right


def _do(step: Step, scene: Scene, key: str) -> tuple[Scene, lesson_tasks.Done | None]:
    """Draw the task; return the scene as it is then, and the guess if there is one."""
    if step.task.is_guess:
        return scene, lesson_tasks.guess(step, scene, key)
    if step.task.kind == "choose":
        return replace(scene, chosen=lesson_tasks.choose_group(step, scene, key)), None
    if step.task.kind == "dial":
        return replace(scene, c=lesson_tasks.turn_dial(key)), None
    return scene, None


def _fill(scene: Scene) -> Any:
    def fill(expression: Expression) -> str:
        try:
            return evaluate(expression, scene).text
        except SpecError:
            return formats.NOT_A_NUMBER

    return fill


def _markdown(template: Template, scene: Scene) -> str:
    return template.markdown(_fill(scene))


def _plain(template: Template, scene: Scene) -> str:
    return template.plain(_fill(scene))


def _leave(lesson: Lesson, step: Step, scene: Scene) -> None:
    """Offer the same state in the dashboard, where the lesson comes from, and a fresh start."""
    text = texts.load("lessons")
    opened = st.button(
        text["open"],
        key="lessons_open",
        help=text["open_help"],
        shortcut="D",
    )
    if opened:
        link.open_state(_parameters(step, scene))
        st.switch_page(_screen_file(step.state.screen))
    if step.number == len(lesson.steps):
        st.button(
            text["forget"],
            type="tertiary",
            key="lessons_forget",
            on_click=lesson_tasks.forget,
            args=(lesson.id,),
        )
        if lesson.source:
            st.caption(text["source"].format(source=escape.for_markdown(lesson.source)))


def _parameters(step: Step, scene: Scene) -> dict[str, str | list[str]]:
    """Return the link to what a step shows: its model, the view of its figure, group and dial."""
    found = parameters(step.state)
    names = scene.facts.fits.data.group_names
    if step.state.screen in ("", "pooling"):
        if "view" not in found and step.figure in _VIEWS:
            found["view"] = step.figure
        if step.task.kind == "dial" and scene.c != 1.0:
            found["dial"] = f"{min(scene.c, NO_POOLING):.15g}"
    if scene.chosen in names:
        found["at"] = scene.chosen
    elif step.groups:
        found["at"] = names[place(step.groups[0], scene)]
    return found


def _screen_file(screen: str) -> str:
    """Return the script of a screen by its path; the start screen for ''.

    Raises
    ------
    SpecError
        When there is no such screen.
    """
    files = {path.parent.name: path for path in sorted(_PAGES.glob("[!_]*/*/screen.py"))}
    if screen and screen not in files:
        raise SpecError(f"there is no screen '{screen}'; there are {', '.join(files)}")
    return str(files[screen or "pooling"].relative_to(_PAGES.parent))


def _check_way(lesson: Lesson, file: str) -> None:
    """Refuse a lesson that leads to screens or views that there are not."""
    for step in lesson.steps:
        screen, view = step.state.screen, step.state.view
        try:
            _screen_file(screen)
            path = "" if screen == "pooling" else screen
            views = [o for o in link.controls_of(path) if o.name == "view"]
            if view and not views:
                raise SpecError(f"the screen '{screen}' has no 'view'")
            if view:
                views[0].read((view,))
        except SpecError as error:
            raise LessonError(file, step.number, str(error)) from error
