"""The link: what is on screen stands in the address, and an address shows what it says."""

from __future__ import annotations

import io
from urllib.parse import parse_qs

import numpy as np
import pytest
import segno
from PIL import Image
from streamlit.testing.v1 import AppTest

import core
from pages._shared.link import address as link
from pages._shared.link import link_model, share
from pages._shared.link.link_model import Columns, read, write
from tests.browser.driver import ROOT
from tests.fitted import ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, start_at, upload

NAMES = ("y", "g", "x", "a*b", "b", "c:d", "u", "v")
START = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
SPECS = [
    START,
    START.update(varying=()),
    START.update(predictors=(), varying=()),
    START.update(predictors=("x", "a*b"), varying=("a*b", "x"), correlated=False),
    START.update(group_predictors=("u", "v"), cross_level=(("x", "v"),), criterion="ML"),
    START.update(
        predictors=("x", "a*b"), group_predictors=("b",), cross_level=(("x", "b"), ("a*b", "b"))
    ),
    START.update(outcome="x", predictors=("c:d",), varying=(), categorical=("c:d",)),
    START.update(predictors=("x", "c:d"), reference={"c:d": "e:f"}),
    START.update(group="u", outcome="v"),
]


def follow(query: str, screen: str | None = None) -> AppTest:
    """Return the app as a fresh session that follows a link sees it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in parse_qs(query, keep_blank_values=True).items():
        app.query_params[name] = value
    if screen:
        start_at(app, screen)
    app.run()
    healthy(app)
    return app


def address(app: AppTest) -> dict[str, tuple[str, ...]]:
    """Return the parameters that were last written into the address."""
    found: dict[str, tuple[str, ...]] = app.session_state["link_published"]
    return found


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("is_private", [False, True])
def test_a_model_returns_from_its_parameters(spec: core.ModelSpec, is_private: bool) -> None:
    columns = Columns(NAMES, is_private=is_private)
    start = None if is_private else START
    params = write(spec, start, columns)
    again = read(params, start, columns)
    assert again == (spec.update(reference={}) if is_private else spec)
    if is_private:
        assert not any(name in str(params) for name in ("a*b", "c:d", "e:f"))
    elif spec == START:
        assert params == {}


@pytest.mark.parametrize(
    "query",
    [
        "data=no+such+table",
        "data=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E",
        "y=nothing",
        "y=county",
        "x=floor&x=floor",
        "slope=log_uranium",
        "criterion=ols",
        "uncorrelated=yes",
        "cross=floor*nothing",
        "view=nonsense",
        "page=-1",
        "page=1e9",
        "se=maybe",
        "dial=-1",
        "dial=nan",
        "ref=floor:1&x=",
        "do=drop:floor",
        "do=log:nothing",
        "data=radon&data=__proto__",
        "y=" + "x" * 5000,
        "&".join(f"x=a{i}" for i in range(300)),
        "group=log_radon",
        "projector=2",
        "term=" + "t" * 300,
        "term=no_such_slope",
        "along=nothing",
        "at=NOWHERE",
        "view=map&view=dial",
        "data=radon&data=exam",
        "dial=1e300",
        "dial=٣",
        "share=0.1",
        "draws=200",
        "seed=x&seed=y&lesson=1-scenarios",
        "find=%E2%80%AE" + "x" * 100_000,
        "pair=floor",
        "x=floor&slope=&u=county",
        "x=" + "&x=".join(["floor"] * 30),
    ],
)
def test_a_link_that_cannot_be_followed_shows_the_start_and_says_why(query: str) -> None:
    app = follow(query)
    shown = app.session_state["shown"]
    assert shown.dataset.id == "radon" and shown.spec == core.EXAMPLES["radon"].spec
    said = [w.value for w in app.warning]
    assert len(said) == 1 and said[0].startswith("The link could not be followed"), said
    assert "<img" not in said[0].replace("\\<", "")


def test_a_refused_link_to_another_screen_shows_the_start_screen() -> None:
    app = follow("data=nothing", "understand/variance")
    assert app.title[0].value.startswith("Left alone, 85 counties")
    assert app.warning


@pytest.mark.slow
@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("structure", ["intercept", "slope"])
@pytest.mark.parametrize("view", ["dial", "lines", "shrinkage", "table"])
def test_a_fresh_session_shows_what_the_link_shows(
    app: AppTest, example: str, structure: str, view: str
) -> None:
    choose(app, "data_choice", example)
    choose(app, sidebar_key(app, "structure"), structure)
    choose(app, sidebar_key(app, "criterion"), "ML")
    choose(app, "pooling_view", view)
    params = address(app)
    again = follow(link.encoded(params))
    assert address(again) == params
    first, second = app.session_state["shown"], again.session_state["shown"]
    assert first.spec == second.spec and first.dataset.id == second.dataset.id
    assert [t.value for t in app.title] == [t.value for t in again.title]
    assert [h.value for h in app.header] == [h.value for h in again.header]
    assert again.segmented_control(key="pooling_view").value == view


def test_the_start_has_an_empty_address(app: AppTest) -> None:
    assert address(app) == {}
    choose(app, "pooling_view", "map")
    assert address(app) == {"view": ("map",)}
    choose(app, "pooling_view", "dial")
    assert address(app) == {}


def test_what_was_made_of_an_example_travels(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    open_screen(app, "explore/data")
    app.button(key="data_recipe_CentreGroupMean_standLRT").click().run()
    healthy(app)
    params = address(app)
    assert params["do"] == ("within:standLRT",)
    again = follow(link.encoded(params), "explore/data")
    assert again.session_state["shown"].spec == app.session_state["shown"].spec
    assert not again.warning and len(again.session_state["uploads"]) == 1
    assert address(again) == params


def test_nothing_of_an_upload_stands_in_the_address(app: AppTest) -> None:
    table = many_groups(30).rename(columns={"y": "secret_y", "x": "secret_x", "g": "secret_g"})
    upload(app, "secret.csv", table.to_csv(index=False).encode())
    choose(app, sidebar_key(app, "structure"), "intercept")
    choose(app, "pooling_view", "lines")
    choose(app, "pooling_search", "secret")
    params = address(app)
    assert params["data"] == ("own1",) and "secret" not in str(params)
    again = follow(link.encoded(params))
    assert "never travels in a link" in again.info[0].value
    assert again.session_state["shown"].dataset.id == "radon"
    upload(again, "same.csv", table.to_csv(index=False).encode())
    assert again.session_state["shown"].spec == app.session_state["shown"].spec
    assert not any("never travels" in i.value for i in again.info)


def test_a_model_is_not_put_on_a_table_with_other_columns(app: AppTest) -> None:
    """An id column added in front would make every column another one, by its place."""
    table = many_groups(30)
    upload(app, "table.csv", table.to_csv(index=False).encode())
    choose(app, sidebar_key(app, "structure"), "intercept")
    query = link.encoded(address(app))
    corrected = table.assign(row=range(len(table)))[["row", *table.columns]]
    again = follow(query)
    upload(again, "corrected.csv", corrected.to_csv(index=False).encode())
    assert any("other columns" in w.value for w in again.warning)
    spec = again.session_state["shown"].spec
    assert (spec.outcome, spec.group) == ("y", "g")  # guessed anew, by what the columns hold
    choose(again, "pooling_view", "lines")
    assert not again.warning


def test_an_older_link_without_a_header_is_followed_and_says_so(app: AppTest) -> None:
    table = many_groups(30)
    upload(app, "table.csv", table.to_csv(index=False).encode())
    choose(app, sidebar_key(app, "structure"), "intercept")
    params = {n: v for n, v in address(app).items() if n != link_model.HEADER}
    again = follow(link.encoded(params))
    upload(again, "table.csv", table.to_csv(index=False).encode())
    assert again.session_state["shown"].spec == app.session_state["shown"].spec
    assert any("check that the roles are right" in w.value for w in again.warning)
    text = table.assign(y="a")
    other = follow(link.encoded(params))
    upload(other, "text.csv", text.to_csv(index=False).encode())
    assert any("other columns" in w.value for w in other.warning)


def test_a_header_says_nothing_of_its_names() -> None:
    one, other = (Columns([*NAMES, last], is_private=True) for last in ("w", "z"))
    assert one.digest != other.digest and len(one.digest) == 10
    assert not any(name in one.digest for name in ("a*b", "c:d"))
    assert Columns(["a", "b c"]).digest != Columns(["a b", "c"]).digest


@pytest.mark.parametrize(
    ("query", "screen", "seed_of"),
    [
        ("seed=own&n_groups=12", "learn/simulate", "seed"),
        ("data=sim-j12_n5_s9&seed=own", "explore/groups", "data"),
        ("data=sim-j12_n5_s9&seed=own", None, "data"),
    ],
)
def test_everybody_gets_a_seed_of_their_own_and_keeps_it(
    query: str, screen: str | None, seed_of: str
) -> None:
    first, second = follow(query, screen), follow(query, screen)
    assert not first.warning
    one, other = address(first), address(second)
    assert one[seed_of] != other[seed_of] and "own" not in str(one)
    assert {k: v for k, v in one.items() if k != seed_of} == {
        k: v for k, v in other.items() if k != seed_of
    }
    again = follow(link.encoded(one), screen)  # a reload
    assert address(again) == one


def test_a_guess_is_not_handed_on() -> None:
    app = follow("lesson=scenarios&step=2&guess=0.4", "learn/lessons")
    assert address(app)["guess"] == ("0.4",)
    found = link.shared(address(app), "lessons")
    assert "guess" not in found and found["step"]
    assert any("Your guess" in str(m.value) or "0.4" in str(m.value) for m in app.info)
    hostile = follow("lesson=scenarios&step=2&guess=nan", "learn/lessons")
    assert not hostile.info and hostile.button(key="lessons_commit_scenarios/2")


def test_the_controls_of_a_table_wait_for_it() -> None:
    table = many_groups(30).rename(columns={"y": "secret_y", "x": "secret_x", "g": "secret_g"})
    again = follow("data=own1&y=1&group=3&x=2&slope=2&dial=0.25&view=dial")
    assert "never travels" in again.info[0].value
    upload(
        again, "mine.csv", table[["secret_y", "secret_x", "secret_g"]].to_csv(index=False).encode()
    )
    shown = again.session_state["shown"]
    assert shown.spec.outcome == "secret_y" and shown.spec.varying == ("secret_x",)
    assert address(again)["dial"] == ("0.25",)


def test_the_code_is_that_of_the_address_with_a_quiet_border() -> None:
    address = "http://school.example:8501/simulate?seed=own&n_groups=12"
    picture = np.asarray(Image.open(io.BytesIO(share._qr(address))).convert("L"))
    modules = (picture[4::8, 4::8] < 128).astype(int)
    code = np.array([list(row) for row in segno.make(address, error="l", micro=False).matrix])
    assert (modules[4:-4, 4:-4] == code).all()
    assert not modules[:4].any() and not modules[:, :4].any()


def test_what_is_shared_gives_everybody_a_draw_of_their_own() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    start_at(app, "learn/simulate")
    app.session_state["share_open"] = True
    app.run()
    healthy(app)
    assert "seed=own" not in app.code[0].value
    app.toggle(key="share_own_seed").set_value(True).run()
    healthy(app)
    assert app.code[0].value.endswith("seed=own")
    app.button(key="share_large").click().run()
    healthy(app)
    assert app.code[0].value.endswith("seed=own") and not app.session_state["share_open"]
