"""The views of the screen about the variances."""

from __future__ import annotations

from typing import Any

import streamlit as st

import core
from core import escape
from core.exceptions import PoolingError
from core.explore.variance import boundary, icc_story, zero, zero_story
from core.explore.variance import story as variance_story
from core.explore.variance.icc_story import ShareCurve
from core.explore.variance.numbers import PROFILE
from core.explore.variance.plot_intervals import plot_intervals
from core.explore.variance.plot_likelihood import plot_likelihood
from core.explore.variance.plot_share import plot_share
from core.explore.variance.plot_zero import plot_zero
from core.explore.variance.prior_rows import prior_rows, refused_priors
from core.explore.variance.really_zero import both_table, boundary_posterior
from core.explore.variance.story import VarianceStory
from core.posterior.story import sensitivity_sentence, sensitivity_title, zero_sentences
from pages._shared import cache, doubt, figures, look, messages, state, texts
from pages._shared.control import place
from pages._shared.dataset import Shown
from pages._shared.doubt import Doubt
from pages._shared.drawn import drawn
from pages._shared.model import changes
from pages._shared.model import sidebar as controls
from pages.understand.variance import bootstrapped
from pages.understand.variance.controls import VIEW, ZERO


def choose(shown: Shown) -> str:
    """Return which view is wanted; the one about the boundary only where there is one."""
    words = texts.load("variance")["views"]
    names = ["components", "share", "prior", "zero"]
    if boundary.at_boundary(shown.fits.multilevel):
        names.append("boundary")
    return str(VIEW.segments(words["label"], words, names))


def draw(view: str, shown: Shown, title: Any) -> None:
    """Draw one view; its finding goes into the container ``title``."""
    drawers = {
        "components": _components,
        "share": _share,
        "prior": _prior,
        "zero": _zero,
        "boundary": _boundary,
    }
    drawers[view](shown, title)


def _story(shown: Shown, chosen: Doubt) -> VarianceStory:
    found: VarianceStory = cache.derived(
        shown,
        "variance",
        lambda fits, _: variance_story.variance_story(
            fits, shown.wording, posterior=chosen.posterior
        ),
        chosen.key,
    )
    return found


def _components(shown: Shown, title: Any) -> None:
    text = texts.load("variance")["components"]
    chosen = doubt.choose(shown, "profile")
    place = st.empty()
    if chosen.posterior is None and variance_story.is_slow(shown.fits):
        quick = variance_story.first_estimates(shown.fits, shown.wording)
        with place.container():
            figure = drawn(
                shown.dataset,
                plot_intervals,
                quick.spread,
                title=text["figure"],
                axis=text["axis"],
                style=look.style(),
            )
            alt = text["alt"].format(numbers=variance_story.in_words(quick.spread), source="none")
            figures.picture(figure, key="variance_estimates", alt=alt)
        with st.spinner(text["waiting"], show_time=True):
            story = _story(shown, chosen)
    else:
        story = _story(shown, chosen)
    title.title(escape.for_markdown(story.title), anchor=False)
    with place.container():
        _intervals(shown, story, text)


def _intervals(shown: Shown, story: VarianceStory, text: dict[str, str]) -> None:
    figure = drawn(
        shown.dataset,
        plot_intervals,
        story.spread,
        title=text["figure"],
        axis=text["axis"],
        source=story.source,
        style=look.style(),
    )
    alt = text["alt"].format(numbers=variance_story.in_words(story.spread), source=story.source)
    figures.key(figure.layout.meta)
    figures.picture(figure, key="variance", alt=alt)
    for sentence in (*story.of_coefficients, *story.sentences):
        st.markdown(escape.for_markdown(sentence))
    figures.numbers(
        lambda: story.parameters.assign(**{"interval from": story.source}), key="variance"
    )
    st.caption(text["method" if story.source == PROFILE else "method_posterior"])
    bootstrapped.offer(shown)


