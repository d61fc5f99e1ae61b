"""The report: one file, nothing from outside, every name harmless, every number the screen's."""

from __future__ import annotations

import datetime as dt
import json
import re
from html.parser import HTMLParser

import pytest

import core
from core.exceptions import PoolingError
from core.explore.pooling import story
from core.explore.variance.story import variance_story
from core.tables.wording import Wording
from core.takeaway.pictures import SECTIONS, sections
from core.takeaway.written import ReportOptions, report, report_markdown
from tests.core.takeaway.test_scripts import example, hostile
from tests.fitted import example_fits, words

VOID = {"meta", "link", "br", "hr", "img", "input", "wbr"}
WORDS = Wording.of_example(core.EXAMPLES["radon"])
SOME = ("pooling", "variance", "standard_errors")


class Reader(HTMLParser):
    """Reads a page strictly: every element closed in its turn, texts collected."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.scripts if self.open[-1:] == ["script"] else self.text).append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def radon() -> core.PoolingFits:
    """Return the fits of radon with a varying slope."""
    return example("radon", varying=("floor",))


@pytest.fixture(scope="module")
def page(radon: core.PoolingFits) -> str:
    """Return its report."""
    options = ReportOptions(title="Radon", source="EPA", today=dt.date(2026, 11, 2))
    return report(radon, SOME, "Two\nlines", wording=WORDS, options=options)


def test_nothing_comes_from_outside_and_all_is_closed(page: str) -> None:
    found = Reader(page)
    for tag, attributes in found.tags:
        for name in ("src", "href", "srcset", "action", "data"):
            assert not attributes.get(name), (tag, attributes)
    head = page[: page.index("<main>")]
    assert "default-src 'none'" in head and "@import" not in head and "url(" not in head
    assert len(page.encode()) < 3_000_000


def test_it_says_what_the_screens_say(page: str, radon: core.PoolingFits) -> None:
    words = Reader(page).words
    assert story.headline(radon, WORDS) in words
    assert story.context(radon, WORDS) in words
    assert radon.status.sentence in words
    assert variance_story(radon, WORDS).title in words
    assert "2 November 2026" in words and "Two" in words and "EPA" in words
    assert re.search(r"sha256\): [0-9a-f]{64}", words)


def test_every_figure_is_drawn_from_its_own_data_and_told(page: str) -> None:
    found = Reader(page)
    places = [a for _, a in found.tags if "data-figure" in a]
    ids = {a["id"]: i for i, (t, a) in enumerate(found.tags) if t == "script" and "id" in a}
    assert len(places) >= 5
    for place in places:
        assert place["role"] == "img" and re.search(r"\d", place["aria-label"] or "")
        assert place["data-figure"] in ids
    figures = [json.loads(s) for s in found.scripts if s.startswith("{")]
    assert len(figures) == len(places) and all(f["data"] for f in figures)


def test_hostile_names_stay_text() -> None:
    fits = hostile()
    note = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    page = report(
        fits, SOME, note, options=ReportOptions(title="</title><script>", changes=("<b>",))
    )
    found = Reader(page)
    assert [t for t, _ in found.tags].count("img") == 0
    own = [s for s in found.scripts if not s.strip().startswith("{") and len(s) < 1_000_000]
    assert len(own) == 1 and "alert" not in own[0]
    assert note in found.words
    for script in found.scripts:
        assert "<" not in script or script in own


def test_short_and_long(radon: core.PoolingFits) -> None:
    short = Reader(report(radon, wording=WORDS, options=ReportOptions(is_short=True)))
    assert sum("data-figure" in a for _, a in short.tags) == 1
    assert "Ranking" not in short.words


def test_a_screen_that_is_unknown_is_named() -> None:
    with pytest.raises(PoolingError, match="'stars'"):
        report(example("radon"), ("stars",))


def test_without_a_multilevel_fit_it_says_why(tiny: object) -> None:
    spec = core.ModelSpec(outcome="y", group="g", predictors=("x",), varying=("x",))
    fits = core.fit_all(core.GroupedData.from_table(tiny, spec))
    assert fits.multilevel_or_none is None
    found = sections(fits, tuple(SECTIONS), Wording())
    assert any(section.missing for section in found)
    assert str(fits.refusal) in Reader(report(fits)).words


def test_markdown_holds_the_same_findings(radon: core.PoolingFits) -> None:
    text = report_markdown(radon, SOME, "a *note*", wording=WORDS)
    assert text.startswith("# ") and "a \\*note\\*" in text
    assert variance_story(radon, WORDS).title.split(";")[0] in text.replace("\\", "")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) > 20


def test_intervals_say_where_they_come_from() -> None:
    fits = example_fits("sleepstudy")
    screens = ("pooling", "variance", "ranking")
    plain = report_markdown(fits, screens, wording=words("sleepstudy")).replace("\\", "")
    assert "plug-in" in plain and "full posterior" not in plain
    made = core.posterior(fits, "half_t")
    told = report_markdown(
        fits, screens, wording=words("sleepstudy"), options=ReportOptions(posterior=made)
    ).replace("\\", "")
    assert "full posterior, half-t prior" in told and "plug-in" not in told
    assert "ms" in told[told.index("Prior on the standard deviation") :]
