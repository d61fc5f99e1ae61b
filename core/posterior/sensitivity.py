"""What changes when the prior does: the same posterior under each of the named priors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from core.exceptions import PoolingError
from core.posterior.posterior import Posterior, posterior
from core.posterior.theta.prior import KINDS, Prior, as_prior, with_kind
from core.results import PoolingFits


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """The posterior under several priors.

    Attributes
    ----------
    table : DataFrame
        One row a prior and parameter: ``prior, parameter, median, lower, upper``; for the groups'
        coefficients (``parameter`` "width of the groups' intervals") ``median`` is the average
        width over that under the first prior. A prior that is refused has one row with its
        ``reason``.
    posteriors : dict
        By the prior's name, those that there are.
    """

    table: pd.DataFrame
    posteriors: dict[str, Posterior] = field(repr=False)

    def spread(self, parameter: str) -> tuple[float, float]:
        """Return the least and the greatest median of a parameter over the priors."""
        found = self.table.loc[self.table["parameter"] == parameter, "median"]
        return float(found.min()), float(found.max())


WIDTH = "width of the groups' intervals"


def prior_sensitivity(
    fits: PoolingFits, prior: str | Prior = "flat", level: float = 0.95
) -> Sensitivity:
    """Return the posterior under each of the named priors, scale and place as in ``prior``.

    Raises
    ------
    PoolingError
        When there is no multilevel fit, or no prior that gives a posterior.
    """
    asked = as_prior(prior)
    kinds = (asked.kind, *(kind for kind in KINDS if kind != asked.kind))
    found: dict[str, Posterior] = {}
    reasons: dict[str, PoolingError] = {}
    for kind in kinds:
        try:
            found[kind] = posterior(fits, with_kind(asked, kind), level)
        except PoolingError as error:
            reasons[kind] = error
    if not found:
        raise reasons[asked.kind]
    first = float(np.nanmean(next(iter(found.values())).line.width))
    rows = [row for kind in found for row in _rows(kind, found[kind], first)]
    rows += [{"prior": kind, "reason": str(error)} for kind, error in reasons.items()]
    names = ["prior", "parameter", "median", "lower", "upper", "reason"]
    return Sensitivity(pd.DataFrame(rows).reindex(columns=names), found)


def _rows(kind: str, made: Posterior, first: float) -> list[dict[str, object]]:
    frame = made.to_frame()
    kept = frame[~frame["parameter"].isin(made.fixef_names)]
    rows: list[dict[str, object]] = [
        {
            "prior": kind,
            "parameter": row.parameter,
            "median": row.median,
            "lower": row.lower,
            "upper": row.upper,
            "reason": "",
        }
        for row in kept.itertuples()
    ]
    width = float(np.nanmean(made.line.width)) / first
    return [*rows, {"prior": kind, "parameter": WIDTH, "median": width, "reason": ""}]