def _share(shown: Shown, title: Any) -> None:
    text = texts.load("variance")["share"]
    if not shown.spec.varying_intercept:
        title.title(text["no_intercept"], anchor=False)
        return
    chosen = doubt.choose(shown, "profile")
    curve = cache.derived(
        shown,
        "share_curve",
        lambda fits, _: icc_story.share_curve(fits, posterior=chosen.posterior),
        chosen.key,
    )
    if curve is not None:
        _curve(shown, curve, title)
    with st.spinner(texts.load("variance")["components"]["waiting"], show_time=True):
        story = _story(shown, chosen)
    table = variance_story.share_table(story)
    if curve is None:
        title.title(escape.for_markdown(story.title), anchor=False)
        figure = drawn(
            shown.dataset,
            plot_intervals,
            table,
            title=text["figure"],
            axis=text["axis"],
            source=story.source,
            style=look.style(),
        )
        figures.key(figure.layout.meta)
        alt = f"{story.title}. {variance_story.in_words(table)}."
        figures.picture(figure, key="variance_share", alt=alt)
    for sentence in story.sentences:
        st.markdown(escape.for_markdown(sentence))
    figures.show_table(table, key="variance_shares", formats=_share_formats(text["columns"]))
    st.caption(text["method"].format(source=story.source))


def _share_formats(words: dict[str, str]) -> dict[str, Any]:
    """Return how the columns of the shares are called and rounded."""
    number = st.column_config.NumberColumn
    out: dict[str, Any] = {name: words[name] for name in ("meaning", "interval from")}
    for name in ("estimate", "lower", "upper"):
        out[name] = number(words[name], format="percent")
    for name in ("at", "design effect"):
        out[name] = number(words[name], format="%.3g")
    for name in ("effective n", "effective n, lower", "effective n, upper"):
        out[name] = number(words[name], format="%.1f")
    return out


def _curve(shown: Shown, curve: ShareCurve, title: Any) -> None:
    figure = drawn(shown.dataset, plot_share, curve, wording=shown.wording, style=look.style())
    title.title(escape.for_markdown(figure.layout.meta["title"]), anchor=False)
    figures.key(figure.layout.meta)
    alt = icc_story.share_alt(curve, shown.wording)
    figures.picture(figure, key="variance_share", alt=alt)
    figures.numbers(lambda: icc_story.share_curve_table(curve), key="variance_share")


def _prior(shown: Shown, title: Any) -> None:
    """Show the same posterior under every prior: what the data leave to it."""
    text = texts.load("variance")["prior"]
    with st.spinner(text["waiting"]):
        try:
            found = cache.derived(shown, "prior_sensitivity", core.prior_sensitivity)
        except PoolingError as error:
            title.title(text["figure"], anchor=False)
            messages.error(error)
            return
    heading = sensitivity_title(found, shown.wording)
    title.title(escape.for_markdown(heading), anchor=False)
    st.markdown(escape.for_markdown(sensitivity_sentence(found, shown.wording)))
    for i, term in enumerate(shown.fits.multilevel.varying_names):
        rows = prior_rows(found, term)
        axis = shown.wording.term_axis(term, shown.fits.data)
        figure = plot_intervals(
            rows,
            title=heading,
            axis=text["axis"].format(term=axis),
            source="full posterior",
            style=look.style(),
        )
        figures.key(figure.layout.meta)
        told = variance_story.in_words(rows.rename(columns={"median": "estimate"}))
        figures.picture(
            figure, key=f"variance_prior_{i}", alt=text["alt"].format(title=heading, numbers=told)
        )
    for reason in refused_priors(found):
        st.caption(escape.for_markdown(reason))
    figures.numbers(lambda: found.table, key="variance_prior")
    st.caption(text["method"])


