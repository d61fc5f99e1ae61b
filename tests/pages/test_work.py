"""Saved work: a fresh session that opens it shows what was shown."""

from __future__ import annotations

import re

import pytest
from streamlit.testing.v1 import AppTest

from core.takeaway.work import save_work, unpack_work
from pages._shared.takeaway import work
from tests.browser.driver import ROOT
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

PUPILS = b"id,school,ses,score,=x\n" + b"".join(
    b"%d,%s,%.2f,%.3f,%d\n"
    % (i, b"ABCDEFGH"[i % 8 :][:1], (i * 7 % 31) / 9, i % 8 + (i * 37 % 17) / 5, i % 3)
    for i in range(96)
)


def saved(app: AppTest, screen: str) -> bytes:
    """Return the project file of an app, as the button would."""
    found: list[bytes] = []
    original = work.current

    def spy(path: str) -> object:
        now = original(path)
        found.append(save_work(now))
        return now

    app.session_state["takeaway_open"] = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "current", spy)
        app.run()
    healthy(app)
    assert unpack_work(found[-1]).screen == screen
    return found[-1]


def shown(app: AppTest) -> tuple[object, ...]:
    found = app.session_state["shown"]
    words = [re.sub(r"upload-\w+", "", m.value) for m in app.main.markdown]
    return found.spec, found.fits.multilevel.criterion_value, [t.value for t in app.title], words


def fresh() -> AppTest:
    """Return the app in a session of its own."""
    other = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    other.run()
    healthy(other)
    return other


def test_an_upload_comes_back_with_model_screen_and_note(app: AppTest) -> None:
    upload(app, "pupils.csv", PUPILS)
    choose(app, sidebar_key(app, "structure"), "slope")
    choose(app, sidebar_key(app, "criterion"), "ML")
    open_screen(app, "use/ranking")
    app.session_state[work.NOTE] = "For Monday"
    before, content = shown(app), saved(app, "ranking")
    app.session_state["takeaway_open"] = False
    other = fresh()
    upload(other, "work.zip", content)
    assert not other.warning, [w.value for w in other.warning]
    assert shown(other) == before
    assert other.session_state[work.NOTE] == "For Monday"
    assert other.session_state["asked"].title == "pupils.csv"


def test_an_example_comes_back_as_the_example(app: AppTest) -> None:
    choose(app, "data_choice", "exam")
    choose(app, sidebar_key(app, "structure"), "slope")
    content = saved(app, "")
    other = fresh()
    upload(other, "work.zip", content)
    assert other.session_state["data_choice"] == "exam"
    assert shown(other)[:2] == shown(app)[:2]
    assert not other.session_state["uploads"]


def test_a_damaged_file_leaves_the_picture(app: AppTest) -> None:
    before = shown(app)
    content = saved(app, "")
    spoiled = bytearray(content)
    spoiled[60:64] = b"\xff\xff\xff\xff"
    for broken in (bytes(spoiled), content[:200]):
        upload(app, "work.zip", broken)
        assert "work.zip" in app.error[0].value and shown(app)[:3] == before[:3]
