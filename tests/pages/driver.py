"""What the tests of the screens drive: Streamlit's AppTest, a widget at a time."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from pages.screens import START


def healthy(app: AppTest) -> None:
    """Assert that nothing was raised."""
    assert not app.exception, [e.message for e in app.exception]


def choose(app: AppTest, key: str, value: object) -> AppTest:
    """Set a widget by its key and run."""
    for kind in ("selectbox", "multiselect", "radio", "segmented_control", "toggle", "text_input"):
        for widget in app.get(kind) if kind != "segmented_control" else app.segmented_control:
            if widget.key == key:
                widget.set_value(value).run()
                healthy(app)
                return app
    raise AssertionError(f"no widget {key}")


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    """Upload a file and run."""
    app.file_uploader(key="data_upload").set_value((name, content, "text/csv")).run()
    healthy(app)
    return app


def start_at(app: AppTest, name: str) -> None:
    """Let the first run of an app open a screen, ``section/screen``, as a link from outside does.

    ``AppTest.switch_page`` knows addresses that differ from the file's name only after a run.
    """
    screen = name.rpartition("/")[2]
    app._page_hash = calc_hash("" if screen == START.name else screen)


def has_dial(app: AppTest) -> bool:
    """Return whether the pooling dial is on the page."""
    return any(c.proto.component_name == "pooling_dial" for c in app.get("bidi_component"))


def sidebar_key(app: AppTest, field: str) -> str:
    """Return the key of a model control of the table that is chosen."""
    return f"model_{field}_{app.session_state['data_choice']}"


def open_screen(app: AppTest, name: str) -> AppTest:
    """Go to a screen, ``section/screen``, and run."""
    app.switch_page(f"pages/{name}/screen.py").run()
    healthy(app)
    return app
