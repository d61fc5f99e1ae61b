"""What a table is, in a sentence and as a list of its columns with their roles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.formats import count, listed, shorten
from core.tables.grouped import GroupedData
from core.tables.roles.word_scales import answers_of
from core.tables.wording import Wording

#: Groups are small where half of them have at most so many rows.
_SMALL = 5


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


def sizes_sentence(data: GroupedData, wording: Wording) -> str:
    """Return that groups are small, and what that means, where half have at most five rows; or ''.

    One row a group is told of elsewhere: no model can part it into groups and rows.
    """
    median = int(np.median(data.group_sizes))
    if not 1 < median <= _SMALL:
        return ""
    return (
        f"The {wording.group.many} are small: half of them have at most "
        f"{wording.individual.count(median)}. Alone, such {wording.group.many} say little, and "
        "that is what partial pooling is for."
    )


def plain_headline(table: pd.DataFrame) -> str:
    """Return the size of a table that no model describes yet."""
    rows, columns = table.shape
    return (
        f"{rows:,} row{'' if rows == 1 else 's'} in {columns:,} column{'' if columns == 1 else 's'}"
    )


def left_out_sentence(data: GroupedData, wording: Wording) -> str:
    """Return how many rows no fit uses, why, and from which groups; '' when all are used."""
    one, many = wording.group.one, wording.group.many
    if one == Wording().group.one:
        one = many = data.spec.group
    return data.left_out.sentence(one, many)


def coded_outcome(table: pd.DataFrame, outcome: str) -> str:
    """Return what the numbers of an outcome of two answers mean, such as yes and no; else ''."""
    if outcome not in table.columns or not table.columns.is_unique:
        return ""
    answers = answers_of(table[outcome])
    if answers is None:
        return ""
    yes, no = (shorten(answer, 30) for answer in answers)
    return f"'{shorten(outcome)}' counts '{yes}' as 1 and '{no}' as 0: its means are shares."


def filter_sentence(data: GroupedData) -> str:
    """Return which rows the model is restricted to and how many that leaves out; '' for all."""
    if not data.spec.rows:
        return ""
    kept = listed([keep.sentence for keep in data.spec.rows], 6)
    lost = data.left_out.n_filtered
    return f"Only rows with {kept}: {count(lost, 'row')} left out by this filter."


def left_out_table(table: pd.DataFrame, data: GroupedData) -> pd.DataFrame:
    """Return the rows that no fit uses, with their number (first row 1) and the reason."""
    lost = data.left_out
    frame = table.iloc[lost.rows].reset_index(drop=True)
    why = [
        f"weight 0 in {reason.column}" if reason.is_zero_weight else f"no {reason.column}"
        for reason in lost.reasons
    ]
    frame.insert(0, "left out because", [why[k] for k in lost.because], allow_duplicates=True)
    frame.insert(0, "row", lost.rows + 1, allow_duplicates=True)
    return frame


def outcome_histogram(data: GroupedData) -> pd.DataFrame:
    """Return how the outcome is spread: ``left`` and ``right`` of bins, and ``count`` of rows."""
    n_bins = int(np.clip(1.4 * np.sqrt(data.n_obs), 8, 40))
    counts, edges = data.outcome_counts(n_bins)
    return pd.DataFrame({"left": edges[:-1], "right": edges[1:], "count": counts})
