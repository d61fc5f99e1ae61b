"""The app: page settings, the shared sidebar, and the way to every screen. Nothing else."""

import os
from contextlib import suppress
from pathlib import Path

import streamlit as st

# Before numpy is loaded: our matrices are small, and threads that wait for each other make the
# dial of 10,000 groups thirty times slower when the machine has other things to do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Run once per interaction: draw the sidebar, then the screen that is open."""
    from pages._shared import controls, link, look, navigation, share

    screens = {
        "Explore": [
            st.Page("pages/explore/pooling.py", title="Pooling", default=True),
            st.Page("pages/explore/groups.py", title="Groups"),
            st.Page("pages/explore/data.py", title="Data"),
        ],
        "Understand": [
            st.Page("pages/understand/two_levels.py", title="Two levels"),
            st.Page("pages/understand/variance.py", title="Variance"),
            st.Page("pages/understand/standard_errors.py", title="Standard errors"),
        ],
        "Use": [
            st.Page("pages/use/prediction.py", title="Prediction"),
            st.Page("pages/use/ranking.py", title="Ranking"),
            st.Page("pages/use/checks.py", title="Checks"),
            st.Page("pages/use/predicts_best.py", title="Which predicts best"),
        ],
        "Learn": [
            st.Page("pages/learn/simulate.py", title="Simulate"),
            st.Page("pages/learn/lessons.py", title="Lessons"),
            st.Page("pages/learn/terms.py", title="Terms"),
        ],
    }
    screen = st.navigation(screens, position="hidden")
    if not link.restore(screen.url_path) and screen.url_path:
        st.switch_page(screens["Explore"][0])
    st.set_page_config(
        page_title="Partial Pooling Explorer",
        page_icon=str(ROOT / "assets" / "icon.svg"),
        layout="wide",
        initial_sidebar_state="collapsed" if look.is_projector() else "auto",
    )
    look.apply()
    with st.sidebar:
        top = st.container(key="sidebar_top")
    controls.sidebar()
    if not link.confirm(screen.url_path):
        st.switch_page(screens["Explore"][0])
    link.publish(screen.url_path)
    with top:
        navigation.draw(screens)
        share.button(screen.url_path)
    screen.run()


if __name__ == "__main__":
    main()
else:
    # ``streamlit run app.py`` finds the server application below and imports this file before
    # anybody connects. That is the moment to say that ``pages/`` is ours: otherwise the first
    # visitor of a fresh server who follows a link to a screen is told "Page not found".
    with suppress(ImportError):
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False
    app = st.App(Path(__file__))
