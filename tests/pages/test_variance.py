"""The screen about the variances, for every example and structure, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

import core
from core.explore.variance_story import variance_story
from core.explore.wording import Wording
from core.plots.plot_intervals import plot_intervals
from tests.browser.driver import ROOT


@pytest.mark.parametrize("example", list(core.EXAMPLES))
def test_the_screen_opens_with_a_share_and_its_interval(example: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.selectbox(key="data_choice").set_value(example).run()
    app.switch_page("pages/understand/variance.py").run()
    assert not app.exception, [e.message for e in app.exception]
    fit = app.session_state["shown"].fits.multilevel
    assert f"{fit.icc:.0%}" in app.title[0].value
    assert len(app.get("plotly_chart")) == 1


def test_the_figure_shows_the_table_it_is_given() -> None:
    example = core.EXAMPLES["radon"]
    data = core.GroupedData.from_table(core.load_example("radon"), example.spec)
    story = variance_story(core.fit_all(data), Wording.of_example(example))
    figure = plot_intervals(story.parameters, title="finding", axis="outcome units")
    assert list(figure.data[1].x) == list(story.parameters["estimate"])
    assert figure.layout.xaxis.title.text == "outcome units"
    inside = story.parameters["lower"] <= story.parameters["estimate"]
    assert (inside & (story.parameters["estimate"] <= story.parameters["upper"])).all()
