"""Faults to plant into real tables: each takes a table and returns it with one fault in it.

A fault gets the table, its group, its outcome and random numbers, and returns the faulty table
with the column that a finding must name (None where it may be any). It raises ``NotHere`` where
the table has no place for it.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as pdt

Planted = tuple[pd.DataFrame, str | None]
Fault = Callable[[pd.DataFrame, str, str, np.random.Generator], Planted]
FAULTS: dict[tuple[str, str], Fault] = {}


class NotHere(Exception):
    """The table has no place for this fault."""


def _add(code: str, style: str, fault: Fault) -> None:
    FAULTS[code, style] = fault


def _texts(fmt: Callable[[float], str], *, share: float = 1.0, scale: bool = True) -> Fault:
    """Write the outcome as text, all of it or some cells."""

    def fault(table: pd.DataFrame, _: str, outcome: str, rng: np.random.Generator) -> Planted:
        values = table[outcome].astype(float)
        if scale:
            values = (values - values.min()) / (values.max() - values.min()) * 90_000 + 1_000
        hit = rng.random(len(table)) < share
        hit[1] = True
        cells = [fmt(v) if h else str(v) for v, h in zip(values, hit, strict=True)]
        return table.assign(**{outcome: cells}), outcome

    return fault


for _style, _fmt in {
    "thousands": lambda v: f"{v:,.0f}",
    "thousands and decimals": lambda v: f"{v:,.2f}",
    "European": lambda v: f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
    "dollars": lambda v: f"${v:,.2f}",
    "euros behind": lambda v: f"{v:.2f} €",
    "pounds": lambda v: f"£{v:,.0f}",
    "currency code": lambda v: f"USD {v:,.2f}",
    "Swiss": lambda v: f"{v:,.2f}".replace(",", "'"),
    "narrow spaces": lambda v: f"{v:,.2f}".replace(",", "\u202f"),
    "percent": lambda v: f"{v:.1f}%",
    "unit": lambda v: f"{v:.1f} kg",
    "unit without a space": lambda v: f"{v:.1f}ms",
}.items():
    _add("numeric_text", _style, _texts(_fmt))
for _style, _fmt in {
    "star": lambda v: f"{v:.1f}*",
    "dagger": lambda v: f"{v:.1f}†",
    "footnote letter": lambda v: f"{v:.1f} a",
    "footnote in brackets": lambda v: f"{v:.1f}[1]",
    "superscript": lambda v: f"{v:.1f}¹",
    "accounting negative": lambda v: f"({v:.1f})",
    "about": lambda v: f"~{v:.1f}",
}.items():
    _add("numeric_text", _style, _texts(_fmt, share=0.06))
for _mark in ("-", ".", "..", "n.a.", "?", "missing", "—"):
    _add("numeric_text", f"mark {_mark}", _texts(lambda v, m=_mark: m, share=0.05))


def _levels(mark: str) -> Fault:
    """Put a mark for 'missing' among categories."""

    def fault(table: pd.DataFrame, _: str, __: str, rng: np.random.Generator) -> Planted:
        sex = np.where(rng.random(len(table)) < 0.5, "female", "male").astype(object)
        sex[rng.random(len(table)) < 0.05] = mark
        sex[1] = mark
        return table.assign(sex_of=sex), "sex_of"

    return fault


for _mark in ("?", "-", "n.a.", "missing", "n/a.", ".", "no data", "refused", "don't know", "-99"):
    _add("missing_tokens", f"mark {_mark}", _levels(_mark))


def _sentinel(value: float) -> Fault:
    """Put an impossible number among positive measurements."""

    def fault(table: pd.DataFrame, _: str, __: str, rng: np.random.Generator) -> Planted:
        ages = rng.integers(18, 70, len(table)).astype(float)
        ages[rng.random(len(table)) < 0.05] = value
        ages[[1, 3, 5]] = value
        return table.assign(years_of_work=ages), "years_of_work"

    return fault


for _value in (-9, -99, -999, 999, 9999):
    _add("missing_tokens", f"number {_value}", _sentinel(_value))


def _codes(name: str) -> Fault:
    def fault(table: pd.DataFrame, _: str, __: str, rng: np.random.Generator) -> Planted:
        return table.assign(**{name: rng.integers(1, 6, len(table))}), name

    return fault


for _name in ("ethnicity", "religion", "marital_status", "treatment", "diagnosis", "regioncode",
              "job_type", "blood_group", "soil_type", "education_cat"):  # fmt: skip
    _add("category_as_number", _name, _codes(_name))


def _within(table: pd.DataFrame, group: str, least: int) -> tuple[Any, Any]:
    """Return position and size within the group for each row."""
    grouped = table.groupby(group)[group]
    if grouped.size().median() < least or grouped.ngroups < 5:
        raise NotHere
    return table.groupby(group).cumcount().to_numpy(), grouped.transform("size").to_numpy()


def _reused(name: str, label: Callable[[int], object]) -> Fault:
    """Number units anew in every group, behind the group's column."""

    def fault(table: pd.DataFrame, group: str, _: str, __: np.random.Generator) -> Planted:
        position, size = _within(table, group, 6)
        part = np.minimum(position * 3 // size, 2)
        table = table.copy()
        table.insert(list(table).index(group) + 1, name, [label(int(p)) for p in part])
        return table, name

    return fault


for _name, _label in {
    "class": lambda p: p + 1,
    "class_id": lambda p: p + 1,
    "classroom": lambda p: f"class {p + 1}",
    "teacher": lambda p: "ABC"[p],
    "ward": lambda p: f"W{p + 1}",
    "section": lambda p: ("I", "II", "III")[p],
}.items():
    _add("reused_ids", _name, _reused(_name, _label))


def _crossed(name: str, labels: tuple[str, ...]) -> Fault:
    def fault(table: pd.DataFrame, group: str, _: str, __: np.random.Generator) -> Planted:
        position, _sizes = _within(table, group, 6)
        return table.assign(**{name: [labels[p % len(labels)] for p in position]}), name

    return fault


_add("crossed", "item", _crossed("item", ("apple", "pear", "fig", "plum", "kiwi", "lime")))
_add("crossed", "rater", _crossed("rater", ("Anna", "Ben", "Cleo", "Dan", "Eve", "Finn")))
_add("crossed", "judge", _crossed("judge", tuple(f"judge{k}" for k in range(6))))


def _wide(*columns: str) -> Fault:
    """Make a table of persons whose measurements stand side by side."""

    def fault(_: pd.DataFrame, __: str, ___: str, rng: np.random.Generator) -> Planted:
        start = rng.normal(50, 10, 48)
        waves = {c: (start + 2 * j + rng.normal(0, 4, 48)).round(1) for j, c in enumerate(columns)}
        return pd.DataFrame({"person": [f"p{i}" for i in range(48)]} | waves), None

    return fault


for _columns in (
    ("x1", "x2", "x3", "x4", "x5"), ("y2001", "y2002", "y2003"), ("score_pre", "score_post"),
    ("pretest", "posttest"), ("2001", "2002", "2003"), ("X2001", "X2002", "X2003"),
    ("score_1", "score_2", "score_3"), ("week1", "week2", "week4"), ("bdi.2m", "bdi.4m", "bdi.6m"),
    ("T1_score", "T2_score", "T3_score"), ("bp_baseline", "bp_week4", "bp_week8"),
    ("Jan", "Feb", "Mar", "Apr"), ("weight_w1", "weight_w2", "weight_w3"),
    ("day 0", "day 7", "day 14"), ("weight_before", "weight_after"), ("math.time1", "math.time2"),
    ("gdp_2001", "gdp_2002", "gdp_2003"),
):  # fmt: skip
    _add("wide_layout", " ".join(_columns), _wide(*_columns))


def _summary(word: str, how: str) -> Fault:
    """Add a row at the end that sums up the others."""

    def fault(table: pd.DataFrame, group: str, _: str, __: np.random.Generator) -> Planted:
        last: dict[str, object] = {
            str(c): getattr(table[c], how)() if pdt.is_numeric_dtype(table[c]) else None
            for c in table
        }
        last[group] = word
        return pd.concat([table.astype({group: str}), pd.DataFrame([last])]), group

    return fault


for _word, _how in {
    "Total": "sum", "TOTAL ": "sum", "Sum": "sum", "All": "mean", "Grand Total": "sum",
    "Mean": "mean", "Overall": "mean", "Average": "mean", "Total:": "sum", "Summe": "sum",
    "All schools": "mean", "Median": "median", "SD": "std", "N": "count",
}.items():  # fmt: skip
    _add("total_row", _word, _summary(_word, _how))


def _subtotals(table: pd.DataFrame, group: str, outcome: str, _: np.random.Generator) -> Planted:
    _within(table, group, 4)
    table = table.astype({group: str})
    parts = []
    for name, rows in table.groupby(group, sort=False):
        parts += [rows, pd.DataFrame([{group: f"{name} Total", outcome: rows[outcome].sum()}])]
    return pd.concat(parts), group


_add("total_row", "one in each group", _subtotals)


def _header(*places: float, case: Callable[[str], str] = str) -> Fault:
    def fault(table: pd.DataFrame, _: str, __: str, ___: np.random.Generator) -> Planted:
        again = pd.DataFrame([[case(str(name)) for name in table]], columns=list(table))
        cuts = [0, *(int(place * len(table)) for place in places), len(table)]
        parts = []
        for start, end in itertools.pairwise(cuts):
            parts += [table.astype(str).iloc[start:end], again]
        return pd.concat(parts[:-1] if places[-1] < 1 else parts[:-2]), None

    return fault


_add("repeated_header", "in the middle", _header(0.5))
_add("repeated_header", "three times", _header(0.2, 0.5, 0.7))
_add("repeated_header", "in capitals", _header(0.5, case=str.upper))


def _singletons(table: pd.DataFrame, group: str, _: str, rng: np.random.Generator) -> Planted:
    count = max(6, int(0.6 * table[group].nunique()))
    new = table.iloc[rng.integers(0, len(table), count)].assign(
        **{group: [f"new {k}" for k in range(count)]}
    )
    return pd.concat([table.astype({group: str}), new]), group


_add("singletons", "many", _singletons)


def _stuck(table: pd.DataFrame, group: str, _: str, rng: np.random.Generator) -> Planted:
    sizes = table[group].value_counts()
    if (sizes > 3).sum() < 5:
        raise NotHere
    exposure = rng.normal(10, 3, len(table)).round(2)
    exposure[table[group].isin(sizes.index[1:3]).to_numpy()] = 9.5
    return table.assign(exposure=exposure), "exposure"


_add("no_spread_in_x", "two groups", _stuck)


def _spelled(change: Callable[[str], str]) -> Fault:
    """Write a quarter of one group's labels another way."""

    def fault(table: pd.DataFrame, group: str, _: str, __: np.random.Generator) -> Planted:
        labels = ("Site no " + table[group].astype(str)).to_numpy(dtype=object)
        usual = pd.Series(labels).value_counts().index[0]
        rows = np.flatnonzero(labels == usual)
        labels[rows[: max(1, len(rows) // 4)]] = change(usual)
        return table.assign(**{group: labels}), group

    return fault


for _style, _change in {
    "capitals": str.upper,
    "small letters": str.lower,
    "blank behind": lambda s: s + " ",
    "blank before": lambda s: " " + s,
    "two blanks": lambda s: s.replace(" ", "  "),
    "no-break space": lambda s: s + "\xa0",
    "no width": lambda s: s + "\u200b",
    "accent": lambda s: s.replace("i", "í", 1),
    "decomposed accent": lambda s: s.replace("i", "i\u0301", 1),
    "tab": lambda s: s + "\t",
    "underscore": lambda s: s.replace(" ", "_"),
    "Cyrillic e": lambda s: s.replace("e", "\u0435", 1),
}.items():
    _add("near_duplicate_levels", _style, _spelled(_change))


def _ids(name: str, make: Callable[[int, np.random.Generator], Any]) -> Fault:
    def fault(table: pd.DataFrame, _: str, __: str, rng: np.random.Generator) -> Planted:
        table = table.copy()
        table.insert(0, name, make(len(table), rng))
        return table, name

    return fault


for _name, _make in {
    "row": lambda n, _: np.arange(1, n + 1),
    "obs": lambda n, _: np.arange(n, 0, -1),
    "uuid": lambda n, rng: [str(uuid.UUID(int=int(v))) for v in rng.choice(10**9, n, False)],
    "participant": lambda n, _: [f"P{k:04d}" for k in range(n)],
    "record_id": lambda n, rng: rng.permutation(n) + 1000,
    "email": lambda n, _: [f"user{k}@example.org" for k in range(n)],
    "code": lambda n, _: [f"{k:05d}" for k in range(n)],
}.items():
    _add("id_like", _name, _ids(_name, _make))


def _two(convert: Callable[[bool], object]) -> Fault:
    def fault(table: pd.DataFrame, _: str, outcome: str, __: np.random.Generator) -> Planted:
        high = table[outcome] > table[outcome].median()
        return table.assign(**{outcome: [convert(bool(h)) for h in high]}), outcome

    return fault


for _style, _convert in {
    "0 and 1": int,
    "1 and 2": lambda h: 1 + h,
    "yes and no": lambda h: "yes" if h else "no",
    "truth values": bool,
    "pass and fail": lambda h: "pass" if h else "fail",
}.items():
    _add("binary_outcome", _style, _two(_convert))


def _near_constant(table: pd.DataFrame, _: str, outcome: str, __: np.random.Generator) -> Planted:
    values = np.zeros(len(table))
    values[: max(1, len(table) // 60)] = 1.5
    return table.assign(**{outcome: values}), outcome


_add("constant_column", "nearly constant outcome", _near_constant)
for _style, _value in {"text": "UK", "number": 3, "empty": None}.items():
    _add(
        "constant_column",
        _style,
        lambda t, g, y, r, v=_value: (t.assign(version_of=v), "version_of"),
    )


def _dates(form: str) -> Fault:
    def fault(table: pd.DataFrame, _: str, __: str, rng: np.random.Generator) -> Planted:
        day = pd.Timestamp("2019-03-05") + pd.to_timedelta(rng.integers(0, 700, len(table)), "D")
        return table.assign(tested=day.strftime(form)), "tested"

    return fault


for _form in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d/%m/%y", "%d %B %Y", "%b %d, %Y",
              "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%d-%b-%Y", "%Y-%m", "%Y/%m/%d", "%Y%m%d",
              "%a, %d %b %Y", "%m/%d/%Y %I:%M %p"):  # fmt: skip
    _add("date_predictor", _form, _dates(_form))


def _same_name(table: pd.DataFrame, _: str, outcome: str, rng: np.random.Generator) -> Planted:
    table = table.assign(other=rng.normal(size=len(table)).round(3))
    table.columns = pd.Index([*table.columns[:-1], outcome])
    return table, None


_add("duplicate_names", "other cells", _same_name)
_add("duplicate_names", "same cells", lambda t, g, y, r: (pd.concat([t, t[[y]]], axis=1), None))


def _slip(kind: str) -> Fault:
    """Add a group-level column with one cell that does not fit."""

    def fault(table: pd.DataFrame, group: str, _: str, rng: np.random.Generator) -> Planted:
        _within(table, group, 3)
        code = pd.factorize(table[group])[0]
        n_groups = int(code.max()) + 1
        first = int(np.flatnonzero(code == np.bincount(code).argmax())[0])
        if kind == "number":
            values = rng.normal(size=n_groups).round(2)[code]
            values[first] += 1.37
            return table.assign(funding=values), "funding"
        if n_groups < 8:
            raise NotHere
        words = np.array(["urban", "rural", "suburb"], dtype=object)
        setting = words[np.arange(n_groups) % 3][code]
        setting[first] = "urban" if setting[first] != "urban" else "rural"
        return table.assign(setting=setting), "setting"

    return fault


_add("varies_within_group", "number", _slip("number"))
_add("varies_within_group", "word", _slip("word"))
