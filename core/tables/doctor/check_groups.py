"""Checks of a column against the group: reused ids, crossed factors, single rows, no spread."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.formats import count, shorten
from core.tables.columns import label_of
from core.tables.doctor.finding import Finding, quoted
from core.tables.reshape import CombineIds, DropSmallGroups, FillFromGroup
from core.tables.roles.between_columns import constant_groups, pair_codes
from core.tables.roles.column_profile import ColumnProfile
from core.tables.roles.lexicon import PERSONS, STIMULI, tokens_of
from core.types import BoolArray, IntArray

_PLAIN_LABEL = re.compile(r"\D{0,20}\d+|[A-Za-z]|[IVX]+")
_ID_WORDS = frozenset(["id", "ids", "nr", "no", "pid", "sid", "uid", "idn", "ident", "identifier"])
_SINGLE_SHARE = 0.25
_NO_SPREAD_SHARE = 0.5
_NEARLY_LEVEL = 0.8
_LABEL = 300
_DEVIANT_ROWS = 0.05
_USUAL_SHARE = 0.85


def check_pairs(
    group: ColumnProfile, profiles: Sequence[ColumnProfile], outcome: str | None
) -> list[Finding]:
    """Find ids that start again in every group, and factors that are crossed with the group."""
    findings = []
    names = {column.name for column in profiles}
    for other in profiles:
        if other is group or other.name == outcome or not _names_units(other):
            continue
        pair = sorted((group, other), key=lambda column: column.position)
        if CombineIds(pair[0].name, pair[1].name).name in names:
            continue  # mended already
        pairs = np.bincount(_compact(pair_codes(group, other)))
        n_pairs, rows = len(pairs), float(pairs.mean()) if len(pairs) else 0.0
        per_other = n_pairs / max(other.n_distinct, 1)
        per_group = n_pairs / max(group.n_distinct, 1)
        if min(per_other, per_group) < 1.1 or max(per_other, per_group) < 2:
            continue  # nested one way or the other
        outer, inner = sorted((group, other), key=lambda column: column.position)
        if rows >= 2 and per_other >= 0.25 * group.n_distinct and _start_again(outer, inner):
            findings.append(_reused(outer, inner))
        elif _is_crossed(group, other, per_other):
            findings.append(_crossed(group, other, per_other))
    return findings[:3]


def _compact(codes: IntArray) -> IntArray:
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)


def _names_units(column: ColumnProfile) -> bool:
    """Whether a column names units of some kind: by its name, repeating, with several levels."""
    cues = column.cues
    if not column.can_group or cues.time or column.is_indicator:
        return False
    if column.is_numeric and float(column.present.min()) == 0.0 and not column.is_balanced:
        return False  # how many: 'child5', the children under five
    if cues.category and (not _are_plain_labels(column) or "region" in column.name.casefold()):
        return False
    named = cues.group or bool(set(tokens_of(column.name)) & _ID_WORDS)
    return named if column.is_numeric else named or (cues.unit and column.n_distinct > 5)


def _are_plain_labels(column: ColumnProfile) -> bool:
    """Whether labels only count: 1, 2, 3; a, b, c; class 1, class 2; I, II, III."""
    return all(_PLAIN_LABEL.fullmatch(label_of(level)) for level in column.levels[:100])


def _start_again(outer: ColumnProfile, inner: ColumnProfile) -> bool:
    """Whether labels that only count begin anew in most groups; counts and yes-or-no do not."""
    if not _are_plain_labels(inner):
        return False
    if _kind_of_unit(inner) == "thing" and _kind_of_unit(outer) == "place":
        return False  # the same item, rater or judge each time
    if inner.is_numeric and (float(inner.present.min()) < 1 or inner.cues.outcome):
        return False
    if inner.n_distinct < 3 and (inner.cues.attribute or "group" in tokens_of(inner.name)):
        return False
    first = min(np.flatnonzero(inner.counts), key=lambda code: _in_order(inner, int(code)))
    both = (outer.codes >= 0) & (inner.codes == first)
    return len(np.unique(outer.codes[both])) >= 0.5 * outer.n_distinct


def _in_order(column: ColumnProfile, code: int) -> tuple[int, str]:
    """Sort labels by their number, else as text."""
    label = label_of(column.levels[code])
    digits = re.sub(r"\D", "", label[:_LABEL])
    return (int(digits) if digits else 0, label)


def _reused(outer: ColumnProfile, inner: ColumnProfile) -> Finding:
    """Say that a label occurs in many groups; the outer column is the one further left."""
    pairs = np.unique(pair_codes(inner, outer)) // max(outer.n_levels, 1)
    occurs = np.bincount(pairs.astype(np.intp))
    label = label_of(inner.levels[int(np.argmax(occurs))])
    message = (
        f"{shorten(inner.name)} '{shorten(label)}' occurs in {int(occurs.max()):,} levels of "
        f"'{shorten(outer.name)}': the same {shorten(inner.name)} each time, or a new one?"
    )
    return Finding("reused_ids", inner.name, message, CombineIds(outer.name, inner.name))


def _is_crossed(group: ColumnProfile, other: ColumnProfile, per_other: float) -> bool:
    if per_other < 0.3 * group.n_distinct or min(group.n_distinct, other.n_distinct) < 4:
        return False
    kinds = {_kind_of_unit(group), _kind_of_unit(other)}
    # A number for every pupil of a school counts the rows of the school.
    return kinds != {"person", "place"}


def _kind_of_unit(column: ColumnProfile) -> str:
    words = set(tokens_of(column.name))
    if words & PERSONS or (column.is_numeric and column.cues.id and not column.cues.group):
        return "person"
    return "thing" if words & STIMULI else "place"


def _crossed(group: ColumnProfile, other: ColumnProfile, per_other: float) -> Finding:
    message = (
        f"'{shorten(other.name)}' and '{shorten(group.name)}' are crossed: a level of "
        f"'{shorten(other.name)}' occurs in {per_other:.0f} levels of '{shorten(group.name)}' on "
        "average. A model with one of them as the group leaves the other's differences in the "
        "residuals; further groupings can be added beside it."
    )
    return Finding("crossed", other.name, message, None, "info")


def check_singletons(group: ColumnProfile) -> Finding | None:
    """Find groups of one row, when there are many of them."""
    sizes = group.counts[group.counts > 0]
    single = int((sizes == 1).sum())
    if len(sizes) < 4 or single < 3 or single < _SINGLE_SHARE * len(sizes):
        return None
    message = (
        f"{single:,} of {len(sizes):,} groups in '{shorten(group.name)}' have one row: no pooling "
        "gives them no line, partial pooling draws them nearly to the average."
    )
    return Finding("singletons", group.name, message, DropSmallGroups(group.name), "info")


def check_spread(predictor: ColumnProfile, group: ColumnProfile) -> Finding | None:
    """Find groups in which the predictor does not vary, beyond what chance gives."""
    if not predictor.is_numeric or predictor.n_distinct < 3:
        return None
    constant, sizes = constant_groups(predictor, group)
    stuck = constant & (sizes > 2)
    share = float(stuck.sum()) / max(int((sizes > 2).sum()), 1)
    usual = 0.0 if _is_continuous(predictor, group, stuck) else _NO_SPREAD_SHARE
    if not usual < share <= 0.9:
        return None
    names = [label_of(group.levels[i]) for i in np.flatnonzero(stuck)]
    message = (
        f"'{shorten(predictor.name)}' does not vary inside {count(len(names), 'group')} of "
        f"'{shorten(group.name)}' ({quoted(names, 3)}), so these have no slope of their own."
    )
    return Finding("no_spread_in_x", predictor.name, message, None, "info")


def _is_continuous(column: ColumnProfile, group: ColumnProfile, stuck: BoolArray) -> bool:
    """Whether equal values in one group are no chance, judged by the other groups."""
    others = (group.codes >= 0) & ~stuck[group.codes] & ~column.missing
    counts = np.unique(column.values[others], return_counts=True)[1]
    n = int(counts.sum())
    return len(counts) >= 8 and len(counts) >= min(0.3 * n, 15) and counts.max() < 0.2 * n


def check_group_level(column: ColumnProfile, group: ColumnProfile) -> Finding | None:
    """Find columns that are constant in nearly all groups, and differ in a few rows of the rest."""
    if column.cues.time or column.kind in ("constant", "empty", "date"):
        return None
    constant, sizes = constant_groups(column, group)
    several = sizes > 2
    n_several, off = int(several.sum()), ~constant & several
    if n_several < 5 or not off.any() or off.sum() > (1 - _NEARLY_LEVEL) * n_several:
        return None
    if column.is_binary and off.sum() > 2:
        return None  # two levels change often enough in earnest
    if not _differs_between(column, group, constant & several):
        return None
    if not _deviates_little(column, group, off):
        return None
    names = [label_of(group.levels[i]) for i in np.flatnonzero(off)]
    message = (
        f"'{shorten(column.name)}' is the same throughout nearly every group of "
        f"'{shorten(group.name)}', but varies inside {quoted(names, 3)}: a slip, or no group-level "
        "predictor."
    )
    return Finding(
        "varies_within_group", column.name, message, FillFromGroup(column.name, group.name)
    )


def _differs_between(column: ColumnProfile, group: ColumnProfile, constant: BoolArray) -> bool:
    """Whether groups differ in a column: a rare property is not that of a group."""
    usable = (group.codes >= 0) & ~column.missing
    at_group = np.full(group.n_levels, -1, dtype=np.intp)
    at_group[group.codes[usable]] = column.codes[usable]
    counts = np.bincount(at_group[constant & (at_group >= 0)])
    return bool(counts.sum() > 0 and counts.max() <= _USUAL_SHARE * counts.sum())


def _deviates_little(column: ColumnProfile, group: ColumnProfile, off: BoolArray) -> bool:
    """Whether in every group that varies only a few rows differ from its usual value."""
    deviant = 0
    for code in np.flatnonzero(off)[:50]:
        codes = column.codes[(group.codes == code) & (column.codes >= 0)]
        rest = len(codes) - int(np.bincount(codes).max())
        if rest > max(1, 0.34 * len(codes)):
            return False
        deviant += rest
    return deviant <= max(1, _DEVIANT_ROWS * column.n_present)
