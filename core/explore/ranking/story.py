"""What a ranking says, in words with the reader's own numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.explore.ranking.numbers import places
from core.explore.ranking.pairs import GroupDifference, Pairs
from core.formats import fixed, listed, percent
from core.posterior.uncertainty import PLUG_IN
from core.results import PoolingFits
from core.tables.wording import Wording

#: A group whose probability is at least this is called sure of its place.
SURE = 0.95
#: Small groups crowd the ends where the median size there is at most this share of that of all.
_CROWDED = 0.8
_END_WORDS = {0.05: "twentieth", 0.1: "tenth", 0.2: "fifth", 0.25: "quarter"}


def end_words(share: float) -> str:
    """Return what a share is called: ``tenth``; ``15%`` where it has no name."""
    return _END_WORDS.get(round(share, 4), percent(share))


def _about(fits: PoolingFits, term: str, wording: Wording) -> str:
    """Return what is ranked, where it is not the only coefficient: ``by slope``."""
    if len(fits.no_pooling.varying_names) == 1:
        return ""
    return f" by {wording.term(term, fits.data)}"


def ranking_title(
    fits: PoolingFits,
    table: pd.DataFrame,
    term: str,
    share: float,
    wording: Wording,
    *,
    source: str = PLUG_IN,
) -> str:
    """Return how many groups are surely at the top, and how sure the first is of its rank.

    ``source`` is where the intervals come from; plug-in ones are called so.
    """
    groups, n_groups = wording.group, len(table)
    if _is_even(table):
        return (
            f"Nothing ranks the {wording.group.count(n_groups)}{_about(fits, term, wording)}: "
            f"{_how_even(table)}, so nearly every rank from 1 to {n_groups:,} is possible"
        )
    sure = int((table["p_top"] >= SURE).sum())
    first = table.iloc[int(np.argmin(table["rank"].to_numpy()))]
    rank = (
        f"the first, {wording.group_name(str(first['group']))}, is between rank "
        f"{int(first['rank_lower']):,} and {int(first['rank_upper']):,}"
    )
    if source == PLUG_IN:
        rank += " (plug-in interval)"
    if first["rank_lower"] == first["rank_upper"]:
        rank = f"{wording.group_name(str(first['group']))} is surely number 1"
    where = f"in the top {end_words(share)}{_about(fits, term, wording)}"
    seats = places(n_groups, share)
    size = f"({seats:,} place{'s' if seats > 1 else ''})"
    if sure == 0:
        return f"None of {n_groups:,} {groups.many} is surely {where} {size}; {rank}"
    only = "only " if sure < seats else ""
    verb = "is" if sure == 1 else "are"
    return f"Of {n_groups:,} {groups.many} {only}{sure:,} {verb} surely {where} {size}; {rank}"


def _is_even(table: pd.DataFrame) -> bool:
    """Return whether every group may take every rank: nothing tells them apart."""
    whole = (table["rank_upper"] - table["rank_lower"]) >= 0.85 * (len(table) - 1)
    return bool(whole.all() and np.ptp(table["expected_rank"]) < 0.1 * len(table))


def _how_even(table: pd.DataFrame) -> str:
    spread = float(np.ptp(table["estimate"]))
    if spread <= 1e-9 * float(np.abs(table["estimate"]).max()):
        return "they are estimated as equal"
    return "they hardly differ beside the doubt about each"


def size_title(table: pd.DataFrame, share: float, wording: Wording) -> str:
    """Return how large the groups at both ends of either ranking are."""
    known = table[table["naive_rank"].notna()]
    many = wording.individual.many
    if known.empty:
        return f"No {wording.group.one} has an estimate of its own, so there is no naive ranking"
    if table["n"].nunique() == 1:
        return (
            f"All {wording.group.many} have {wording.individual.count(int(table['n'].iloc[0]))}, "
            "so no ranking favours small ones"
        )
    seats = places(len(known), share)
    ends = (known["naive_rank"] <= seats) | (known["naive_rank"] > len(known) - seats)
    pooled = places(len(table), share)
    rank = table["rank"]
    after = table.loc[(rank <= pooled) | (rank > len(table) - pooled), "n"].median()
    naive, everyone = known.loc[ends, "n"].median(), table["n"].median()
    what = f"top and bottom {end_words(share)}"
    small = f"median {_size(naive)} {many}"
    if naive > _CROWDED * everyone:
        return (
            f"Small {wording.group.many} do not crowd the ends of the naive ranking here: "
            f"{small} in its {what}, {_size(everyone)} over all"
        )
    return (
        f"The naive ranking puts small {wording.group.many} at both ends: {small} in its {what}, "
        f"{_size(everyone)} over all, {_size(after)} at the ends after partial pooling"
    )


def _size(n: float) -> str:
    return fixed(n, 0 if n == int(n) else 1)


def pairs_title(found: Pairs, wording: Wording) -> str:
    """Return the share of pairs that cannot be told apart."""
    about = "about " if found.is_sample else ""
    return (
        f"{about}{percent(found.share_alike)} of the {found.n_pairs:,} pairs of "
        f"{wording.group.many} cannot be told apart: the {percent(found.level)} interval of "
        f"their difference holds 0 ({found.source})"
    ).removeprefix(" ")


def group_sentence(
    row: pd.Series, found: Pairs, alike: float, share: float, wording: Wording
) -> str:
    """Return what is known of one group's rank."""
    n_groups = len(found.alike)
    naive = ""
    if np.isfinite(row["naive_rank"]):
        naive = f" The naive ranking puts it at {int(row['naive_rank']):,}."
    name = wording.group_name(str(row["group"]))
    end = end_words(share)
    about = "about " if found.is_sample else ""
    low, high = int(row["rank_lower"]), int(row["rank_upper"])
    span = f"between {low:,} and {high:,}" if low < high else "surely"
    apart = f"It cannot be told apart from {about}{alike:,.0f} of the other {n_groups - 1:,}."
    if n_groups == 2:
        apart = f"It {'cannot' if alike else 'can'} be told apart from the other."
    elif alike > n_groups - 1.5:
        apart = f"It cannot be told apart from any of the other {n_groups - 1:,}."
    elif alike < 0.5:
        apart = f"It can be told apart from {about}all of the other {n_groups - 1:,}."
    # Where groups are as good as tied, the order of the expected ranks says little.
    ranks = f"ranks {int(row['rank']):,}"
    if not low <= row["rank"] <= high:
        ranks = f"has the expected rank {fixed(float(row['expected_rank']), 0)}"
    sentence = (
        f"{name} ({wording.individual.count(int(row['n']))}) {ranks} of "
        f"{n_groups:,}, {span} ({found.source}); in the top {end} with probability "
        f"{percent(row['p_top'])}, in the bottom {end} with {percent(row['p_bottom'])}."
        f"{naive} {apart}"
    )
    return sentence[:1].upper() + sentence[1:] if name.startswith(wording.group.one) else sentence


