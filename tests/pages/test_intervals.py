"""The switch between plug-in intervals and the full posterior, on every screen that has either."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from pages._shared.dial import averaged
from tests.pages.driver import choose, healthy, open_screen, upload
from tests.pages.test_link import address, follow

#: Screens, and a query that shows an interval of the groups there.
SCREENS = {
    "use/ranking": "view=estimates",
    "use/prediction": "",
    "explore/pooling": "view=shrinkage&se=1",
    "explore/groups": "",
}
POSTERIOR, PLUG_IN = "full posterior, half-t prior", "plug-in"


def said(app: AppTest) -> str:
    """Return all that the figures of a run say: keys, titles, hovers, and the words around."""
    kinds = ("title", "header", "markdown")
    words = [str(e.value) for kind in kinds for e in app.get(kind) if e not in app.sidebar]
    charts = [chart.proto.spec for chart in app.get("plotly_chart")]
    charts += [str(table.value.to_dict()) for table in app.dataframe if "estimate" in table.value]
    return "\n".join([*words, *charts, *(h.proto.body for h in app.get("html"))]).replace("\\", "")


def captions(app: AppTest) -> list[str]:
    """Return the small print."""
    return [str(c.value).replace("\\", "") for c in app.caption]


def trace(app: AppTest, name: str, axis: str = "x") -> np.ndarray[Any, Any]:
    """Return the coordinates of a trace of the first figure that has it."""
    for chart in app.get("plotly_chart"):
        for each in json.loads(chart.proto.spec)["data"]:
            if each.get("name") == name:
                found = each[axis]
                if isinstance(found, dict):
                    return np.frombuffer(base64.b64decode(found["bdata"]), found["dtype"])
                return np.array(found, dtype=float)
    raise AssertionError(f"no trace {name}")


@pytest.mark.parametrize("screen", SCREENS)
def test_the_switch_says_and_changes_what_intervals_are(screen: str) -> None:
    query = f"data=sleepstudy&intervals=posterior&prior=half_t&{SCREENS[screen]}"
    app = follow(query, screen)
    assert POSTERIOR in said(app)
    assert PLUG_IN not in said(app).replace("as wide as the plug-in one", "")
    assert any("half-t" in c and " ms" in c for c in captions(app))
    posterior = said(app)
    choose(app, "intervals_switch", "plug-in")
    assert PLUG_IN in said(app) and "full posterior" not in said(app)
    assert said(app) != posterior
    assert address(app)["intervals"] == ("plug-in",)


def test_the_posterior_comes_first_where_it_matters_and_the_choice_stays(app: AppTest) -> None:
    choose(app, "data_choice", "batches")
    open_screen(app, "use/ranking")
    assert app.segmented_control(key="intervals_switch").value == "posterior"
    assert "intervals" not in address(app)
    choose(app, "intervals_switch", "plug-in")
    open_screen(app, "use/prediction")
    assert app.segmented_control(key="intervals_switch").value == "plug-in"
    choose(app, "data_choice", "sleepstudy")
    assert app.segmented_control(key="intervals_switch").value == "plug-in"


def test_the_numbers_are_those_of_the_library() -> None:
    app = follow("data=sleepstudy&view=estimates&intervals=posterior&prior=gamma", "use/ranking")
    fits = app.session_state["shown"].fits
    made = core.posterior(fits, "gamma")
    drawn = trace(app, "interval")
    order = np.argsort(made.line.mean[:, 0])
    assert np.sort(drawn[0::3]) == pytest.approx(np.sort(made.line.lower[:, 0]))
    assert drawn[1::3][np.argsort(drawn[0::3])] == pytest.approx(
        made.line.upper[np.argsort(made.line.lower[:, 0]), 0]
    )
    middle = trace(app, "partial pooling")
    assert np.sort(middle) == pytest.approx(made.line.mean[order, 0])
    plug_in = core.rank(fits, "(Intercept)")
    choose(app, "intervals_switch", "plug-in")
    assert np.sort(trace(app, "interval")[0::3]) == pytest.approx(np.sort(plug_in["lower"]))


def test_a_prediction_is_that_of_the_library() -> None:
    app = follow("data=sleepstudy&intervals=posterior&at=309", "use/prediction")
    fits = app.session_state["shown"].fits
    table = pd.DataFrame({"Subject": ["309"], "Days": [4.0]})
    days = app.session_state["prediction_value_sleepstudy_Days"]
    table["Days"] = days
    found = core.predict(fits, table, 0.9, uncertainty=core.posterior(fits))
    drawn = trace(app, "interval now", "y")
    assert drawn == pytest.approx(found[["lower", "upper"]].to_numpy()[0], rel=1e-6)


def test_too_few_groups_are_refused_in_words_and_another_prior_helps(app: AppTest) -> None:
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"g": np.repeat(list("abc"), 8), "y": rng.normal(size=24)})
    table["y"] += table["g"].map({"a": 0.0, "b": 1.0, "c": 2.0})
    upload(app, "three.csv", table.to_csv(index=False).encode())
    open_screen(app, "use/ranking")
    assert any("No full posterior here" in w.value and "few" in w.value for w in app.warning)
    assert PLUG_IN in said(app)
    choose(app, "display_prior", "half_normal")
    assert not any("No full posterior here" in w.value for w in app.warning)
    assert "full posterior, half-normal prior" in said(app)
    healthy(app)


def test_variances_switch_between_profile_and_posterior() -> None:
    app = follow("data=batches&prior=half_normal", "understand/variance")
    fits = app.session_state["shown"].fits
    made = core.posterior(fits, "half_normal")
    ends = trace(app, "95% interval")
    assert ends[:2] == pytest.approx([made.sigma_group.lower[0], made.sigma_group.upper[0]])
    assert trace(app, "median")[0] == pytest.approx(made.sigma_group.median[0])
    assert "full posterior, half-normal prior" in said(app)
    choose(app, "variance_view", "boundary")
    assert "not known to be zero" in app.title[0].value
    choose(app, "intervals_switch", "plug-in")
    assert "full posterior" not in said(app) and "profile likelihood" in said(app)
    choose(app, "variance_view", "prior")
    assert app.title[0].value.startswith("The prior matters")
    found = core.prior_sensitivity(fits).table
    upper = found.loc[found["parameter"] == "sd_(Intercept)", "upper"]
    assert trace(app, "95% interval")[1::3] == pytest.approx(upper.to_numpy())


def test_the_bars_of_groups_are_those_of_the_library() -> None:
    app = follow("data=sleepstudy&view=shrinkage&se=1&intervals=posterior", "explore/pooling")
    made = core.posterior(app.session_state["shown"].fits, level=0.6826894921370859)
    drawn = trace(app, "partial pooling with 68% interval (full posterior, flat prior)")
    assert np.sort(drawn[0::3]) == pytest.approx(np.sort(made.line.lower[:, 0]), rel=1e-6)
    assert np.sort(drawn[1::3]) == pytest.approx(np.sort(made.line.upper[:, 0]), rel=1e-6)


def test_two_levels_has_the_posterior_of_both_models() -> None:
    app = follow("data=exam&intervals=posterior&column=schavg&slopes=0", "understand/two_levels")
    assert "group-level line with its 95% band (full posterior, flat prior)" in said(app)
    assert "95% posterior interval" in said(app) and "plug-in" not in said(app)
    choose(app, "intervals_switch", "plug-in")
    assert "95% plug-in interval" in said(app) and "full posterior" not in said(app)


@pytest.mark.parametrize(("table", "label"), [("batches", "full posterior"), ("exam", "dial")])
def test_the_dial_is_averaged_over(table: str, label: str) -> None:
    app = follow(f"data={table}&prior=half_t", "explore/pooling")
    fits = app.session_state["shown"].fits
    found = core.dial_posterior(fits, "half_t")
    words = said(app)
    assert found.sentence in words and f"{label}, half-t prior" in words
    assert ("not knowledge of zero" in words) == (table == "batches")
    choose(app, "intervals_switch", "plug-in")
    assert found.sentence not in said(app)


def test_the_density_on_the_dial_is_that_of_its_position() -> None:
    app = follow("data=batches", "explore/pooling")
    fits = app.session_state["shown"].fits
    found = core.dial_posterior(fits)
    drawn = averaged.density(found)
    assert drawn is not None and max(drawn["density"]) == 1.0
    c, height = np.array(drawn["c"]), np.array(drawn["density"])
    mass = np.trapezoid(height, np.log(c))
    below = np.trapezoid(height[c <= found.median], np.log(c[c <= found.median]))
    assert below / mass == pytest.approx(0.5, abs=0.02)
