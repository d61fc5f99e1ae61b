"""Figures that are drawn once: the same as drawn anew, and nobody sees anybody else's."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

import core
from core.explore.pooling.plot_lines import plot_lines
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.figures.kept import Kept
from core.figures.theme import Style
from core.tables.wording import Wording
from pages._shared import drawn
from pages._shared.drawn import Gallery, Unkeyed
from tests.browser.driver import ROOT
from tests.pages.driver import healthy, open_screen, upload

_SCREEN = "explore/groups"


@pytest.fixture(scope="module")
def fits() -> core.PoolingFits:
    return core.fit_all(core.GroupedData.from_table(_table(1.0), _SPEC))


_SPEC = core.ModelSpec(outcome="y", group="g", predictors=("x",))


def _table(scale: float, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    g = np.repeat(np.arange(6), 8)
    x = draw.normal(size=48).round(3)
    y = scale * (draw.normal(size=6)[g] + x + draw.normal(size=48)).round(3)
    return pd.DataFrame({"g": [f"g{i}" for i in g], "x": x, "y": y})


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()


def _session() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    healthy(app)
    return app


def _specs(app: AppTest) -> list[str]:
    return [chart.proto.spec for chart in app.get("plotly_chart")]


def _owner(*, is_upload: bool) -> Any:
    @dataclass(frozen=True)
    class Owner:
        is_upload: bool

    return Owner(is_upload)


def test_what_is_kept_is_what_plotly_would_have_sent(fits: core.PoolingFits) -> None:
    figure = plot_shrinkage(fits, style=Style(is_titled=False))
    kept = Kept(figure)
    assert kept.to_dict() == json.loads(figure.to_json())
    assert kept.layout.meta == figure.layout.meta
    go.Figure(kept.to_dict())  # every property is one that Plotly knows, with a value it takes


def test_drawn_once_for_the_same_arguments(
    fits: core.PoolingFits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn, "SHARED", Gallery(10_000_000, 100))
    style, owner = Style(is_titled=False), _owner(is_upload=False)
    some = np.array([0, 1])
    first = drawn.drawn(owner, plot_lines, fits, some, wording=Wording(), style=style)
    again = drawn.drawn(owner, plot_lines, fits, some.copy(), wording=Wording(), style=style)
    assert again is first
    other = replace(style, mode="dark")
    others = [
        drawn.drawn(owner, plot_lines, fits, np.array([0, 2]), wording=Wording(), style=style),
        drawn.drawn(owner, plot_lines, fits, some, wording=Wording(), style=other),
        drawn.drawn(owner, plot_shrinkage, fits, wording=Wording(), style=style),
        # Equal in everything, and yet somebody else's.
        drawn.drawn(owner, plot_lines, replace(fits), some, wording=Wording(), style=style),
    ]
    assert len({id(each) for each in (first, *others)}) == 5
    for figure, style_of in ((first, style), (others[1], other)):
        direct = plot_lines(fits, some, wording=Wording(), style=style_of)
        assert figure.to_dict() == json.loads(direct.to_json())


def test_keys_tell_values_apart() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    values = [
        *(1, 1.0, True, "1", b"1", None, -0.0, 0.0, (1,), [1], {"a": 1}, {"b": 1}),
        *(np.array([1, 2]), np.array([1.0, 2.0]), np.array([[1, 2]]), frame),
        *(frame.rename(columns={"a": "c"}), frame.astype({"a": float}), frame.set_index("a")),
        *(frame.assign(a=[1, 3]), Wording(), Style(), Style("dark")),
    ]
    keys = [drawn._key(value, []) for value in values]
    assert len(set(keys)) == len(values)
    assert drawn._key(frame, []) == drawn._key(frame.copy(), [])
    big = np.zeros(10_000)
    assert drawn._key(big, []) != drawn._key(big.copy(), [])
    for value in (lambda: 1, object(), frame.astype({"b": "category"})):
        with pytest.raises(Unkeyed):
            drawn._key(value, [])


def test_a_gallery_is_bounded(fits: core.PoolingFits) -> None:
    kept = Kept(plot_shrinkage(fits, style=Style(is_titled=False)))
    few, small = Gallery(10**9, 3), Gallery(2 * kept.size, 100)
    for gallery, held in ((few, 3), (small, 2)):
        for i in range(6):
            gallery.put(i, kept, [])
            gallery.get(3)
        there = [i for i in range(6) if gallery.get(i) is not None]
        assert len(there) == held and 3 in there and 5 in there
        assert gallery.size == held * kept.size


def test_an_example_is_drawn_once_for_two_readers() -> None:
    first, second = _session(), _session()
    shown = _specs(open_screen(first, _SCREEN))
    made = drawn.SHARED.made
    assert _specs(open_screen(second, _SCREEN)) == shown
    assert drawn.SHARED.made == made


def test_nothing_of_one_readers_table_is_in_anothers_figures() -> None:
    """Same names, same shape, other numbers; then the very same file in both sessions."""
    mine, yours = _table(1.0), _table(100.0)
    first, second = _session(), _session()
    before = drawn.SHARED.made
    pictures = []
    for app, table in ((first, mine), (second, yours)):
        upload(app, "data.csv", _csv(table))
        pictures.append(_specs(open_screen(app, _SCREEN)))
    assert pictures[0] and pictures[0] != pictures[1]
    highest = [max(_numbers(json.loads(spec)["data"])) for spec, *_ in pictures]
    assert highest[1] > 20 * highest[0]
    assert _specs(first.run()) == pictures[0]  # the other one's visit has changed nothing
    upload(open_screen(second, "explore/pooling"), "data.csv", _csv(mine))
    assert _specs(open_screen(second, _SCREEN)) == pictures[0]
    galleries = [app.session_state["figures"] for app in (first, second)]
    ours, theirs = (_alive(gallery) for gallery in galleries)
    assert ours and theirs and not ours & theirs
    assert drawn.SHARED.made == before, "a reader's own table was drawn for everybody"


def _alive(gallery: Gallery) -> set[int]:
    return {id(each) for _, alive in gallery._held.values() for each in alive}


def _numbers(traces: list[dict[str, Any]]) -> list[float]:
    """Return every height that is drawn; Plotly packs columns of numbers."""
    found: list[float] = []
    for y in (trace["y"] for trace in traces if "y" in trace):
        packed = isinstance(y, dict)
        found += list(np.frombuffer(base64.b64decode(y["bdata"]), y["dtype"])) if packed else y
    return [float(v) for v in found if v is not None and np.isfinite(v)]
