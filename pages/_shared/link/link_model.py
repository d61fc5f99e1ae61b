"""The model in a link: roles and structure as query parameters, and back.

Pure functions. A parameter stands in a link only where it differs from the model that its
table starts with. Columns of an uploaded table appear by their number, never by their name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.exceptions import SpecError
from core.model_terms import Term, columns_of
from core.spec import ModelSpec
from core.term_rules import term_of
from pages._shared.link.link_terms import read_rows, read_terms, write_rows, write_terms

#: Parameters as a link holds them: every name with its values, in order.
Params = dict[str, tuple[str, ...]]

#: What a link may say about the model.
NAMES = (
    "y",
    "group",
    "also",
    "restart",
    "slope_by",
    "x",
    "u",
    "slope",
    "cross",
    "categorical",
    "ref",
    "uncorrelated",
    "criterion",
    "weights",
    "weigh",
    "made",
    "alone",
    "keep",
)

#: The digest of the header that a model of a private table belongs to.
HEADER = "header"

_BETWEEN, _LEVEL = "*", ":"


class Columns:
    """How columns are written in a link: by name, or by number where names are private."""

    def __init__(
        self,
        names: Sequence[str],
        *,
        is_private: bool = False,
        levels: Callable[[str], Sequence[str]] | None = None,
    ) -> None:
        self.names = tuple(names)
        self.is_private = is_private
        self._levels = levels

    def write_level(self, column: str, level: str) -> str | None:
        """Return what stands for a level: its place where names are private; None if unknown."""
        if not self.is_private:
            return level
        known = [] if self._levels is None else list(self._levels(column))
        return str(known.index(level) + 1) if level in known else None

    def read_level(self, column: str, text: str) -> str:
        """Return the level that a text stands for.

        Raises
        ------
        SpecError
            When the column has no such level.
        """
        if not self.is_private:
            return text
        known = [] if self._levels is None else list(self._levels(column))
        place = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
        if not 1 <= place <= len(known):
            raise SpecError(f"A column of the table has no value number '{text[:60]}'.")
        return known[place - 1]

    @property
    def digest(self) -> str:
        """What tells this header from others, and nothing of its names."""
        text = "\x1f".join((str(len(self.names)), *self.names))
        return hashlib.sha256(text.encode()).hexdigest()[:10]

    def write(self, name: str) -> str:
        """Return what stands for a column."""
        return str(self.names.index(name) + 1) if self.is_private else name

    def read(self, text: str) -> str:
        """Return the column that a text stands for.

        Raises
        ------
        SpecError
            When the table has no such column.
        """
        if self.is_private:
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0
            if 1 <= number <= len(self.names):
                return self.names[number - 1]
        elif text in self.names:
            return text
        raise SpecError(f"The table has no column '{text[:60]}'.")

    def write_pair(self, pair: tuple[str, str]) -> str:
        """Return what stands for an interaction."""
        return _BETWEEN.join(map(self.write, pair))

    def read_pair(self, text: str, left: Sequence[str], right: Sequence[str]) -> tuple[str, str]:
        """Return the interaction of columns that a text stands for (names may hold the mark)."""
        for pair in ((a, b) for a in left for b in right):
            if self.write_pair(pair) == text:
                return pair
        raise SpecError(f"No interaction '{text[:60]}' can be made of the predictors of the link.")


def write(spec: ModelSpec, start: ModelSpec | None, columns: Columns) -> Params:
    """Return the parameters that turn the model ``start`` into ``spec``.

    Of a private table outcome and group are always said, and nothing else is assumed.
    """
    every = _all(spec, columns)
    usual = _all(start or _bare(columns), columns)
    always = ("y", "group") if columns.is_private else ()
    found = {n: v for n, v in every.items() if n in always or usual[n] != v}
    return found | ({HEADER: (columns.digest,)} if columns.is_private else {})


def belongs(params: Mapping[str, tuple[str, ...]], columns: Columns) -> bool | None:
    """Return whether a model was made for a table with these columns; None where it is not said.

    Columns of a private table stand in a link by their number: put on another table they would
    be other columns, without a word.
    """
    return params[HEADER][-1] == columns.digest if HEADER in params else None


def _bare(columns: Columns) -> ModelSpec:
    """Return the model that knows only two columns: the start where nothing is known."""
    if len(columns.names) < 2:
        raise SpecError("A model needs a column for the outcome and one for the group.")
    return ModelSpec(outcome=columns.names[0], group=columns.names[1])


def _all(spec: ModelSpec, columns: Columns) -> Params:
    def many(names: Sequence[str]) -> tuple[str, ...]:
        return tuple(columns.write(n) for n in names)

    levels = () if columns.is_private else tuple(sorted(spec.reference.items()))
    return {
        "y": many([spec.outcome]),
        "group": many([spec.group]),
        "also": many(spec.groups[1:]) or ("",),
        "restart": tuple(map(columns.write_pair, spec.within.items())) or ("",),
        "slope_by": many(_slope_by(spec)) or ("",),
        "x": many(spec.predictors) or ("",),
        "u": many(spec.group_predictors) or ("",),
        "slope": tuple(_write_varying(name, spec, columns) for name in spec.varying) or ("",),
        "cross": tuple(map(columns.write_pair, spec.cross_level)) or ("",),
        "categorical": many(spec.categorical) or ("",),
        "ref": tuple(f"{c}{_LEVEL}{v}" for c, v in levels) or ("",),
        "uncorrelated": ("0",) if spec.correlated else ("1",),
        "criterion": (spec.criterion,),
        "weights": (columns.write(spec.weights) if spec.weights else "",),
        "weigh": (spec.weight_kind,),
        "made": write_terms(spec.terms, columns) or ("",),
        "alone": many(spec.without) or ("",),
        "keep": write_rows(spec.rows, columns) or ("",),
    }


def read(
    params: Mapping[str, tuple[str, ...]], start: ModelSpec | None, columns: Columns
) -> ModelSpec:
    """Return the model of a link.

    Parameters
    ----------
    params : mapping
        As a link holds them; names that do not concern the model are ignored.
    start : ModelSpec, optional
        What holds where the link is silent; for a private table nothing is assumed.
    columns : Columns
        Those of the table.

    Raises
    ------
    SpecError
        When the parameters name a column that is not there, or contradict each other.
    """

    start = _bare(columns) if start is None else start

    def many(name: str, usual: tuple[str, ...]) -> tuple[str, ...]:
        if name not in params:
            return usual
        return tuple(columns.read(text) for text in params[name] if text)

    def word(name: str, usual: str, allowed: tuple[str, ...]) -> str:
        text = params.get(name, (usual,))[-1]
        if text not in allowed:
            raise SpecError(f"'{name}' must be one of {', '.join(allowed)}, not '{text[:60]}'.")
        return text

    outcome = columns.read(params["y"][-1]) if "y" in params else start.outcome
    group = columns.read(params["group"][-1]) if "group" in params else start.group
    also = _without(many("also", start.groups[1:]), {outcome, group}, "also" in params)
    taken = {outcome, group, *also}
    x = _without(many("x", start.predictors), taken, "x" in params)
    u = _without(many("u", start.group_predictors), taken | set(x), "u" in params)
    terms = _terms(params, start, x, columns)
    labels = {_write_label(t, columns): t.label for t in terms}
    slope = tuple(c for c in start.varying if c in (*x, *labels.values()))
    if "slope" in params:
        slope = tuple(labels.get(t) or columns.read(t) for t in params["slope"] if t)
    pairs = [p for p in start.cross_level if p[0] in x and p[1] in u]
    if "cross" in params:
        pairs = [columns.read_pair(text, x, u) for text in params["cross"] if text]
    usual = "0" if start.correlated else "1"
    weights = columns.read(params["weights"][-1]) if params.get("weights", ("",))[-1] else ""
    if "weights" not in params and start.weights not in (outcome, group, *also):
        weights = start.weights
    weigh = word("weigh", start.weight_kind, ("precision", "frequency"))
    groups = (group, *also)
    within = {a: b for a, b in start.within.items() if {a, b} <= set(groups)}
    if "restart" in params:
        within = dict(columns.read_pair(text, groups, groups) for text in params["restart"] if text)
    by = many("slope_by", tuple(g for g in _slope_by(start) if g in groups))
    return ModelSpec(
        outcome=outcome,
        **_factors(groups, within, slope, by),
        predictors=x,
        group_predictors=u,
        cross_level=tuple(pairs),
        correlated=word("uncorrelated", usual, ("0", "1")) == "0",
        criterion="ML" if word("criterion", start.criterion, ("REML", "ML")) == "ML" else "REML",
        categorical=many("categorical", tuple(c for c in start.categorical if c in (*x, *u))),
        reference=_references(params, start, (*x, *u)),
        weights=weights,
        weight_kind="frequency" if weigh == "frequency" else "precision",
        terms=terms,
        without=tuple(c for c in many("alone", start.without) if c in x),
        rows=read_rows(params["keep"], columns) if "keep" in params else start.rows,
    )


def _terms(
    params: Mapping[str, tuple[str, ...]], start: ModelSpec, x: tuple[str, ...], columns: Columns
) -> tuple[Term, ...]:
    """Return the terms of a link, else those of the start whose predictors are there."""
    if "made" in params:
        return read_terms(params["made"], columns)
    return tuple(t for t in start.terms if set(columns_of(t)) <= set(x))


def _write_varying(name: str, spec: ModelSpec, columns: Columns) -> str:
    """Return what stands for what varies: a column, or a term as the link writes it."""
    term = term_of(spec, name)
    return columns.write(term) if isinstance(term, str) else _write_label(term, columns)


def _write_label(term: Term, columns: Columns) -> str:
    return write_terms((term,), columns)[0]


def _slope_by(spec: ModelSpec) -> tuple[str, ...]:
    """Return the factors by which slopes vary, of several."""
    return tuple(g for g in spec.groups if spec.varying_of(g)) if len(spec.groups) > 1 else ()


def _factors(
    groups: tuple[str, ...], within: dict[str, str], slope: tuple[str, ...], by: tuple[str, ...]
) -> dict[str, Any]:
    """Return the grouping columns of a specification and what varies by each."""
    if len(groups) == 1:
        return {"group": groups[0], "varying": slope}
    where = by or groups[:1]
    varying = {g: slope if g in where else () for g in groups}
    return {"groups": groups, "within": within, "varying": varying}


def _without(names: tuple[str, ...], taken: set[str], is_said: bool) -> tuple[str, ...]:
    """Drop columns that a link gave another role, but only from a list it is silent about."""
    return names if is_said else tuple(n for n in names if n not in taken)


def _references(
    params: Mapping[str, tuple[str, ...]], start: ModelSpec, used: tuple[str, ...]
) -> dict[str, str]:
    if "ref" not in params:
        return {c: v for c, v in start.reference.items() if c in used}
    found = {}
    for text in filter(None, params["ref"]):
        column = next((c for c in used if text.startswith(c + _LEVEL)), None)
        if column is None:
            raise SpecError(f"The reference '{text[:60]}' is of no predictor of the link.")
        found[column] = text[len(column) + len(_LEVEL) :]
    return found