def _zero(shown: Shown, title: Any) -> None:
    text, fit = texts.load("variance")["zero"], shown.fits.multilevel
    name = zero.moving_predictor(fit)
    if name is None or not shown.spec.correlated:
        _offer_zero(shown, name, title)
        return
    column = escape.for_markdown(shown.wording.in_sentence(name))
    low, high, step, first = zero.zero_choices(fit)
    held = ZERO.now(place(shown))
    if held is not None:  # a link, or another predictor, may leave it outside
        ZERO.set(min(max(float(held), low), high), place(shown))
    at = ZERO.slider(
        text["slider"].format(column=column), (low, high), step, at=place(shown), first=first
    )
    refit, change = cache.derived(shown, "zero", zero.invariance, float(at))
    figure = drawn(
        shown.dataset, plot_zero, fit, name, float(at), wording=shown.wording, style=look.style()
    )
    title.title(escape.for_markdown(figure.layout.meta["title"]), anchor=False)
    figures.key(figure.layout.meta)
    alt = zero_story.zero_alt(fit, float(at), shown.wording)
    figures.picture(figure, key="variance_zero", alt=alt)
    said = zero_story.zero_sentences(fit, float(at), refit, change, shown.wording)
    for sentence in said:
        st.markdown(escape.for_markdown(sentence))
    st.button(
        text["centre"].format(column=escape.for_markdown(name)),
        key="variance_centre",
        on_click=state.mend,
        args=(shown.dataset, core.CentreGrandMean(name)),
    )
    figures.numbers(lambda: zero.zero_table(fit), key="variance_zero")


def _offer_zero(shown: Shown, name: str | None, title: Any) -> None:
    """Say why moving the zero is no question for this model, and offer one for which it is."""
    text = texts.load("variance")["zero"]
    numeric = changes.numeric_predictors(shown)
    with title:
        if name is not None:
            st.markdown(text["uncorrelated"])
            st.button(
                text["correlate"],
                key="variance_correlate",
                on_click=changes.correlate,
                args=(shown.dataset,),
            )
        elif not shown.spec.varying:
            st.markdown(text["needs_slope"])
            if shown.spec.predictors:
                st.button(
                    text["let_vary"],
                    key="variance_let_vary",
                    on_click=controls.vary_slope,
                    args=(shown.dataset,),
                )
        else:
            st.markdown(text["needs_one"])
            if numeric:
                st.button(
                    text["only_first"].format(column=escape.for_markdown(numeric[0])),
                    key="variance_only_first",
                    on_click=changes.vary_only,
                    args=(shown.dataset, numeric[0]),
                )


def _boundary(shown: Shown, title: Any) -> None:
    text = texts.load("variance")["boundary"]
    found = cache.derived(shown, "boundaries", boundary.boundaries)
    chosen = doubt.choose(shown, "profile").posterior
    for i, each in enumerate(found):
        made = None if chosen is None else boundary_posterior(each, chosen)
        figure = drawn(
            shown.dataset,
            plot_likelihood,
            each,
            shown.fits,
            posterior=made,
            wording=shown.wording,
            style=look.style(),
        )
        heading = escape.for_markdown(figure.layout.meta["title"])
        if i == 0:
            title.title(heading, anchor=False)
        else:
            st.header(heading, anchor=False)
        figures.key(figure.layout.meta)
        alt = boundary.boundary_alt(each, shown.fits, shown.wording)
        if made is not None:
            alt = f"{figure.layout.meta['title']}. {alt}"
        figures.picture(figure, key=f"variance_boundary_{i}", alt=alt)
        for sentence in boundary.boundary_sentences(each, shown.fits, shown.wording):
            st.markdown(escape.for_markdown(sentence))
        figures.numbers(
            lambda made=made, each=each: (
                both_table(made, each) if made else boundary.boundary_table(each)
            ),
            key=f"variance_boundary_{i}",
        )
    if chosen is not None:
        for sentence in zero_sentences(chosen, shown.wording):
            st.markdown(escape.for_markdown(sentence))
    with st.container(horizontal=True, gap="small"):
        _simpler(shown, text)


def _simpler(shown: Shown, text: dict[str, str]) -> None:
    """Offer the simpler models by one click."""
    if not shown.spec.varying:
        return
    st.button(
        text["intercept_only"],
        key="variance_intercept_only",
        on_click=changes.only_intercept,
        args=(shown.dataset,),
    )
    if shown.spec.correlated:
        st.button(
            text["uncorrelate"],
            key="variance_uncorrelate",
            on_click=changes.uncorrelate,
            args=(shown.dataset,),
        )
