"""The screen about the variances, for every example, structure and view, without a browser."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from core.explore.variance import story as story_module
from core.explore.variance.plot_intervals import plot_intervals
from core.explore.variance.story import variance_story
from core.tables.wording import Wording
from pages._shared import cache
from tests.fitted import ONE_FACTOR, many_groups
from tests.pages.driver import choose, healthy, open_screen, sidebar_key, upload

SCREEN = "understand/variance"
GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "data"


@pytest.mark.parametrize("example", ONE_FACTOR)
@pytest.mark.parametrize("structure", ["intercept", "slope"])
def test_every_example_and_view(app: AppTest, example: str, structure: str) -> None:
    choose(app, "data_choice", example)
    choose(app, sidebar_key(app, "structure"), structure)
    open_screen(app, SCREEN)
    fits, wording = app.session_state["shown"].fits, app.session_state["shown"].wording
    for kind, made in (("posterior", core.posterior(fits)), ("plug-in", None)):
        choose(app, "intervals_switch", kind)
        expected = variance_story(fits, wording, posterior=made).title
        assert app.title[0].value.replace("\\", "") == expected
    assert len(app.get("plotly_chart")) == 1
    choose(app, "variance_view", "share")
    assert len(app.get("plotly_chart")) == 1
    choose(app, "variance_view", "zero")
    has_slope = bool(app.session_state["shown"].spec.varying)
    assert len(app.get("plotly_chart")) == (1 if has_slope else 0)
    assert not app.error


def test_the_zero_moves_and_the_lines_stay(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    open_screen(app, SCREEN)
    choose(app, "variance_view", "zero")
    slider = app.slider(key="variance_zero_sleepstudy")
    for at in (slider.min, slider.max, 4.5):
        app.slider(key="variance_zero_sleepstudy").set_value(at).run()
        healthy(app)
    assert "0.07 into 0.75" in app.title[0].value
    app.button(key="variance_centre").click().run()
    healthy(app)
    shown = app.session_state["shown"]
    assert shown.spec.varying == ("Days (centred)",)
    assert shown.fits.multilevel.correlation[0, 1] == pytest.approx(0.75, abs=0.01)


def test_other_models_are_offered_by_one_click(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    choose(app, sidebar_key(app, "structure"), "intercept")
    open_screen(app, SCREEN)
    choose(app, "variance_view", "zero")
    app.button(key="variance_let_vary").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.varying == ("Days",)
    choose(app, sidebar_key(app, "correlated"), False)
    app.button(key="variance_correlate").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.correlated
    assert len(app.get("plotly_chart")) == 1


def test_a_variance_of_zero_is_explained(app: AppTest) -> None:
    upload(app, "dyestuff2.csv", (GOLDEN / "dyestuff2.csv").read_bytes())
    choose(app, sidebar_key(app, "outcome"), "Yield")
    open_screen(app, SCREEN)
    choose(app, "variance_view", "boundary")
    assert "not known to be zero" in app.title[0].value
    choose(app, "intervals_switch", "plug-in")
    assert "estimated as zero" in app.title[0].value and "2.08" in app.title[0].value
    assert any("stay valid" in m.value for m in app.markdown)


def test_a_correlation_of_one_and_the_simpler_model(app: AppTest) -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(np.arange(10), 6)
    x = np.tile(np.arange(6.0), 10)
    y = rng.normal(size=10)[group] * (1 + 0.3 * x) + 0.8 * rng.normal(size=60)
    table = pd.DataFrame({"y": y, "x": x, "g": [f"g{j}" for j in group]})
    upload(app, "one.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    choose(app, "variance_view", "boundary")
    assert "correlation is estimated as 1" in app.title[0].value
    app.button(key="variance_uncorrelate").click().run()
    healthy(app)
    assert not app.session_state["shown"].spec.correlated
    choose(app, "data_choice", "radon")
    assert app.segmented_control(key="variance_view").value == "components"


def test_many_groups_show_estimates_before_intervals(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story_module, "_SLOW", 10)
    cache._shared.clear()
    open_screen(app, SCREEN)
    assert "of the variance is estimated to lie between counties" in app.title[0].value
    assert len(app.get("plotly_chart")) == 1


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame({"y": [1.0, 1, 2, 2, 3, 3, 5, 5], "g": list("aabbccdd")}),
        pd.DataFrame({"y": [1.0, 3, 2, 4, 3, 6, 5, 8], "x": [1.0, 2] * 4, "g": list("aaaabbbb")}),
        pd.DataFrame({"y": [1.0, 3, 2, 4, 3, 6, 5, 8], "x": range(8), "g": list("abcdefgh")}),
        pd.DataFrame({"y": np.tile([1.0, 3, 2], 6), "g": np.repeat(list("abcdef"), 3)}),
        many_groups(40),
    ],
    ids=["degenerate", "two groups", "singletons", "zero variance", "many"],
)
def test_any_table_that_can_be_fitted(app: AppTest, table: pd.DataFrame) -> None:
    upload(app, "table.csv", table.to_csv(index=False).encode())
    open_screen(app, SCREEN)
    if app.session_state["shown"].fits.multilevel_or_none is None:
        return
    for view in app.segmented_control(key="variance_view").options:
        words = {"Standard deviations": "components", "Share between groups": "share"}
        words |= {"Where x = 0": "zero", "At the boundary": "boundary"}
        words |= {"Does the prior matter?": "prior"}
        choose(app, "variance_view", words[view])


def test_three_varying_coefficients(app: AppTest) -> None:
    upload(app, "kinds.csv", many_groups(60).to_csv(index=False).encode())
    choose(app, sidebar_key(app, "predictors"), ["x", "kind"])
    choose(app, sidebar_key(app, "slopes"), ["x", "kind"])
    open_screen(app, SCREEN)
    for view in ("share", "zero"):
        choose(app, "variance_view", view)
    app.button(key="variance_only_first").click().run()
    healthy(app)
    assert app.session_state["shown"].spec.varying == ("x",)


def test_the_figure_shows_the_table_it_is_given() -> None:
    example = core.EXAMPLES["radon"]
    data = core.GroupedData.from_table(core.load_example("radon"), example.spec)
    story = variance_story(core.fit_all(data), Wording.of_example(example))
    figure = plot_intervals(story.parameters, title="finding", axis="outcome units")
    assert list(figure.data[1].x) == list(story.parameters["estimate"])
    assert figure.layout.xaxis.title.text == "outcome units"
    inside = story.parameters["lower"] <= story.parameters["estimate"]
    assert (inside & (story.parameters["estimate"] <= story.parameters["upper"])).all()


def test_bootstrap_intervals_are_made_when_asked(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    open_screen(app, SCREEN)
    before = len(app.dataframe)
    app.session_state["variance_bootstrap_open"] = True
    app.run()
    healthy(app)
    assert len(app.dataframe) == before + 1
    names = list(app.dataframe[-1].value["parameter"])
    assert names[0] == "sd_(Intercept)" and "sigma_y" in names
