"""Parts of the screen about ranks: its controls, its three figures, what is said of groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

import core
from core import escape
from core.estimators import order
from core.estimators.estimates import estimates
from core.explore.ranking import story as ranking_story
from core.explore.ranking.pairs import Pairs
from core.explore.ranking.plot_caterpillar import plot_caterpillar
from core.explore.ranking.plot_rank_size import plot_rank_size
from core.explore.ranking.plot_ranking import plot_ranking
from core.figures.hover import decimals
from core.formats import upper_first
from pages._shared import cache, doubt, figures, look, texts
from pages._shared.control import coefficient, place
from pages._shared.dataset import Shown
from pages._shared.doubt import Doubt
from pages._shared.drawn import drawn
from pages.use.ranking.controls import MARK, SHARE, TERM, VIEW


@dataclass(frozen=True, eq=False)
class Asked:
    """What the controls ask for."""

    view: str
    term: str
    share: float
    doubt: Doubt


def controls(shown: Shown) -> tuple[Asked, list[str]]:
    """Return which view, coefficient, share and intervals are wanted, and the groups to mark."""
    text = texts.load("ranking")
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    with row:
        view = VIEW.segments(text["view"], text["views"])
        term = coefficient(TERM, shown, text["coefficient"])
        share = SHARE.select(
            text["share"], lambda s: text["top"].format(share=f"{s:.0%}"), width=150
        )
        marked = _choose_groups(shown)
    return Asked(str(view), term, float(share), doubt.choose(shown)), marked


def _choose_groups(shown: Shown) -> list[str]:
    text, wording = texts.load("ranking"), shown.wording
    names = shown.fits.data.group_names
    each = estimates(shown.fits)
    return MARK.several(
        text["groups"].format(groups=escape.for_markdown(wording.group.many)),
        [names[j] for j in order.ordered(each, "name")],
        at=place(shown),
        max_selections=2,
        placeholder=text["search"].format(group=wording.group.one),
        width=230,
    )


def ranked(shown: Shown, asked: Asked) -> pd.DataFrame:
    """Return the ranking that was asked for."""
    table: pd.DataFrame = cache.derived(
        shown,
        "ranking",
        lambda fits, term, share, _: core.rank(
            fits, term, share=share, uncertainty=asked.doubt.uncertainty
        ),
        asked.term,
        asked.share,
        asked.doubt.key,
    )
    return table


def pairs(shown: Shown, asked: Asked) -> Pairs:
    """Return which pairs cannot be told apart."""
    found: Pairs = cache.derived(
        shown,
        "pairs_alike",
        lambda fits, term, _: core.pairs_alike(fits, term, uncertainty=asked.doubt.uncertainty),
        asked.term,
        asked.doubt.key,
    )
    return found


def show_figure(shown: Shown, asked: Asked, marked: list[str], title_in: Any) -> None:
    """Show the figure of a view with its finding, description and table."""
    table, wording, fits = ranked(shown, asked), shown.wording, shown.fits
    digits = decimals(estimates(fits, asked.term))
    common: dict[str, Any] = {
        "marked": marked,
        "digits": digits,
        "source": asked.doubt.label,
        "wording": wording,
        "style": look.style(),
    }
    if asked.view == "size":
        title = ranking_story.size_title(table, asked.share, wording)
        figure = drawn(
            shown.dataset, plot_rank_size, table, title=title, share=asked.share, **common
        )
    elif asked.view == "estimates":
        title = upper_first(ranking_story.pairs_title(pairs(shown, asked), wording))
        axis = wording.term_axis(asked.term, fits.data)
        figure = drawn(shown.dataset, plot_caterpillar, table, title=title, axis=axis, **common)
    else:
        title = ranking_story.ranking_title(
            fits, table, asked.term, asked.share, wording, source=asked.doubt.label
        )
        figure = drawn(shown.dataset, plot_ranking, table, title=title, share=asked.share, **common)
    figures.show(
        figure,
        key=f"ranking_{asked.view}",
        alt=ranking_story.ranking_alt(table, title, asked.share, wording, asked.doubt.label),
        table=lambda: table.sort_values("rank").assign(**{"interval from": asked.doubt.label}),
        formats=_formats(shown, digits, asked.doubt.label),
        title_in=title_in,
        is_title=True,
    )


def say_of(shown: Shown, asked: Asked, marked: list[str]) -> None:
    """Say what is known of the marked groups, and how two of them compare."""
    if not marked:
        return
    table, found, wording = ranked(shown, asked), pairs(shown, asked), shown.wording
    if len(marked) == 2:
        gap = core.compare_groups(
            shown.fits, marked[0], marked[1], asked.term, uncertainty=asked.doubt.uncertainty
        )
        digits = decimals(estimates(shown.fits, asked.term))
        said = ranking_story.difference_sentence(gap, digits, wording)
        st.markdown(f"**{escape.for_markdown(said)}**")
    names = shown.fits.data.group_names
    for name in marked:
        j = names.index(name)
        said = ranking_story.group_sentence(
            table.iloc[j], found, float(found.alike[j]), asked.share, wording
        )
        st.markdown(escape.for_markdown(said))


def _formats(shown: Shown, digits: int, source: str) -> dict[str, Any]:
    words = texts.load("ranking")["columns"]
    number = st.column_config.NumberColumn
    kinds: dict[str, str] = {
        **dict.fromkeys(("n", "rank", "rank_lower", "rank_upper", "naive_rank"), "localized"),
        "expected_rank": "%.1f",
        **dict.fromkeys(("p_top", "p_bottom"), "percent"),
        **dict.fromkeys(
            ("estimate", "estimate_se", "lower", "upper", "own_estimate"), f"%.{digits}f"
        ),
    }
    columns: dict[str, Any] = {
        k: number(words[k].format(source=source), format=f) for k, f in kinds.items()
    }
    columns["group"] = upper_first(shown.wording.group.one)
    return columns
