"""Tables that stay elsewhere, in the app: chosen by a label, walked through, lost, stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

import core
from core.sources import fetching, queried
from pages._shared.host import sources
from pages.screens import SCREENS
from tests.pages.driver import healthy

pytest.importorskip("ibis", reason="ibis is not installed (the extra 'engines')")

LABEL = "Schools of the county"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    group = np.repeat(np.arange(150), rng.integers(60, 120, size=150))
    n = len(group)
    x = rng.normal(size=n)
    lines = rng.normal(size=(150, 2)) * [1.0, 0.4]
    return pd.DataFrame(
        {
            "score": 2.0 + lines[group, 0] + (0.5 + lines[group, 1]) * x + rng.normal(size=n),
            "intake": x,
            "kind": rng.choice(["a", "b"], size=n),
            "school": [f"school {j}" for j in group],
            "size": np.round(rng.normal(size=150), 3)[group],
        }
    )


@pytest.fixture
def path(table: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a file that the configuration names, with more rows than are fetched."""
    path = tmp_path / "secret-place.parquet"
    table.to_parquet(path, index=False)
    entry = {LABEL: {"path": str(path), "about": "Every pupil."}}
    monkeypatch.setenv("POOLING_SOURCES", json.dumps(entry))
    monkeypatch.setattr(fetching, "MOST_ROWS", 1_000)
    monkeypatch.setattr(queried, "SAMPLE_ROWS", 3_000)
    sources._named.clear()
    yield path
    sources._named.clear()


@pytest.fixture
def opened(path: Path, app: AppTest) -> AppTest:
    """Return the app with the table of the label open."""
    app.selectbox(key="source_choice").set_value(LABEL).run()
    healthy(app)
    return app


def test_every_screen_of_a_table_elsewhere(opened: AppTest, table: pd.DataFrame) -> None:
    shown = opened.session_state["shown"]
    assert shown.dataset.title == LABEL and shown.error is None
    theirs = core.fit_all(core.GroupedData.from_table(table, shown.spec))
    np.testing.assert_allclose(shown.fits.multilevel.fixef, theirs.multilevel.fixef, rtol=1e-9)
    for each in (each for each in SCREENS if each.section != "Learn"):
        opened.switch_page(each.script).run()
        healthy(opened)
        assert not opened.error, (each.title, [e.value for e in opened.error])
        texts = " ".join(item.value for kind in ("caption", "info") for item in opened.get(kind))
        assert "Rows shown" in texts, each.title
        if each.name == "predicts_best":
            assert "validated here" in texts
        if each.name == "data":
            assert "Seen here" in texts


def test_what_is_taken_home_says_which_rows_and_names_no_place(opened: AppTest, path: Path) -> None:
    shown = opened.session_state["shown"]
    opened.session_state["takeaway_open"] = True
    opened.run()
    healthy(opened)
    keys = {b.key for b in opened.get("download_button")}
    assert "takeaway_report" in keys and "takeaway_scripts" not in keys
    report = core.report(shown.fits, ("pooling", "predicts_best"))
    assert "Cross-validated here" in report
    said = (
        report
        + json.dumps(dict(opened.query_params))
        + " ".join(
            str(item.value) for kind in ("markdown", "caption", "info") for item in opened.get(kind)
        )
    )
    assert path.stem not in said and str(path.parent) not in said


def test_a_source_that_fails_leaves_the_screen_before(
    opened: AppTest, path: Path, table: pd.DataFrame
) -> None:
    before = opened.session_state["shown"].fits
    structure = opened.radio(key=f"model_structure_{opened.session_state['data_choice']}")
    table.iloc[:-50].to_parquet(path, index=False)
    other = "intercept" if structure.value == "slope" else "slope"
    structure.set_value(other).run()
    healthy(opened)
    said = " ".join(e.value for e in opened.error)
    assert "written to" in said and LABEL in said and str(path) not in said
    assert opened.session_state["shown"].fits is before
    # Opened anew, it is what it is now.
    opened.selectbox(key="source_choice").set_value(LABEL).run()
    healthy(opened)
    assert not opened.error
    assert opened.session_state["shown"].fits.data.n_obs == len(table) - 50
    path.unlink()
    opened.selectbox(key="source_choice").set_value(LABEL).run()
    healthy(opened)
    assert LABEL in opened.error[0].value and opened.session_state["shown"].dataset.title == LABEL


def test_a_question_that_is_stopped_is_put_again_by_a_button(
    opened: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = opened.session_state["shown"].fits

    class Stopped(core.Asking):
        def __init__(self, *question: Any) -> None:
            super().__init__(*question)
            self.stop()

    key = f"model_criterion_{opened.session_state['data_choice']}"
    with monkeypatch.context() as patch:
        patch.setattr(core, "Asking", Stopped)
        opened.radio(key=key).set_value("ML").run()
    healthy(opened)
    assert "asked to stop" in opened.error[0].value
    assert opened.session_state["shown"].fits is before
    opened.run()
    assert "asked to stop" in opened.error[0].value  # not put again by itself
    opened.button(key="source_again").click().run()
    healthy(opened)
    assert not opened.error and opened.session_state["shown"].spec.criterion == "ML"


def test_centring_where_the_table_is(opened: AppTest, table: pd.DataFrame) -> None:
    opened.switch_page("pages/explore/data/screen.py").run()
    opened.button(key="data_recipe_CentreGroupMean_intake").click().run()
    healthy(opened)
    assert not opened.error
    shown = opened.session_state["shown"]
    fixed = core.apply_fix(table, core.CentreGroupMean("intake", "school"))
    theirs = core.fit_all(core.GroupedData.from_table(fixed, shown.spec))
    np.testing.assert_allclose(shown.fits.multilevel.fixef, theirs.multilevel.fixef, rtol=1e-8)


def test_a_large_upload_is_asked_on_disk(
    app: AppTest, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "is_too_large", lambda size: size > 100_000)
    content = table.to_csv(index=False).encode()
    app.file_uploader(key="data_upload").set_value(("large.csv", content, "text/csv")).run()
    healthy(app)
    assert not app.error
    shown = app.session_state["shown"]
    assert shown.dataset.title == "large.csv" and shown.dataset.elsewhere is not None
    assert shown.fits.data.n_obs == len(table)
    app.button(key="data_close").click().run()
    healthy(app)
    assert app.session_state["shown"].dataset.elsewhere is None


def test_a_configuration_that_is_wrong_is_told(
    app: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POOLING_SOURCES", '{"A": {"address": "postgresql://u:secret-word@h/d"}}')
    sources._named.clear()
    app.run()
    healthy(app)
    sources._named.clear()
    assert "'A'" in app.error[0].value and "secret-word" not in app.error[0].value