def difference_sentence(found: GroupDifference, digits: int, wording: Wording) -> str:
    """Return how two groups compare: the probability, the difference and its interval."""
    one, other = wording.group_name(found.one), wording.group_name(found.other)
    higher, lower, p = one, other, found.p_higher
    if p < 0.5:
        higher, lower, p = other, one, 1.0 - p
    verdict = "They can be told apart" if found.is_apart else "They cannot be told apart"
    return (
        f"{verdict}: {higher} is higher than {lower} with probability {percent(p)}; {one} minus "
        f"{other} is {fixed(found.difference, digits)} ({percent(found.level)} interval "
        f"{fixed(found.lower, digits)} to {fixed(found.upper, digits)}, {found.source})."
    )


def ranking_alt(
    table: pd.DataFrame, title: str, share: float, wording: Wording, source: str = PLUG_IN
) -> str:
    """Return a description of the ranking, with the numbers of its two ends."""
    ordered = table.sort_values("rank")
    many = wording.group.count(len(table))
    parts = [f"{title}.", f"{many} with their rank intervals ({source})."]
    for rows, end, p in (
        (ordered.head(3), "top", "p_top"),
        (ordered.tail(3), "bottom", "p_bottom"),
    ):
        told = [
            f"{row['group']} {row['rank_lower']:,} to {row['rank_upper']:,}"
            f"{_naive(float(row['naive_rank']))}, in the {end} {end_words(share)} with "
            f"{percent(float(row[p]))}"
            for row in rows.to_dict("records")
        ]
        parts.append(f"{end.capitalize()}: {listed(told)}.")
    return " ".join(parts)


def _naive(rank: float) -> str:
    return f" (naive {int(rank):,})" if np.isfinite(rank) else ""
