"""The numbers that the screens show, by name: what a script recomputes and puts beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.results import PoolingFits
from core.takeaway.cleaned import CleanedTable

#: Groups whose lines a script recomputes, at most.
MOST_GROUPS = 8


@dataclass(frozen=True, eq=False)
class Displayed:
    """What was shown of the multilevel fit, in the order in which a script recomputes it."""

    names: tuple[str, ...]
    values: tuple[float, ...]
    groups: tuple[str, ...]


def displayed(fits: PoolingFits) -> Displayed:
    """Return fixed effects, standard errors, sds, correlations, criterion and some groups' lines.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit = fits.multilevel
    used = np.flatnonzero(np.isfinite(fit.fixef))
    names = [f"coefficient of {fit.fixef_names[i]}" for i in used]
    values = [float(fit.fixef[i]) for i in used]
    names += [f"standard error of {fit.fixef_names[i]}" for i in used]
    values += [float(fit.fixef_se[i]) for i in used]
    names += [f"sd of the groups: {name}" for name in fit.varying_names]
    values += [float(sd) for sd in fit.sigma_group]
    names.append("sd inside groups")
    values.append(fit.sigma_y)
    names.append(f"{fit.criterion} criterion" if fit.criterion == "REML" else "deviance (ML)")
    values.append(fit.criterion_value)
    step = max(1, fit.n_groups // MOST_GROUPS)
    chosen = np.arange(fit.n_groups)[::step][:MOST_GROUPS]
    for j in chosen:
        for a, name in enumerate(fit.varying_names):
            names.append(f"{fit.group_names[j]}, deviation of {name}")
            values.append(float(fit.ranef[j, a]))
    return Displayed(tuple(names), tuple(values), tuple(fit.group_names[j] for j in chosen))


def design_columns(fits: PoolingFits, table: CleanedTable) -> list[list[str]]:
    """Return, for every term in use, the columns of the cleaned table that it is the product of.

    The intercept is the empty product.
    """
    data = fits.data
    fit = fits.multilevel_or_none
    coef = fits.complete_pooling.coef if fit is None else fit.fixef
    out = []
    for term, value in zip(data.terms, coef, strict=True):
        if not np.isfinite(value):
            continue
        parts = [] if term.base == 0 else [table.terms[data.base[term.base - 1].name]]
        parts += [] if term.factor < 0 else [table.terms[data.group_columns[term.factor][0]]]
        out.append(parts)
    return out
