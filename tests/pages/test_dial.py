"""The dial's place on the start screen: what it remembers, offers and tells."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from core.explore.dial.position_text import dial_table
from core.explore.dial.split import dial_split
from pages._shared.dial import component
from pages._shared.dial.component import NO_POOLING, Position
from pages._shared.state import tag_of
from tests.pages.driver import choose, healthy, sidebar_key, upload
from tests.pages.test_link import address


def pulled_key(app: AppTest) -> str:
    """Return the key of the choice of what groups are pulled to."""
    shown = app.session_state["shown"]
    return f"pooling_pulled_{tag_of(shown.dataset.id, shown.spec)}"


def path_of(app: AppTest) -> core.DialPath:
    return core.dial_path(app.session_state["shown"].fits)


def sentences(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


@pytest.mark.parametrize("value", [0.0, 0.25, NO_POOLING])
def test_a_position_in_the_session_is_where_the_dial_stands(app: AppTest, value: float) -> None:
    app.session_state["pooling_dial_radon"] = value
    healthy(app.run())
    c = np.inf if value == NO_POOLING else value
    j = path_of(app).fits.data.group_names.index("LACQUIPARLE")
    expected = core.receipt(path_of(app), j, c).sentence
    assert expected[-20:] in sentences(app)


@pytest.mark.parametrize("value", ["x", -3.0, float("nan"), True, [1]])
def test_nonsense_in_the_session_is_the_estimate(app: AppTest, value: Any) -> None:
    app.session_state["pooling_dial_radon"] = value
    app.session_state["pooling_dial_slope_radon"] = value
    healthy(app.run())
    assert "is pulled towards" in sentences(app)


def test_two_hands_are_followed(app: AppTest) -> None:
    app.session_state["pooling_dial_radon"] = 0.5
    app.session_state["pooling_dial_slope_radon"] = 4.0
    healthy(app.run())
    path = path_of(app)
    at = dial_split(path, (0.5, 4.0))
    j = path.fits.data.group_names.index("LACQUIPARLE")
    expected = core.receipt(path, j, 1.0, position=at).sentence
    assert re.search(r"to [\d.]+\.$", expected)
    assert expected.split("towards")[1][:20] in sentences(app)
    assert f"pooling factor: {at.varying_names[1]}" in dial_table(path.fits, at)


def test_another_table_starts_at_the_estimate(app: AppTest) -> None:
    app.session_state["pooling_dial_radon"] = 0.1
    app.run()
    choose(app, "data_choice", "exam")
    assert "pooling_dial_exam" not in app.session_state
    choose(app, "data_choice", "radon")
    assert app.session_state["pooling_dial_radon"] == 0.1


def test_a_second_hand_means_nothing_without_a_slope(app: AppTest) -> None:
    app.session_state["pooling_dial_slope_radon"] = 4.0
    app.run()
    choose(app, sidebar_key(app, "structure"), "intercept")
    assert "LACQUIPARLE" in sentences(app)


def test_pulled_to_a_line_and_back(app: AppTest) -> None:
    offered = app.segmented_control(key=pulled_key(app))
    assert offered.value == "average"
    choose(app, pulled_key(app), "regression")
    text = sentences(app)
    shown = app.session_state["shown"]
    spec = shown.spec
    other = core.ModelSpec(
        spec.outcome,
        spec.group,
        predictors=spec.predictors,
        varying=spec.varying,
        group_predictors=("log_uranium",),
    )
    fits = core.fit_all(core.GroupedData.from_table(core.load_example("radon"), other))
    with_sd = core.formats.number(float(fits.multilevel.sigma_group[0]), 3)
    without_sd = core.formats.number(float(shown.fits.multilevel.sigma_group[0]), 3)
    assert f"is {with_sd} instead of {without_sd}" in text
    assert shown.spec.group_predictors == ()
    choose(app, pulled_key(app), "average")
    assert "instead of" not in sentences(app)


def test_a_model_with_the_predictor_starts_pulled_to_its_line(app: AppTest) -> None:
    choose(app, sidebar_key(app, "group_predictors"), ["log_uranium"])
    assert app.segmented_control(key=pulled_key(app)).value == "regression"
    choose(app, pulled_key(app), "average")
    assert "instead of" in sentences(app) or "without it" in sentences(app)


def test_no_switch_where_nothing_differs_between_groups(app: AppTest) -> None:
    choose(app, "data_choice", "sleepstudy")
    assert not [w for w in app.segmented_control if w.key == pulled_key(app)]


_DEGENERATE = {
    "two groups": {"y": [1.0, 2, 4, 3, 5], "x": [1.0, 2, 3, 1, 2], "g": list("aabbb")},
    "singletons": {"y": np.arange(12) % 5, "x": np.arange(12) % 7, "g": list("abcdefghijkl")},
    "no variance": {
        "y": np.tile([1, 2, 3], 6),
        "x": np.arange(18),
        "g": list("aaabbbcccdddeeefff"),
    },
    "constant": {"y": np.repeat([1, 2, 3], 4), "x": np.arange(12), "g": list("aaaabbbbcccc")},
}


@pytest.mark.parametrize("name", list(_DEGENERATE))
def test_any_table_that_can_be_fitted_opens(app: AppTest, name: str) -> None:
    table = pd.DataFrame(_DEGENERATE[name])
    upload(app, "small.csv", table.to_csv(index=False).encode())
    for value in (0.0, 1.0, 3.0, NO_POOLING):
        app.session_state[f"pooling_dial_{app.session_state['data_choice']}"] = value
        healthy(app.run())


def test_what_the_component_sends_is_checked() -> None:
    assert Position.from_data({"c": "none", "slope": None, "group": 2}, 3) == Position(
        np.inf, None, 2
    )
    assert Position.from_data({"c": 0.5, "slope": 2, "group": 3}, 3) == Position(0.5, 2.0, None)
    for bad in (None, 7, {"c": -1}, {"c": "x", "group": True}, {"c": float("nan")}):
        assert Position.from_data(bad, 3) == Position()
    assert Position(np.inf).to_data() == {"c": "none", "slope": None, "group": None, "views": None}


def test_the_joined_script_is_one_sound_module() -> None:
    script = component.script()
    assert not re.search(r"^import ", script, re.MULTILINE)
    assert script.count("export default") == 1
    files = {p.stem for p in component.HERE.glob("*.js")}
    assert files == set(component.MODULES)
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    done = subprocess.run(
        [node, "--input-type=module", "--check"], input=script, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr


#: Groups whose means are equal: the variance between them is estimated as zero.
_ALIKE = pd.DataFrame({"y": np.tile([1, 2, 3], 6), "g": np.repeat(list("abcdef"), 3)})


def test_without_a_variance_the_dial_begins_at_complete_pooling(app: AppTest) -> None:
    upload(app, "alike.csv", _ALIKE.to_csv(index=False).encode())
    assert app.session_state["shown"].fits.multilevel.is_singular
    assert path_of(app).estimate == (0.0,)
    assert "counts for nothing beside the common" in sentences(app)
    assert any("the dial begins there" in c.value for c in app.caption)
    assert "dial" not in address(app)
    own = f"pooling_dial_{app.session_state['data_choice']}"
    app.session_state[own] = 1.0
    healthy(app.run())
    assert "is pulled towards" in sentences(app)
    assert address(app)["dial"] == ("1",)
    app.session_state[own] = 0.0
    healthy(app.run())
    assert "dial" not in address(app), "at its start the dial has nothing to say in a link"


def test_the_estimate_is_nothing_for_a_link_to_say(app: AppTest) -> None:
    app.session_state["pooling_dial_radon"] = 1.0
    healthy(app.run())
    assert "dial" not in address(app)
