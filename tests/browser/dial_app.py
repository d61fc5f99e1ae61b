"""An app with nothing but the dial, of the model that its address names: for the browser tests."""

import sys
from pathlib import Path

import streamlit as st

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main() -> None:
    """Draw the dial of one case."""
    import core
    from core.explore.dial.labels import dial_labels
    from core.figures import theme
    from core.tables.wording import Wording
    from pages._shared import texts
    from pages._shared.dial import component, view
    from tests.browser.dial_cases import CASES

    st.set_page_config(layout="wide")
    fits = CASES[st.query_params.get("case", "intercept")]()
    made = view._make(fits)
    data = {
        "id": made["id"],
        "payload": made["payload"],
        "evidence": {**made["evidence"], "wants": False, "cv": None},
        "labels": dial_labels(core.dial_path(fits), Wording()),
        "text": texts.load("dial")["component"],
        "look": theme.tokens("light", "normal"),
        "position": component.Position(1.0, None, 0).to_data(),
        "told": "once",
        "focus": None,
    }
    component.mount(data, key="dial", on_position=lambda: None, on_more=lambda: None)


main()
