"""The same posterior under every named prior, as rows of a figure."""

from __future__ import annotations

import pandas as pd

from core.formats import number, upper_first
from core.posterior.sensitivity import Sensitivity
from core.posterior.theta.prior import KIND_NAMES


def prior_rows(found: Sensitivity, term: str) -> pd.DataFrame:
    """Return ``meaning, median, lower, upper`` of one sd, a row a prior, its scale named."""
    names = next(iter(found.posteriors.values())).varying_names
    rows = found.table[found.table["parameter"] == f"sd_{term}"]
    meaning = []
    for kind in rows["prior"]:
        stated = found.posteriors[str(kind)].stated
        scale = float(stated.scale[names.index(term)])
        told = "" if stated.is_flat else f", scale {number(scale)}"
        meaning.append(f"{upper_first(KIND_NAMES[str(kind)])}{told}")
    out = rows[["median", "lower", "upper"]].reset_index(drop=True)
    out.insert(0, "meaning", meaning)
    return out


def refused_priors(found: Sensitivity) -> tuple[str, ...]:
    """Return why there is no posterior under a prior, one sentence each."""
    rows = found.table[found.table["parameter"].isna()]
    return tuple(
        f"{upper_first(KIND_NAMES[str(kind)])} prior: {reason}"
        for kind, reason in zip(rows["prior"], rows["reason"], strict=True)
    )
