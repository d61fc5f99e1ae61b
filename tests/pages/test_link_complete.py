"""The link holds everything: every control of every screen, and every picture it leads to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import core
from core.lessons.catalogue import LESSONS
from pages import screens
from pages._shared.link import address as link
from pages._shared.link import link_model
from tests.fitted import ONE_FACTOR
from tests.pages.driver import healthy
from tests.pages.test_link import address, follow

link.know(screens.controls())
#: The script of every screen, by its path.
FILES = {each.path: f"{each.section.lower()}/{each.name}" for each in screens.SCREENS}
KINDS = ("button_group", "checkbox", "multiselect", "number_input", "pagination", "radio")
KINDS += ("select_slider", "selectbox", "slider", "text_area", "text_input", "toggle")
#: Controls that no link holds, and why.
LEFT_OUT = {
    "data_choice|model_.*": "the table and the model have parameters of their own",
    "data_paste|data_long_.*|lessons_file": "something that is being put in",
    "rows_(column|way|levels|from|to)_.*": "a filter that is being picked",
    "data_role_.*": "the roles are the model's",
    "groups_name_.*": "the group that is looked at is said by 'at'",
    "intervals_switch": "what is chosen there is said by 'intervals'",
    "takeaway_.*": "for whoever takes it home",
    "simulate_class_lines": "what a class has handed in",
    "lessons_(number|group|fit|line_.)_.*": "a guess that nobody has committed to",
}
#: One with several predictors, of which one varies and one is a category.
TABLE = "data=exam&x=standLRT&x=sex&slope=standLRT&u=schavg"


def views(screen: str) -> Iterator[str]:
    """Yield the queries that show all views of a screen."""
    found = [o for o in link.controls_of(screen) if o.name == "view"]
    yield from [f"&view={c}" for c in found[0].choices] if found else [""]
    if screen == "simulate":
        yield from ("&source=own", "&source=own&view=amount", "&view=many&draws=200")
    if screen == "lessons":
        yield from (f"&lesson={n}&step={s}" for n in list(LESSONS)[:2] for s in (2, 3, 4))


def controls(app: AppTest) -> list[Any]:
    """Return the controls that a run has drawn."""
    return [w for kind in KINDS for w in app.get(kind) if getattr(w, "key", None)]


def is_refused(app: AppTest) -> bool:
    """Return whether a link was not followed."""
    return any("could not be followed" in w.value for w in app.warning)


def known(key: str, screen: str) -> bool:
    """Return whether a key is one that a link holds, or that no link has to."""
    templates = [re.escape(o.key) for o in link.controls_of(screen)]
    patterns = [re.sub(r"\\\{\w+\\\}", ".*", t) for t in templates]
    return any(re.fullmatch(p, key) for p in (*patterns, *LEFT_OUT))


@pytest.mark.parametrize("screen", FILES)
def test_every_control_is_in_the_link(screen: str) -> None:
    seen: set[str] = set()
    for view in views(screen):
        app = follow(TABLE + view, FILES[screen])
        assert not is_refused(app), app.warning[0].value
        seen |= {w.key for w in controls(app)}
    assert seen
    assert not [key for key in sorted(seen) if not known(key, screen)]


def test_no_option_is_without_a_screen_or_takes_the_name_of_another() -> None:
    for screen in FILES:
        names = [o.name for o in link.controls_of(screen)]
        assert len(set(names)) == len(names)
        assert not {*names} & {"data", "do", "at", link_model.HEADER, *link_model.NAMES}


def pictures(app: AppTest) -> list[str]:
    """Return what is on screen: titles, words, and the figures as they go to the browser."""
    words = [e.value for kind in ("title", "header", "markdown", "caption") for e in app.get(kind)]
    return [*map(str, words), *(chart.proto.spec for chart in app.get("plotly_chart"))]


def is_same_elsewhere(app: AppTest, screen: str) -> None:
    """Assert that the link of what is shown shows the same to somebody else, and is short."""
    params = address(app)
    query = link.encoded(params)
    assert len(query) < 400, query
    again = follow(query, FILES[screen])
    assert not is_refused(again)
    assert address(again) == params
    assert pictures(again) == pictures(app)
    first = {w.key: getattr(w, "value", None) for w in controls(app)}
    assert {w.key: getattr(w, "value", None) for w in controls(again)} == first


SET = [
    ("", "data=sleepstudy&dial=0.25&dial2=2&at=310&views=size.1-lines"),
    ("", "u=log_uranium&pulled=average&at=STLOUIS"),
    ("", "data=exam&x=standLRT&x=sex&view=lines&along=sex&order=name&page=2"),
    ("", "data=exam&view=shrinkage&term=standLRT&sort=size&se=1"),
    ("", "data=penicillin&factor=sample&see=relations"),
    ("", "data=pastes&factor=cask&scaled=4&restart="),
    ("", "data=exam&also=type&slope_by=type&factor=type&of=standLRT"),
    ("", 'data=sleepstudy&made=["power","Days",2]&keep=["Days",null,[1,9]]'),
    ("prediction", 'data=exam&x=standLRT&x=sex&made=["join","standLRT","sex"]&along=standLRT'),
    ("groups", 'data=exam&made=["curve","standLRT",3,null,null]&keep=["schgend",["boys"],null]'),
    ("two_levels", "term=floor&slopes=0&own=0"),
    ("variance", "data=sleepstudy&view=zero&zero=4"),
    ("standard_errors", "terms=floor"),
    ("prediction", "data=exam&who=mean&level=0.5&value=standLRT:1&by=no_pooling&at=12"),
    ("prediction", "value=floor:1"),
    ("prediction", "data=exam&x=standLRT&x=sex&value=sex:M"),
    ("predicts_best", "data=sleepstudy&hold_out=groups&folds=5&measure=log_score&deal=3"),
    ("ranking", "data=sleepstudy&view=estimates&term=Days&share=0.2&mark=309&mark=310"),
    ("ranking", "data=exam&view=estimates&intervals=plug-in&prior=half_normal"),
    ("prediction", "data=batches&intervals=posterior&prior=gamma"),
    ("checks", "data=sleepstudy&view=effects&term=Days"),
    ("checks", "data=exam&u=schavg&view=along&along=schavg"),
    ("checks", "data=sleepstudy&view=influence&of=Days"),
    ("simulate", "n_groups=12&sigma_alpha=1.2&fit=slope&term=x&seed=77&with_u=1"),
    ("simulate", "data=sleepstudy&source=own&truth=sigma_y:10&truth=rho:0.5&truth=fixef_1:3"),
    ("simulate", "data=exam&source=own&own_fit=own_intercept&view=amount&share=0.5"),
    ("lessons", "lesson=scenarios&step=2&guess=0.4"),
    ("terms", "find=blup&view=dictionary"),
    ("data", "do=within:floor&projector=1"),
    ("groups", "data=sim-j12_n5_f2_s9&at=03"),
]


@pytest.mark.parametrize(("screen", "query"), SET, ids=[f"{s}?{q}" for s, q in SET])
def test_what_is_set_is_the_same_elsewhere(screen: str, query: str) -> None:
    app = follow(query, FILES[screen])
    assert not is_refused(app), app.warning[0].value
    params = address(app)
    for name in {part.partition("=")[0] for part in query.split("&")}:
        assert name in params, (name, params)
    is_same_elsewhere(app, screen)


@pytest.mark.slow
@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("screen", [s for s in FILES if s not in ("lessons", "terms")])
def test_every_example_structure_and_view_is_the_same_elsewhere(example: str, screen: str) -> None:
    predictors = core.EXAMPLES[example].spec.predictors
    structures = ["slope=", *([f"slope={predictors[0]}"] if predictors else [])]
    for structure in structures:
        for view in views(screen):
            app = follow(f"data={example}&{structure}{view}", FILES[screen])
            is_same_elsewhere(app, "" if is_refused(app) else screen)


@pytest.mark.slow
@pytest.mark.parametrize("lesson", list(LESSONS))
def test_every_step_is_the_same_elsewhere(lesson: str) -> None:
    for step in range(1, len(LESSONS[lesson].steps) + 1):
        app = follow(f"lesson={lesson}&step={step}", FILES["lessons"])
        for button in app.button:
            if str(button.key).startswith("lessons_commit"):
                button.click().run()
                healthy(app)
                assert "guess" in address(app)
                break
        is_same_elsewhere(app, "lessons")
