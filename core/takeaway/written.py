"""``report``: one self-contained file of what was opened and chosen, to hand in or to keep."""

from __future__ import annotations

import datetime as dt
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.escape import for_markdown
from core.estimators.inference import fixed_effects
from core.explore.data import overview
from core.explore.pooling import parameters
from core.explore.pooling import story as pooling
from core.figures.bundle import packed_engine
from core.figures.key import key_html
from core.figures.theme import Style
from core.formats import NOT_A_NUMBER, number
from core.posterior.posterior import Posterior
from core.posterior.story import prior_sentence
from core.results import PoolingFits
from core.tables.term_words import worded
from core.tables.wording import Wording
from core.takeaway.cleaned import cleaned_table
from core.takeaway.pictures import MOST_ROWS, SECTIONS, ReportPicture, Section, sections

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "report"
#: What the short form shows.
SHORT = ("pooling",)
_LONGEST_NOTE = 20_000


@dataclass(frozen=True, eq=False)
class ReportOptions:
    """What is known of the table beyond the fits, and what to write on top.

    Attributes
    ----------
    title, note : str
        Plain text; a note may have several lines.
    source : str
        Where the table comes from.
    changes : tuple of str
        What was changed in the table beforehand, in words.
    is_short : bool
        One page: the first figure alone, no tables.
    posterior : Posterior or None
        Where intervals come from; None: plug-in (those of variances: profile likelihood).
    today : date, optional
    """

    title: str = "Partial pooling"
    note: str = ""
    source: str = ""
    changes: tuple[str, ...] = ()
    is_short: bool = False
    posterior: Posterior | None = None
    today: dt.date | None = None


def report(
    fits: PoolingFits,
    screens: Sequence[str] = tuple(SECTIONS),
    note: str = "",
    *,
    wording: Wording | None = None,
    options: ReportOptions | None = None,
) -> str:
    """Return a report as one HTML file that needs no network, prints on A4 and carries its figures.

    Parameters
    ----------
    fits : PoolingFits
    screens : sequence of str
        Which screens to show: of ``pictures.SECTIONS``.
    note : str
        Free text on top; ``options.note`` where empty.
    wording : Wording, optional
        What things are called.
    options : ReportOptions, optional

    Raises
    ------
    PoolingError
        When a screen is asked for that reports do not know.
    """
    asked = options or ReportOptions()
    words = worded(wording or Wording(), fits.data)
    found = sections(fits, SHORT if asked.is_short else tuple(screens), words, asked.posterior)
    if asked.is_short:
        found = [_first_alone(section) for section in found]
    shown = [_shown(section, is_short=asked.is_short) for section in found]
    context = _context(fits, words, asked, note or asked.note)
    has_figures = any(section["pictures"] for section in shown)
    return str(
        _environment()
        .get_template("report.html.jinja")
        .render(
            **context,
            sections=shown,
            style=Markup(_asset("report.css")),  # our own file, no reader's words in it
            script=Markup(_asset("report.js")),
            engine=Markup(packed_engine()) if has_figures else "",
        )
    )


