"""What a table is, in a sentence and as a list of its columns with their roles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.wording import Wording
from core.spec import ModelSpec
from core.tables.describe import describe_columns
from core.tables.grouped import GroupedData


def table_headline(data: GroupedData, wording: Wording) -> str:
    """Return how many rows are used, in how many groups, and how large these are."""
    n, left_out = data.n_obs, data.left_out.n_rows
    used = f"{n:,} of {n + left_out:,} rows are used" if left_out else f"All {n:,} rows are used"
    sizes = data.group_sizes
    low, high = int(sizes.min()), int(sizes.max())
    groups = wording.group.count(data.n_groups)
    if low == high:
        return f"{used}: {groups} with {wording.individual.count(low)} each"
    median = int(np.median(sizes))
    return (
        f"{used}: {groups} with {low:,} to {wording.individual.count(high)}, "
        f"half of them with at most {median:,}"
    )


def column_overview(table: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """Return ``core.describe_columns`` of a table with the role of each column in a model."""
    frame = describe_columns(table, spec.group)
    roles = {spec.outcome: "outcome", spec.group: "group"}
    roles |= dict.fromkeys(spec.predictors, "predictor")
    roles |= dict.fromkeys(spec.varying, "predictor, varying slope")
    roles |= dict.fromkeys(spec.group_predictors, "group-level predictor")
    frame.insert(1, "role", [roles.get(name, "") for name in frame["column"]])
    return frame
