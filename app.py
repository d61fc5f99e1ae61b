"""The app: page settings, the shared sidebar, and the way to every screen. Nothing else."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import streamlit as st

# Before numpy is loaded: our matrices are small, and threads that wait for each other make the
# dial of 10,000 groups thirty times slower when the machine has other things to do.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).resolve().parent


def main() -> None:
    """Run once per interaction: draw the sidebar, then the screen that is open."""
    from pages._server.warm import IMPORTS

    IMPORTS.wait()
    from pages._shared import look, navigation
    from pages._shared.host import notice, tab
    from pages._shared.link import address as link
    from pages._shared.link import share
    from pages._shared.looking import asking
    from pages._shared.model import sidebar
    from pages._shared.takeaway import button as takeaway
    from pages._shared.takeaway import work
    from pages.screens import SCREENS, START, controls

    link.know(controls())
    if notice.stand_in():
        return
    tab.find()
    screens: dict[str, list[Any]] = {}
    pages: dict[str, Any] = {}
    for each in SCREENS:
        page = st.Page(
            each.script, title=each.title, url_path=each.path or None, default=each is START
        )
        screens.setdefault(each.section, []).append(page)
        pages[each.path] = page
    screen = st.navigation(screens, position="hidden")
    path = work.resume(screen.url_path) or navigation.asked()
    if path not in (None, screen.url_path):
        st.switch_page(pages[path])
    if not link.restore(screen.url_path) and screen.url_path:
        st.switch_page(screens["Explore"][0])
    st.set_page_config(
        page_title="Partial Pooling Explorer",
        page_icon=str(ROOT / "assets" / "icon.svg"),
        layout="wide",
        initial_sidebar_state="collapsed" if look.is_projector() else "auto",
    )
    look.apply()
    top = st.sidebar.container(key="sidebar_top")
    sidebar.sidebar()
    if not link.confirm(screen.url_path):
        st.switch_page(screens["Explore"][0])
    link.publish(screen.url_path)
    tab.ask(link.held_keys())
    with top:
        navigation.draw(screens)
        share.button(screen.url_path)
        takeaway.draw(screen.url_path)
    notice.lost()
    asking.run(screen)


if __name__ == "__main__":
    main()
else:
    # ``streamlit run app.py`` finds the server application below and imports this file before
    # anybody connects. That is the moment to say that ``pages/`` is ours: otherwise the first
    # visitor of a fresh server who follows a link to a screen is told "Page not found".
    with suppress(ImportError):
        from streamlit.runtime.pages_manager import PagesManager

        PagesManager.uses_pages_directory = False
    from pages._server import application

    application.begin()
    app = st.App(
        Path(__file__),
        lifespan=application.lifespan,
        routes=application.routes(),
        middleware=application.middleware(),
    )