def report_markdown(
    fits: PoolingFits,
    screens: Sequence[str] = tuple(SECTIONS),
    note: str = "",
    *,
    wording: Wording | None = None,
    options: ReportOptions | None = None,
) -> str:
    """Return the same as Markdown, for people who write on: findings, numbers, no figures.

    Raises
    ------
    PoolingError
        When a screen is asked for that reports do not know.
    """
    asked, words = options or ReportOptions(), worded(wording or Wording(), fits.data)
    found = sections(fits, SHORT if asked.is_short else tuple(screens), words, asked.posterior)
    shown = [_shown(section, is_short=asked.is_short) for section in found]
    context = _context(fits, words, asked, note or asked.note)
    return str(_environment().get_template("report.md.jinja").render(**context, sections=shown))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=lambda name: name is None or name.endswith(".html.jinja"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = _plain
    return made


def _plain(text: object) -> str:
    """Return a text that Markdown shows as typed."""
    return for_markdown(str(text))


@lru_cache(maxsize=4)
def _asset(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(fits: PoolingFits) -> str:
    """Return the hash of the rows used; '' where they stay elsewhere."""
    is_here = fits.data.in_hand is fits.data
    return cleaned_table(fits).sha256 if is_here else ""


def _context(
    fits: PoolingFits, wording: Wording, asked: ReportOptions, note: str
) -> dict[str, Any]:
    """Return everything a template needs but the figures."""
    data, fit = fits.data, fits.multilevel_or_none
    return {
        "title": asked.title,
        "date": f"{asked.today or dt.date.today():%-d %B %Y}",
        "headline": pooling.headline(fits, wording),
        "note": note[:_LONGEST_NOTE].splitlines(),
        "version": _version(),
        "data": {
            "headline": overview.table_headline(data, wording),
            "left_out": " ".join(
                filter(
                    None,
                    (overview.filter_sentence(data), overview.left_out_sentence(data, wording)),
                )
            ),
            "changes": asked.changes,
            "source": asked.source,
            "hash": _hash(fits),
        },
        "model": {
            "context": pooling.context(fits, wording),
            "words": parameters.model_in_words(fits, wording) if fit is not None else "",
            "lme4": data.spec.lme4_formula(),
            "status": fits.status.sentence,
            "parameters": _table(parameters.parameter_table(fits, wording)) if fit else None,
            "fits": _table(_three_fits(fits)),
        },
        "limits": _limits(fits, wording, asked.posterior),
        "versions": _versions(),
    }


def _version() -> str:
    try:
        return metadata.version("partial-pooling-explorer")
    except metadata.PackageNotFoundError:
        return ""


def _versions() -> str:
    parts = [
        f"Partial Pooling Explorer {_version()}".strip(),
        f"Python {platform.python_version()}",
    ]
    parts += [f"{name} {metadata.version(name)}" for name in ("numpy", "pandas", "plotly")]
    return ", ".join(parts)


def _three_fits(fits: PoolingFits) -> pd.DataFrame:
    """Return every average coefficient by complete pooling and by the multilevel model."""
    whole = fits.complete_pooling
    out = pd.DataFrame(
        {
            "coefficient": whole.coef_names,
            "complete pooling": whole.coef,
            "se": whole.coef_se,
            "cluster-robust se": whole.cluster_se,
        }
    )
    fit = fits.multilevel_or_none
    if fit is not None:
        found = fixed_effects(fit).set_index("name").reindex(list(whole.coef_names))
        out["multilevel"], out["se "] = found["estimate"].to_numpy(), found["se"].to_numpy()
        out["df"] = found["df"].to_numpy()
    return out


def _limits(fits: PoolingFits, wording: Wording, posterior: Posterior | None) -> list[str]:
    """Return what the numbers do not say, in plain words."""
    out = [note.message for note in fits.diagnostics if note.severity != "info"]
    if posterior is not None:
        told = prior_sentence(fits, posterior.stated, wording)
        out.append(
            f"Intervals of {wording.group.many}, variances and ranks are those of the full "
            f"posterior, the doubt about the variances included. {told}"
        )
    elif fits.multilevel_or_none is not None:
        out.append(
            f"Intervals of single {wording.group.many} are plug-in: they take the variances as "
            f"estimated; with few {wording.group.many} they promise a little too much."
        )
    out.append(
        "A coefficient is a difference between rows that differ in a predictor. Whether changing "
        "the predictor would change the outcome is another question, which these data alone do "
        "not answer."
    )
    return out


def _first_alone(section: Section) -> Section:
    return Section(section.name, section.title, section.pictures[:1], section.missing)


def _shown(section: Section, *, is_short: bool) -> dict[str, Any]:
    return {
        "title": section.title,
        "missing": section.missing,
        "pictures": [
            _picture(f"{section.name}-{i}", each, is_short=is_short)
            for i, each in enumerate(section.pictures)
        ],
    }


def _picture(name: str, picture: ReportPicture, *, is_short: bool) -> dict[str, Any]:
    table = picture.table.head(0 if is_short else MOST_ROWS)
    text = picture.figure.to_json()
    return {
        "id": name,
        "title": picture.title,
        "alt": picture.alt,
        "sentences": picture.sentences,
        "key": Markup(key_html(picture.figure.layout.meta, Style())),  # escapes what it holds
        # A script element ends at the first '</': no text of a table may bring one.
        "json": Markup(json.dumps(json.loads(text)).replace("<", "\\u003c")),
        "table": _table(table),
        "rows": len(table),
        "more": len(picture.table) - len(table),
    }


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a table as text: numbers with their digits, and which columns hold them."""
    kinds = [pd.api.types.is_numeric_dtype(frame.iloc[:, j].dtype) for j in range(frame.shape[1])]
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    columns = [str(name) for name in frame.columns]
    return {"columns": list(zip(columns, kinds, strict=True)), "rows": rows}


def _cell(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    if isinstance(value, float | np.floating):
        return NOT_A_NUMBER if np.isnan(value) else number(float(value), 4)
    return "" if value is None else str(value)
