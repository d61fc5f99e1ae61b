"""``ModelSpec``: what the user asked for, as fields and never as a formula string."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any

from core.exceptions import SpecError
from core.keep import Keep, check_rows
from core.model_terms import Term, check_terms, label_of, r_name
from core.term_rules import design_terms, may_vary, r_term, settled
from core.types import Criterion, WeightKind

#: Grouping factors that a model may have.
MOST_FACTORS = 6
_SURVEY = frozenset(["survey", "sampling", "probability", "design"])
SURVEY_WEIGHTS = (
    "Survey weights, inverse probabilities of being selected, are neither precision nor frequency "
    "weights: taken as either, estimates may be biased and standard errors are wrong. Put what the "
    "selection went by (strata, size, region) among the predictors, or use a design-based method: "
    "R's packages 'survey' and 'svylme', or 'WeMix' for multilevel models."
)


def _as_tuple(value: object, name: str) -> tuple[str, ...]:
    """Return column names as a tuple; a lone string is one column, not its letters."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, Iterable):
        raise SpecError(f"'{name}' must hold column names, got {value!r}.")
    names = tuple(value)
    if not all(isinstance(item, str) for item in names):
        raise SpecError(f"'{name}' must hold column names, got {names!r}.")
    return names


@dataclass(frozen=True)
class ModelSpec:
    """A multilevel model with one grouping factor or several, as the user chose it.

    Parameters
    ----------
    outcome : str
        Column of the outcome ``y`` (numeric).
    group : str
        Column that names the group ``j[i]`` of every row; the first of ``groups``.
    predictors : tuple of str
        Individual-level predictors, numeric or categorical.
    varying : tuple of str
        Predictors whose coefficient varies by group; a subset of ``predictors``.
        ``()`` is a varying intercept alone. For several factors a mapping from factor to
        such a tuple is taken, and this becomes all that vary by any of them.
    varying_intercept : bool
        Whether the intercept varies by group.
    group_predictors : tuple of str
        Group-level predictors: constant within every group.
    cross_level : tuple of (str, str)
        Interactions ``(individual-level predictor, group-level predictor)``.
    correlated : bool
        Whether varying coefficients are correlated; ``False`` is lme4's ``||``.
    criterion : {"REML", "ML"}
        What is minimised to estimate the variances.
    categorical : tuple of str
        Numeric columns to be read as categories.
    reference : mapping of str to str
        Reference level by categorical column; the first level where not given.
    groups : tuple of str
        Several grouping factors, nested or crossed; ``group`` alone is one.
    within : mapping of str to str
        ``{"class": "school"}``: ids of classes start again in every school, so that a class
        is known by both (lme4's ``school:class``).
    varying_by : tuple of (str, tuple of str)
        What varies by which of several factors; made from the mapping ``varying``.
    terms : tuple of Interaction, Power, Spline, Log, Sqrt, ZScore or Time
        What is made of individual-level predictors (``core.model_terms``), with what hierarchy
        adds. What varies, and what a cross-level interaction joins, may be a term by its label.
    rows : tuple of Keep
        Which rows of the table take part; all where empty.
    without : tuple of str
        Predictors that have no coefficient of their own: parts of products asked for alone.
    weights : str
        Column of weights; '' for none.
    weight_kind : {"precision", "frequency"}
        ``precision``: the variance inside groups is ``sigma_y**2 / weight`` (lme4's ``weights``),
        as for means of several measurements. ``frequency``: the row stands for so many equal
        rows. Survey weights are neither and are refused.

    Raises
    ------
    SpecError
        When the fields contradict each other (a column in two roles, a varying
        slope or cross-level interaction without its main effect, nothing varying).
    """

    outcome: str
    group: str = ""
    predictors: tuple[str, ...] = ()
    varying: tuple[str, ...] = ()
    varying_intercept: bool = True
    group_predictors: tuple[str, ...] = ()
    cross_level: tuple[tuple[str, str], ...] = ()
    correlated: bool = True
    criterion: Criterion = "REML"
    categorical: tuple[str, ...] = ()
    reference: Mapping[str, str] = field(default_factory=dict, hash=False)
    groups: tuple[str, ...] = ()
    within: Mapping[str, str] = field(default_factory=dict, hash=False)
    varying_by: tuple[tuple[str, tuple[str, ...]], ...] = ()
    terms: tuple[Term, ...] = ()
    rows: tuple[Keep, ...] = ()
    without: tuple[str, ...] = ()
    weights: str = ""
    weight_kind: WeightKind = "precision"

    def __post_init__(self) -> None:
        self._settle_groups()
        for name in ("predictors", "varying", "group_predictors", "categorical"):
            object.__setattr__(self, name, _as_tuple(getattr(self, name), name))
        object.__setattr__(self, "cross_level", tuple(tuple(pair) for pair in self.cross_level))
        for name in ("reference", "within"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))
        object.__setattr__(self, "rows", check_rows(self.rows))
        self._settle_terms()
        self._check_options()
        self._check_roles()
        self._check_weights()

    def _settle_terms(self) -> None:
        """Take in what hierarchy adds to the terms, so that all of it stands in the fields."""
        object.__setattr__(self, "terms", check_terms(self.terms))
        if self.terms or self.without:
            for name, value in settled(self).items():
                object.__setattr__(self, name, value)

    def __getstate__(self) -> dict[str, Any]:
        state = {f.name: getattr(self, f.name) for f in fields(self)}
        return state | {name: dict(state[name]) for name in ("reference", "within")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            frozen = MappingProxyType(dict(value)) if name in ("reference", "within") else value
            object.__setattr__(self, name, frozen)

    def _settle_groups(self) -> None:
        """Bring the two ways to name factors, and what varies by each, into one form."""
        groups = _as_tuple(self.groups, "groups") or (self.group,)
        if self.group not in ("", groups[0]):
            raise SpecError(
                f"The group is '{self.group}' and the groups begin with '{groups[0]}'. Give one "
                "of the two."
            )
        if not all(groups):
            raise SpecError("A model needs a group: name the column that says who belongs where.")
        if len(groups) > MOST_FACTORS:
            raise SpecError(
                f"{len(groups)} grouping factors are more than the {MOST_FACTORS} that a model "
                "may have. Leave some out."
            )
        object.__setattr__(self, "group", groups[0])
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "varying_by", _varying_by(self, groups))
        if self.varying_by:
            union = dict.fromkeys(name for _, names in self.varying_by for name in names)
            object.__setattr__(self, "varying", tuple(union))

    def _check_options(self) -> None:
        if self.criterion not in ("REML", "ML"):
            raise SpecError(f"criterion must be 'REML' or 'ML', not {self.criterion!r}.")
        if not self.varying_intercept and not self.varying:
            raise SpecError(
                "Nothing varies by group: let the intercept vary, or name a predictor "
                "whose slope varies."
            )
        for pair in self.cross_level:
            if len(pair) != 2:
                raise SpecError(
                    f"A cross-level interaction pairs two columns, got {pair!r}: give "
                    "(individual-level predictor, group-level predictor)."
                )

    def _check_weights(self) -> None:
        if str(self.weight_kind) in _SURVEY:
            raise SpecError(SURVEY_WEIGHTS)
        if self.weight_kind not in ("precision", "frequency"):
            raise SpecError(
                f"weight_kind must be 'precision' or 'frequency', not {self.weight_kind!r}."
            )
        if not isinstance(self.weights, str):
            raise SpecError(f"'weights' names a column, got {type(self.weights).__name__}.")
        if self.weights and self.weights in (self.outcome, *self.groups):
            raise SpecError(
                f"'{self.weights}' cannot be the weight: it is the outcome or a group. Choose "
                "another column."
            )

    def _check_within(self) -> None:
        for inner, outer in self.within.items():
            if inner not in self.groups:
                raise SpecError(
                    f"'{inner}' is to be read within '{outer}', but it is none of the groups: "
                    f"{', '.join(self.groups)}."
                )
            path = [inner]
            while path[-1] in self.within:
                path.append(self.within[path[-1]])
                if path[-1] == self.outcome or path[-1] in path[:-1]:
                    raise SpecError(f"A group cannot lie within itself: {' in '.join(path)}.")

    def _check_roles(self) -> None:
        self._check_within()
        self._check_uses()
        for names in (self.varying, *(names for _, names in self.varying_by)):
            if len(set(names)) < len(names):
                raise SpecError(f"A slope can vary only once: {', '.join(names)}.")
        known = may_vary(self)
        for column in self.varying:
            if column not in known:
                raise SpecError(
                    f"The slope of '{column}' varies by group but '{column}' is not among the "
                    "individual-level predictors. Add it there."
                )
        for individual, group_level in self.cross_level:
            if individual not in known or group_level not in self.group_predictors:
                raise SpecError(
                    f"The cross-level interaction '{individual}:{group_level}' needs "
                    f"'{individual}' among the predictors and '{group_level}' among the "
                    "group-level predictors."
                )

    def _check_uses(self) -> None:
        roles: dict[str, str] = {}
        # A column that only tells groups apart within others may be a predictor besides.
        alone = tuple(name for name in self.groups if name not in self.within)
        named: list[tuple[str, tuple[str, ...]]] = [
            ("outcome", (self.outcome,)),
            ("group", alone),
            ("predictors", self.predictors),
            ("group_predictors", self.group_predictors),
        ]
        for role, columns in named:
            for column in columns:
                if column in roles:
                    raise SpecError(
                        f"Column '{column}' is used as {roles[column]} and as {role}. "
                        "Give every column one role."
                    )
                roles[column] = role
        if len(set(self.groups)) < len(self.groups) or self.outcome in self.groups:
            raise SpecError(f"A column can be a group only once: {', '.join(self.groups)}.")

    def update(self, **changes: Any) -> ModelSpec:
        """Return a copy with some fields changed (checked like a new spec).

        With other groups, what varied by those that stay goes on varying by them.
        """
        if "group" in changes:
            changes = {"groups": (), "within": {}} | changes
        elif "groups" in changes:
            left = _as_tuple(changes["groups"], "groups")
            kept = {a: b for a, b in self.within.items() if a in left}
            by = {name: self.varying_of(name) for name in left if name in self.groups}
            changes = {"group": "", "within": kept, "varying": by} | changes
        if "varying" in changes or "group" in changes:
            changes = {"varying_by": ()} | changes
        return replace(self, **changes)

    def varying_of(self, group: str) -> tuple[str, ...]:
        """Return the predictors whose coefficients vary by one of the factors."""
        return dict(self.varying_by).get(group, ()) if self.varying_by else self.varying

    def label_of(self, group: str) -> str:
        """Return what a factor is known by: 'class', or 'school:class' where ids start again."""
        return ":".join(self.path_of(group))

    def path_of(self, group: str) -> tuple[str, ...]:
        """Return the columns that tell the levels of a factor apart, outermost first."""
        outer = self.within.get(group)
        return (group,) if outer is None else (*self.path_of(outer), group)

    @property
    def has_precision(self) -> bool:
        """Whether rows differ in precision: the variance inside groups is sigma_y**2 / weight."""
        return bool(self.weights) and self.weight_kind == "precision"

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the table that the model reads, outcome and groups first."""
        paths = [name for group in self.groups for name in (group, *self.path_of(group))]
        named = (self.outcome, *paths, *self.predictors, *self.group_predictors)
        named += (self.weights,) if self.weights else ()
        return tuple(dict.fromkeys(named))

    def lme4_formula(self) -> str:
        """Return the formula that gives the same model in R's lme4."""
        fixed = [r_term(self, label_of(t)) for t in design_terms(self)]
        fixed += [r_name(c) for c in self.group_predictors]
        fixed += [f"{r_term(self, a)}:{r_name(b)}" for a, b in self.cross_level]
        left = f"{r_name(self.outcome)} ~ {' + '.join(fixed) or '1'}"
        return " + ".join([left, *(self._lme4_term(group) for group in self.groups)])

    def _lme4_term(self, group: str) -> str:
        """Return what varies by one factor, as lme4 writes it."""
        slopes = self.varying_of(group)
        varying = ["1" if self.varying_intercept else "0"] + [r_term(self, c) for c in slopes]
        if self.varying_intercept and slopes:
            varying = varying[1:]
        bar = "|" if self.correlated or not slopes else "||"
        return f"({' + '.join(varying)} {bar} {':'.join(map(r_name, self.path_of(group)))})"


def _varying_by(
    spec: ModelSpec, groups: tuple[str, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what varies by each of several factors; () for one factor."""
    given: object = spec.varying
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in groups]
        if unknown:
            raise SpecError(
                f"What varies is given for {', '.join(map(repr, unknown))}, but the groups are "
                f"{', '.join(map(repr, groups))}."
            )
        by = {name: _as_tuple(given.get(name, ()), "varying") for name in groups}
        if len(groups) > 1:
            return tuple(by.items())
        object.__setattr__(spec, "varying", by[groups[0]])
        return ()
    if len(groups) == 1:
        return ()
    held = dict(spec.varying_by)
    union = tuple(dict.fromkeys(name for names in held.values() for name in names))
    if _as_tuple(given, "varying") != union:
        raise SpecError(
            "Several factors need to know what varies by which: give varying as "
            f"{{'{groups[0]}': ({', '.join(map(repr, _as_tuple(given, 'varying')))},), "
            f"'{groups[1]}': ()}}, say."
        )
    return tuple((name, held.get(name, ())) for name in groups)
