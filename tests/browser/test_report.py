"""The report in a browser without a network: figures are drawn, and each is a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
from PIL import Image
from playwright.sync_api import BrowserContext, Page

import core

EVIL = "<b onload=alert(1)>&amp;"


def report() -> str:
    rows = [(f"{EVIL}{j}", 10 * j + i * i % 7) for j in range(6) for i in range(5)]
    table = pd.DataFrame(rows, columns=["class", "score"])
    data = core.GroupedData.from_table(table, core.ModelSpec(outcome="score", group="class"))
    return core.report(core.fit_all(data), ("pooling",))


def saved(page: Page, label: str, place: Path) -> Path:
    with page.expect_download() as download:
        page.locator(".files button", has_text=label).first.click()
    download.value.save_as(place)
    return place


def test_figures_are_drawn_and_saved(
    tmp_path: Path, new_context: Callable[..., BrowserContext]
) -> None:
    (tmp_path / "report.html").write_text(report(), encoding="utf-8")
    page, problems = new_context(accept_downloads=True).new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("dialog", lambda dialog: problems.append(dialog.message))
    page.on("request", lambda r: problems.append(r.url) if r.url.startswith("http") else None)
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_selector("html[data-drawn=yes]")
    finding = page.locator("figure h3").first.inner_text()
    root = ElementTree.parse(saved(page, "SVG", tmp_path / "figure.svg")).getroot()
    texts = [
        " ".join("".join(e.itertext()).split()) for e in root.iter() if e.tag.endswith("}text")
    ]
    assert finding.startswith(texts[0]) and any("partial pooling" in text for text in texts)
    assert not [e.tag for e in root.iter() if e.tag.rpartition("}")[2] in ("script", "b")]
    with Image.open(saved(page, "PNG", tmp_path / "figure.png")) as picture:
        assert (
            picture.width == 4 * float(root.get("width", 0)) and len(picture.getcolors(10**8)) > 5
        )
    assert problems == []
