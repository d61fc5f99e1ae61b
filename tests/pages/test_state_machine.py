"""Whatever is clicked in whatever order: the fit, the controls, the words and the link agree.

Random walks over controls, screens, views, tables and the way back. After every step the model
that was fitted is the one that the controls show, the line above the headline says it, the link
restores it in a fresh session, and the same controls show what they showed before.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from streamlit.testing.v1 import AppTest

from core.explore.data import overview
from core.explore.pooling import story
from pages._shared.link import address as link
from pages.screens import SCREENS
from tests.browser.driver import ROOT
from tests.fitted import ONE_FACTOR, many_groups
from tests.pages.driver import healthy, open_screen, upload
from tests.pages.test_link import address, follow

EXAMPLES = ONE_FACTOR
TABLES = (*EXAMPLES, "sim-j12_n5_f2_s9", "upload")
SCREEN_NAMES = [f"{s.section.lower()}/{s.name}" for s in SCREENS if s.name not in ("lessons",)]
KINDS = ("radio", "selectbox", "multiselect", "toggle", "button_group", "select_slider")
#: Controls whose values come from outside, or that close what others need.
LEFT_ALONE = ("data_upload", "data_paste", "data_long", "data_sheet", "lessons", "share")


class Walk(RuleBasedStateMachine):
    """A reader who clicks about."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, Any] = {}

    @initialize()
    def open(self) -> None:
        self.app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        self.app.run()
        self.screen = "explore/pooling"

    @rule(name=st.sampled_from(TABLES))
    def choose_table(self, name: str) -> None:
        if name == "upload":
            upload(self.app, "own.csv", many_groups(12).to_csv(index=False).encode())
        elif name in self.app.selectbox(key="data_choice").options or name in EXAMPLES:
            self.app.selectbox(key="data_choice").set_value(name).run()

    @rule(name=st.sampled_from(SCREEN_NAMES))
    def go_to(self, name: str) -> None:
        open_screen(self.app, name)
        self.screen = name

    @rule(which=st.integers(0, 10_000), value=st.integers(0, 10_000))
    def set_a_control(self, which: int, value: int) -> None:
        drawn = [w for kind in KINDS for w in self.app.get(kind) if self._may_be_set(w)]
        if not drawn:
            return
        widget = drawn[which % len(drawn)]
        if widget.type == "toggle":
            widget.set_value(not widget.value)
        elif widget.type == "multiselect":
            picked = [o for i, o in enumerate(widget.options[:6]) if value >> i & 1]
            self._set(widget, picked)
        else:
            self._set(widget, widget.options[value % len(widget.options)])
        widget.run()

    def _set(self, widget: Any, shown: Any) -> None:
        """Set a widget by what its options say, as a click does."""
        if isinstance(shown, list):
            widget.set_value([self._value(widget, s) for s in shown])
        else:
            widget.set_value(self._value(widget, shown))

    @staticmethod
    def _value(widget: Any, shown: Any) -> Any:
        return shown

    def _may_be_set(self, widget: Any) -> bool:
        key = str(getattr(widget, "key", None) or "")
        if not key or key.startswith(LEFT_ALONE) or getattr(widget, "disabled", False):
            return False
        if key in ("intervals_switch", "display_prior"):
            return True
        return key.startswith("model_") or key.endswith(("_view", "_term", "_order"))

    @rule(key=st.sampled_from(["kept_keep", "kept_back", "kept_forget", "compare_back"]))
    def keep_or_take_back(self, key: str) -> None:
        drawn = {str(b.key): b for b in self.app.button}
        if key in drawn:
            before = self.app.session_state["shown"].spec
            drawn[key].click().run()
            if key.endswith("_back") and not self._failed():
                assert self.app.session_state["shown"].spec == self._kept()
            if key == "kept_keep" and not self._failed():
                assert self._kept() == before == self.app.session_state["shown"].spec

    def _kept(self) -> Any:
        state = self.app.session_state
        return state["kept_models"].get(state["data_choice"])

    @rule(column=st.integers(0, 5), how=st.integers(0, 2), ends=st.integers(0, 9))
    def keep_some_rows(self, column: int, how: int, ends: int) -> None:
        table = self.app.session_state["data_choice"]
        boxes = [w for w in self.app.selectbox if str(w.key) == f"rows_column_{table}"]
        if not boxes:
            return
        box = boxes[0]
        box.set_value(box.options[column % len(box.options)]).run()
        ways = [w for w in self.app.radio if str(w.key).startswith("rows_way")]
        if not ways:
            return
        ways[0].set_value(ways[0].options[how % len(ways[0].options)]).run()
        for levels in self.app.multiselect:
            if str(levels.key).startswith("rows_levels"):
                levels.set_value(levels.options[ends % 3 : ends % 3 + 6]).run()
        for low in self.app.number_input:
            if str(low.key).startswith("rows_from"):
                low.set_value(low.value + 0.05 * ends).run()
        add = self.app.button(key=f"rows_add_{table}")
        if not add.disabled:
            add.click().run()

    @rule()
    def use_all_rows(self) -> None:
        if any(str(b.key) == "rows_all" for b in self.app.button):
            self.app.button(key="rows_all").click().run()
            assert self.app.session_state["shown"].spec.rows == ()

    @rule()
    def look_at_all_again(self) -> None:
        """Follow the link in a fresh session and go on from there: a reload, or somebody else."""
        params = address(self.app)
        if not link.is_elsewhere(params):
            self.app = follow(link.encoded(params), self.screen)

    @invariant()
    def nothing_was_raised(self) -> None:
        if hasattr(self, "app"):
            healthy(self.app)

    @invariant()
    def the_fit_is_what_the_controls_show(self) -> None:
        if not hasattr(self, "app") or self._failed():
            return
        state, shown = self.app.session_state, self.app.session_state["shown"]
        spec, table = shown.spec, shown.dataset.id
        assert table == state["data_choice"]

        def held(field: str) -> Any:
            return state[f"model_{field}_{table}"]

        assert spec.outcome == held("outcome") and spec.group == held("group")
        assert list(spec.predictors) == held("predictors")
        assert list(spec.group_predictors) == held("group_predictors")
        assert spec.criterion == held("criterion")
        assert bool(spec.varying) == (held("structure") == "slope" and bool(spec.predictors))
        assert spec.correlated == held("correlated")
        assert spec.weights == held("weights")
        assert not spec.weights or spec.weight_kind == held("weigh")
        assert list(spec.terms) == held("terms") and list(spec.rows) == held("rows")
        fitted = shown.fits.spec  # whose terms know their knots and zeros
        assert [t.label for t in fitted.terms] == [t.label for t in spec.terms]
        assert fitted.update(terms=()) == spec.update(terms=())

    @invariant()
    def the_words_say_the_model(self) -> None:
        if not hasattr(self, "app") or self._failed() or self.screen != "explore/pooling":
            return
        shown = self.app.session_state["shown"]
        line = story.context(shown.fits, shown.wording)
        assert any(_plain(line) == _plain(c.value) for c in self.app.caption)
        assert f"({shown.spec.criterion})" in line
        assert ("weighted by" in line) == shown.spec.has_precision
        kept = overview.filter_sentence(shown.fits.data)
        assert bool(kept) == bool(shown.spec.rows)
        assert not kept or any(_plain(kept) == _plain(c.value) for c in self.app.caption)
        if shown.spec.varying:
            assert (", correlated" in line) == shown.spec.correlated
            assert (", uncorrelated" in line) == (not shown.spec.correlated)

    @invariant()
    def intervals_are_what_the_switch_says(self) -> None:
        if not hasattr(self, "app") or self._failed() or "intervals_switch" not in self._keys():
            return
        shown = self.app.segmented_control(key="intervals_switch").value
        chosen = address(self.app).get("intervals", (shown,))
        assert chosen == (shown,)
        said = " ".join(w.value for kind in ("caption", "warning") for w in self.app.get(kind))
        assert shown == "posterior" or "plug-in" in said.replace("\\", "")

    def _keys(self) -> list[str]:
        return [str(w.key) for w in self.app.segmented_control]

    @invariant()
    def the_link_restores_it(self) -> None:
        if not hasattr(self, "app") or self._failed():
            return
        params = address(self.app)
        if link.is_elsewhere(params):
            return
        again = follow(link.encoded(params), self.screen)
        assert not any("could not be followed" in w.value for w in again.warning), params
        ours, theirs = self.app.session_state["shown"], again.session_state["shown"]
        held = again.session_state["kept_models"]
        assert held.get(ours.dataset.id) == self._kept(), params
        assert theirs.spec == ours.spec and address(again) == params
        if ours.fits.multilevel_or_none is not None:
            value = ours.fits.multilevel.criterion_value
            assert theirs.fits.multilevel.criterion_value == value

    @invariant()
    def the_same_controls_show_the_same(self) -> None:
        if not hasattr(self, "app") or self._failed():
            return
        if link.is_elsewhere(address(self.app)):
            return  # the link of a table of one's own leaves out controls that hold its words
        params = link.encoded(address(self.app))
        shown = [e.value for kind in ("title", "header") for e in self.app.get(kind)]
        before = self.seen.setdefault(f"{self.screen}?{params}", shown)
        assert before == shown

    def _failed(self) -> bool:
        """Return whether the model asked for cannot be fitted: the last picture then stays."""
        return self.app.session_state["shown"].error is not None


def _plain(text: str) -> str:
    return text.replace("\\", "")


IS_LONG = bool(os.environ.get("WALKS"))


def _settings(n: int, steps: int) -> settings:
    return settings(
        max_examples=n,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not IS_LONG,
        suppress_health_check=list(HealthCheck),
    )


class TestShortWalks(Walk.TestCase):  # type: ignore[misc]
    """A few walks every time."""

    settings = _settings(3, 8)


@pytest.mark.slow
class TestLongWalks(Walk.TestCase):  # type: ignore[misc]
    """Many walks, by hand: WALKS=500 sets how many."""

    settings = _settings(int(os.environ.get("WALKS", "40")), 30)
