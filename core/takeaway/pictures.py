"""What a report shows of a screen: its figures, each with its finding, description and table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from core.estimators.estimates import estimates, group_table, varying_names
from core.exceptions import PoolingError
from core.explore.checks import numbers as checks
from core.explore.checks import story as check_story
from core.explore.checks.plot_check import plot_check
from core.explore.checks.reference import reference
from core.explore.pooling import story as pooling
from core.explore.pooling.plot_group_size import plot_group_size
from core.explore.pooling.plot_map import plot_map
from core.explore.pooling.plot_shrinkage import plot_shrinkage
from core.explore.predicts_best.numbers import validate_fits
from core.explore.predicts_best.plot_validation import plot_differences
from core.explore.predicts_best.story import differences_alt, validation_story
from core.explore.ranking import story as ranking
from core.explore.ranking.numbers import rank
from core.explore.ranking.plot_ranking import plot_ranking
from core.explore.standard_errors import story as errors
from core.explore.standard_errors.error_intervals import coefficient_errors, errors_table
from core.explore.standard_errors.plot_errors import plot_errors
from core.explore.variance import story as variance
from core.explore.variance.plot_intervals import plot_intervals
from core.figures.hover import decimals
from core.figures.theme import Style
from core.posterior.posterior import Posterior
from core.posterior.uncertainty import PLUG_IN, source_label
from core.results import PoolingFits
from core.tables.wording import Wording

#: Rows of a table that a report holds; the rest is counted.
MOST_ROWS = 500


@dataclass(frozen=True, eq=False)
class ReportPicture:
    """One figure of a report.

    Attributes
    ----------
    title, alt : str
        The finding; a description with the numbers.
    figure : plotly.graph_objects.Figure or None
        None where a table says all.
    table : DataFrame
        The numbers behind it.
    sentences : tuple of str
    """

    title: str
    alt: str
    figure: Any
    table: pd.DataFrame
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Section:
    """What a report shows of one screen; ``missing`` says why there is nothing."""

    name: str
    title: str
    pictures: tuple[ReportPicture, ...]
    missing: str = ""


@dataclass(frozen=True, eq=False)
class Look:
    """How figures are drawn: their style, and where their intervals come from."""

    style: Style
    posterior: Posterior | None = None


_Maker = Callable[[PoolingFits, Wording, Look], Iterator[ReportPicture]]


def _pooling(fits: PoolingFits, wording: Wording, look: Look) -> Iterator[ReportPicture]:
    for term in varying_names(fits):
        each, axis = estimates(fits, term), wording.term_axis(term, fits.data)
        table = group_table(fits, [term], posterior=look.posterior)
        for plot in (plot_shrinkage, plot_group_size):
            figure = plot(
                fits, term=term, posterior=look.posterior, wording=wording, style=look.style
            )
            title = figure.layout.meta["title"]
            yield ReportPicture(title, pooling.alt_text(each, title, axis, wording), figure, table)
    names = varying_names(fits)
    if len(names) == 2:
        terms = (names[0], names[1])
        figure = plot_map(
            fits, terms=terms, posterior=look.posterior, wording=wording, style=look.style
        )
        alt = pooling.map_alt(fits, terms, wording)
        yield ReportPicture(
            figure.layout.meta["title"],
            alt,
            figure,
            group_table(fits, terms, posterior=look.posterior),
        )


def _variance(fits: PoolingFits, wording: Wording, look: Look) -> Iterator[ReportPicture]:
    found = variance.variance_story(fits, wording, posterior=look.posterior)
    figure = plot_intervals(
        found.spread,
        title=found.title,
        axis="standard deviation",
        source=found.source,
        style=look.style,
    )
    said = (*found.of_coefficients, *found.sentences)
    alt = f"{found.title}. {variance.in_words(found.spread)}."
    table = found.parameters.assign(**{"interval from": found.source})
    yield ReportPicture(found.title, alt, figure, table, said)


def _errors(fits: PoolingFits, wording: Wording, look: Look) -> Iterator[ReportPicture]:
    found = coefficient_errors(fits)
    shown = found[:6]
    title = errors.errors_title(found, fits, wording)
    figure = plot_errors(fits, shown, wording=wording, style=look.style)
    said = errors.errors_sentences(shown, fits, wording)
    yield ReportPicture(
        title, errors.errors_alt(shown, fits, wording), figure, errors_table(found), tuple(said)
    )


def _ranking(fits: PoolingFits, wording: Wording, look: Look) -> Iterator[ReportPicture]:
    for term in varying_names(fits):
        share, source = 0.1, source_label(look.posterior)
        table = rank(fits, term, uncertainty=look.posterior or PLUG_IN)
        title = ranking.ranking_title(fits, table, term, share, wording, source=source)
        digits = decimals(estimates(fits, term))
        figure = plot_ranking(
            table,
            title=title,
            share=share,
            digits=digits,
            source=source,
            wording=wording,
            style=look.style,
        )
        alt = ranking.ranking_alt(table, title, share, wording, source)
        told = table.sort_values("rank").assign(**{"interval from": source})
        yield ReportPicture(title, alt, figure, told)


def _checks(fits: PoolingFits, wording: Wording, look: Look) -> Iterator[ReportPicture]:
    found = reference(fits)
    outcome = wording.column(fits.spec.outcome).title
    residuals = checks.residual_quantiles(found)
    by_fitted = checks.residuals_by_fitted(found)
    views = (
        (
            residuals,
            check_story.residual_story(residuals, found),
            ("expected of a normal residual", "residual minus expected (sd)"),
            True,
        ),
        (
            by_fitted,
            check_story.fitted_story(by_fitted, found),
            (f"fitted: {outcome}", "mean residual (sd)"),
            False,
        ),
    )
    for curve, story, axes, is_worm in views:
        figure = plot_check(curve, title=story.title, axes=axes, is_worm=is_worm, style=look.style)
        alt = check_story.curve_alt(curve, story.title)
        yield ReportPicture(story.title, alt, figure, curve.to_frame(), (story.note,))


def _predicts(fits: PoolingFits, wording: Wording, look: Look) -> Iterator[ReportPicture]:
    data = fits.data
    found = validate_fits(fits, "people", min(10, data.n_obs), 0)
    story = validation_story(found, wording, "rmse")
    unit = wording.column(data.spec.outcome).unit
    axis = f"more error than {story.reference.replace('_', ' ')}{f' ({unit})' if unit else ''}"
    figure = plot_differences(story, axis=axis, style=look.style)
    note = data.whole_groups_note
    sentences = (*story.sentences, note) if note else story.sentences
    yield ReportPicture(story.title, differences_alt(story, axis), figure, story.table, sentences)


#: What a report can show, by the name of the screen, in its order.
SECTIONS: dict[str, tuple[str, _Maker]] = {
    "pooling": ("Pooling", _pooling),
    "variance": ("Variance", _variance),
    "standard_errors": ("Standard errors", _errors),
    "ranking": ("Ranking", _ranking),
    "checks": ("Checks", _checks),
    "predicts_best": ("Which predicts best", _predicts),
}


def sections(
    fits: PoolingFits,
    screens: tuple[str, ...],
    wording: Wording,
    posterior: Posterior | None = None,
) -> list[Section]:
    """Return what a report shows of some screens; why there is nothing where a fit is missing.

    Intervals are plug-in, or those of a ``posterior`` of the fits.

    Raises
    ------
    PoolingError
        When a screen is asked for that reports do not know.
    """
    unknown = [name for name in screens if name not in SECTIONS]
    if unknown:
        raise PoolingError(
            f"A report cannot show '{unknown[0]}'; it can show {', '.join(SECTIONS)}."
        )
    look, out = Look(Style(is_titled=False), posterior), []
    for name in (n for n in SECTIONS if n in screens):
        title, make = SECTIONS[name]
        try:
            out.append(Section(name, title, tuple(make(fits, wording, look))))
        except PoolingError as error:
            out.append(Section(name, title, (), str(error)))
    return out
