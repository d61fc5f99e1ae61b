"""The parameters of the multilevel model as a table and in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.claims import Claim, correlation_claim
from core.formats import fixed, number, percent, with_interval
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording


def parameter_table(fits: PoolingFits, wording: Wording) -> pd.DataFrame:
    """Return every estimated number of the multilevel model.

    Columns: ``symbol``, ``estimate`` (text with sensible digits), ``standard error`` (of the
    average coefficients; blank elsewhere) and ``meaning``.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    model, data = fits.multilevel, fits.data
    rows: list[tuple[str, str, str, str]] = []
    for name, value, error in zip(model.fixef_names, model.fixef, model.fixef_se, strict=True):
        what = f"average {wording.term(name, data)}"
        if name != INTERCEPT:
            where = wording.where(name, data)
            what = f"average {_what(name, fits)} of {wording.name(name)}{where}"
        rows.append((_mean_symbol(name, fits), what, number(value), number(error)))
    names, sd = model.varying_names, model.sigma_group
    for symbol, name, value in zip(_symbols(fits), names, sd, strict=True):
        what = f"sd of the {wording.group.many}: {wording.term(name, data)}"
        rows.append((f"σ_{symbol}", what, number(float(value)), ""))
    if model.spec.correlated:
        rows += _correlations(fits, wording)
    inside = f"sd of the {wording.individual.many} inside a {wording.group.one}"
    rows.append(("σ_y", inside, number(model.sigma_y), ""))
    if model.spec.varying_intercept:
        where = " where all predictors are 0; it changes along them" if model.spec.varying else ""
        share = f"share of the variance between {wording.group.many}{where}"
        rows.append(("ICC", share, percent(model.icc), ""))
    frame = pd.DataFrame(rows, columns=["symbol", "meaning", "estimate", "standard error"])
    return frame[["symbol", "estimate", "standard error", "meaning"]]


def _what(name: str, fits: PoolingFits) -> str:
    """Return what a common coefficient is: of a category or a product it is no slope."""
    data = fits.data
    return "slope" if name in data.columns and name in data.spec.predictors else "coefficient"


def _symbols(fits: PoolingFits) -> list[str]:
    """Return a letter per varying coefficient: α, β; or β₁, β₂ where there are several."""
    names = fits.no_pooling.varying_names
    slopes = [name for name in names if name != INTERCEPT]
    if len(slopes) <= 1:
        return ["α" if name == INTERCEPT else "β" for name in names]
    return ["α" if name == INTERCEPT else f"β{slopes.index(name) + 1}" for name in names]


def _mean_symbol(name: str, fits: PoolingFits) -> str:
    names = fits.no_pooling.varying_names
    return f"μ_{_symbols(fits)[names.index(name)]}" if name in names else "γ"


def _correlations(fits: PoolingFits, wording: Wording) -> list[tuple[str, str, str, str]]:
    model, symbols = fits.multilevel, _symbols(fits)
    return [
        (
            "ρ" if len(symbols) == 2 else f"ρ_{symbols[b]}{symbols[a]}",
            f"correlation of {wording.term(model.varying_names[b], fits.data)} and "
            f"{wording.term(model.varying_names[a], fits.data)}",
            fixed(float(model.correlation[a, b]), 2),
            "",
        )
        for a in range(len(symbols))
        for b in range(a)
    ]


def model_in_words(fits: PoolingFits, wording: Wording) -> str:
    """Return what the multilevel model says, in two or three plain sentences."""
    model, data = fits.multilevel, fits.data
    means = dict(zip(model.fixef_names, model.fixef, strict=True))
    parts = []
    for name, sd in zip(model.varying_names, model.sigma_group, strict=True):
        around = _around(fits, name, float(means.get(name, np.nan)))
        parts.append(f"its own {wording.term(name, data)} (sd {number(float(sd))} {around})")
    own = " and ".join(parts)
    within = (
        f"Inside a {wording.group.one}, {wording.individual.many} scatter around its line "
        f"with sd {number(model.sigma_y)}."
    )
    if not data.spec.predictors:
        within = within.replace("its line", "its mean")
    return f"Every {wording.group.one} has {own}. {within}{_together(fits, wording)}"


def _around(fits: PoolingFits, name: str, mean: float) -> str:
    """Return what the coefficients scatter around: a number, or a line in u."""
    position = fits.no_pooling.varying_names.index(name)
    target = fits.multilevel.target[:, position]
    if np.ptp(target) > 0:
        return "around what the group-level predictors lead one to expect"
    return f"around an average of {number(mean)}"


def _together(fits: PoolingFits, wording: Wording) -> str:
    model = fits.multilevel
    if len(model.varying_names) != 2 or not model.spec.correlated:
        return ""
    first, second = (wording.term(name, fits.data) for name in model.varying_names)
    return together(correlation_claim(model, *model.varying_names), first, second)


def together(found: Claim, first: str, second: str) -> str:
    """Return whether two coefficients go together, as a sentence with its interval; or ''."""
    if np.isnan(found.estimate):
        return ""
    words = "95% profile interval "
    amount = f"ρ = {with_interval(found.estimate, found.lower, found.upper, words)}"
    if found.is_sure:
        way = "rise" if found.direction == "up" else "fall"
        return f" As the {first} rises, the {second} tends to {way} ({amount})."
    return f" Whether the {second} rises or falls with the {first} the data do not tell ({amount})."
