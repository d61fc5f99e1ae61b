"""Parts of the screen that checks the model: one view at a time, each computed when opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from core import escape
from core.estimators.estimates import varying_names
from core.estimators.factors.view import FactorView
from core.exceptions import PoolingError
from core.explore.checks import numbers as model_checks
from core.explore.checks import story as check_story
from core.explore.checks.factors.numbers import factor_influence, factor_reference
from core.explore.checks.influence import Influence, influence
from core.explore.checks.numbers import CheckedCurve
from core.explore.checks.plot_check import plot_check
from core.explore.checks.plot_influence import plot_influence
from core.explore.checks.plot_spread import plot_spread
from core.explore.checks.reference import Reference, reference
from core.explore.checks.row_influence import most_moving, row_influence
from core.explore.checks.spread import spread_by_group
from core.explore.checks.story import CheckStory
from core.formats import upper_first
from core.results import PoolingFits
from pages._shared import cache, figures, look, texts
from pages._shared.control import coefficient
from pages._shared.dataset import Shown
from pages._shared.drawn import drawn
from pages.use.checks.controls import ALONG, PARAMETER, TERM, VIEW


def choose() -> str:
    """Return which check is wanted."""
    text = texts.load("checks")
    return str(VIEW.segments(text["view"], text["views"]))


def draw(view: str, shown: Shown, title_in: Any) -> None:
    """Draw one view with its finding, description, table and advice."""
    drawers = {
        "residuals": _residuals,
        "fitted": _fitted,
        "along": _along,
        "effects": _effects,
        "spread": _spread,
        "influence": _influence,
    }
    drawers[view](shown, title_in)


def _reference(shown: Shown) -> Reference:
    found: Reference = cache.derived(shown, "reference", _made)
    return found


def _made(fits: PoolingFits) -> Reference:
    if isinstance(fits, FactorView):
        return factor_reference(fits.whole, fits.factor)
    return reference(fits)


@dataclass(frozen=True, eq=False)
class _Picture:
    """A figure and what belongs to it."""

    figure: Any
    story: CheckStory
    alt: str
    table: pd.DataFrame


def _show(view: str, picture: _Picture, title_in: Any) -> None:
    text = texts.load("checks")
    figures.show(
        picture.figure,
        key=f"checks_{view}",
        alt=picture.alt,
        table=lambda: picture.table,
        formats={n: text["columns"].get(n, n) for n in picture.table.columns},
        title_in=title_in,
        is_title=True,
    )
    if picture.story.is_off:
        st.warning(text["advice"][view]["off"])
    else:
        st.markdown(text["advice"][view]["fine"])
    st.caption(escape.for_markdown(picture.story.note))


def _show_curve(
    view: str,
    shown: Shown,
    curve: CheckedCurve,
    story: CheckStory,
    *,
    axes: tuple[str, str],
    title_in: Any,
) -> None:
    figure = drawn(
        shown.dataset,
        plot_check,
        curve,
        title=story.title,
        axes=axes,
        is_worm=view in ("residuals", "effects"),
        style=look.style(),
    )
    alt = check_story.curve_alt(curve, story.title)
    _show(view, _Picture(figure, story, alt, curve.to_frame()), title_in)


def _residuals(shown: Shown, title_in: Any) -> None:
    found, axes = _reference(shown), texts.load("checks")["axes"]
    curve: CheckedCurve = cache.derived(
        shown, "residual_quantiles", lambda _: model_checks.residual_quantiles(found)
    )
    story = check_story.residual_story(curve, found)
    _show_curve(
        "residuals", shown, curve, story, axes=(axes["expected"], axes["worm"]), title_in=title_in
    )


def _fitted(shown: Shown, title_in: Any) -> None:
    found, axes = _reference(shown), texts.load("checks")["axes"]
    curve: CheckedCurve = cache.derived(
        shown, "residuals_by_fitted", lambda fits: model_checks.residuals_by_fitted(found)
    )
    story = check_story.fitted_story(curve, found)
    outcome = shown.wording.column(shown.spec.outcome).title
    across = f"{axes['fitted']}: {outcome}"
    _show_curve("fitted", shown, curve, story, axes=(across, axes["mean"]), title_in=title_in)


def _along(shown: Shown, title_in: Any) -> None:
    text = texts.load("checks")
    names = model_checks.checked_columns(shown.fits)
    if not names:
        st.info(text["nothing_along"])
        return
    column = names[0]
    if len(names) > 1:
        column = ALONG.select(text["along"], None, names, width=260)
    found = _reference(shown)
    try:
        curve: CheckedCurve = cache.derived(
            shown,
            "checked_along",
            lambda fits, name: model_checks.checked_along(fits, found, name),
            column,
        )
    except PoolingError:  # the variance of the groups' effects is zero
        st.info(text["no_effects"])
        return
    story = check_story.along_story(curve, found, shown.wording.in_sentence(column))
    across = shown.wording.column(column).title
    is_level = model_checks.group_values(shown.fits, column) is not None
    kind = "mean_effect" if is_level else "mean"
    _show_curve("along", shown, curve, story, axes=(across, text["axes"][kind]), title_in=title_in)


def _effects(shown: Shown, title_in: Any) -> None:
    text, names = texts.load("checks"), varying_names(shown.fits)
    term = coefficient(TERM, shown, text["coefficient"])
    k = names.index(term)
    found = _reference(shown)
    curve: CheckedCurve | None = cache.derived(
        shown, "effect_quantiles", lambda _, at: model_checks.effect_quantiles(found, at), k
    )
    if curve is None:
        st.info(text["no_effects"])
        return
    story = check_story.effect_story(shown.fits, curve, found, k, shown.wording)
    axes = (text["axes"]["effect"], text["axes"]["effect_worm"])
    _show_curve("effects", shown, curve, story, axes=axes, title_in=title_in)


def _spread(shown: Shown, title_in: Any) -> None:
    if shown.factor:
        title_in.title(texts.load("checks")["views"]["spread"], anchor=False)
        st.info(texts.load("factors")["checks"]["made_for_one"])
        return
    found = cache.derived(shown, "spread_by_group", spread_by_group)
    story = check_story.spread_story(found, shown.wording)
    if not found.n_groups:
        title_in.title(escape.for_markdown(story.title), anchor=False)
        return
    figure = drawn(
        shown.dataset,
        plot_spread,
        found,
        title=story.title,
        unit=shown.wording.column(shown.spec.outcome).unit,
        wording=shown.wording,
        style=look.style(),
    )
    alt = check_story.spread_alt(found, story.title)
    _show("spread", _Picture(figure, story, alt, found.table), title_in)


def _influence(shown: Shown, title_in: Any) -> None:
    text = texts.load("checks")
    if shown.fits.data.n_groups < 3:
        st.info(text["too_few"])
        return
    found = cache.derived(shown, "influence", _left_out)
    names = [n for n in found.names if found.estimate[n] == found.estimate[n]]
    name = PARAMETER.select(
        text["parameter"],
        lambda n: upper_first(check_story.parameter_words(n, shown.fits, shown.wording)),
        names,
        width=360,
    )
    story = check_story.influence_story(found, name, shown.fits, shown.wording)
    figure = drawn(
        shown.dataset,
        plot_influence,
        found,
        name,
        title=story.title,
        axis=upper_first(check_story.parameter_words(name, shown.fits, shown.wording)),
        wording=shown.wording,
        style=look.style(),
    )
    alt = check_story.influence_alt(found, name, story.title)
    _show("influence", _Picture(figure, story, alt, found.table(name)), title_in)
    if len(found.group_names) < shown.fits.data.n_groups:
        some = texts.load("factors")["checks"]["influence_some"]
        st.caption(some.format(n=shown.fits.data.n_groups, some=len(found.group_names)))
    _rows(shown)


def _rows(shown: Shown) -> None:
    """Offer what single rows do, made when it is opened."""
    if isinstance(shown.fits, FactorView) or shown.fits.data.in_hand is not shown.fits.data:
        return
    text = texts.load("checks")["rows"]
    part = st.expander(text["heading"], key="checks_rows_open", on_change="rerun")
    if part.open:
        with part:
            found = cache.derived(shown, "row_influence", row_influence)
            st.caption(text["method"])
            words = {n: text["columns"].get(n, n) for n in found.columns}
            figures.show_table(most_moving(found), key="checks_rows", formats=words)


def _left_out(fits: PoolingFits) -> Influence:
    if isinstance(fits, FactorView):
        with st.spinner(texts.load("predicts_best")["computing"]):
            return factor_influence(fits.whole, fits.factor)
    return influence(fits)
