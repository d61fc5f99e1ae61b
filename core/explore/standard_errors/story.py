"""Which standard error is too small, and why, in words."""

from __future__ import annotations

import numpy as np

from core.explore.standard_errors.error_intervals import Approach, CoefficientErrors
from core.formats import number
from core.results import PoolingFits
from core.tables.wording import INTERCEPT, Wording

#: Errors closer than this, as a ratio, are told as equal.
ALIKE = 1.15
#: What the likeness of rows must add to the design effect to matter.
_MATTERS = 0.5
#: With fewer groups than this CR1 errs on the small side.
_FEW_GROUPS = 40
#: A cluster-robust error with fewer degrees of freedom than this is weak evidence.
_WEAK_DF = 4.0


def approach_name(approach: Approach, wording: Wording) -> str:
    """Return what an approach is called beside its interval."""
    by = f"by {wording.group.one}"
    return {
        "complete_pooling": "complete pooling",
        "cr1": f"CR1, clustered {by}",
        "cr2": f"CR2, clustered {by}",
        "no_pooling": "no pooling",
        "multilevel": "multilevel",
    }[approach]


def term_label(term: str, fits: PoolingFits, wording: Wording) -> str:
    """Return what a coefficient is called inside a sentence."""
    if term == INTERCEPT:
        return "the intercept" if len(fits.data.terms) > 1 else "the mean"
    return " × ".join(wording.in_sentence(part) for part in _parts(term, fits))


def _parts(term: str, fits: PoolingFits) -> list[str]:
    """Return the columns of an interaction; a name with a colon stays whole."""
    data = fits.data
    found = next(t for t in data.terms if t.name == term)
    if found.base and found.factor >= 0:
        return [data.base[found.base - 1].name, data.group_columns[found.factor][0]]
    return [term]


def worst(found: tuple[CoefficientErrors, ...]) -> CoefficientErrors | None:
    """Return the coefficient whose complete-pooling error is most too small; None if none is.

    The intercept is told of only where nothing else is worse off than can be overlooked.
    """
    small = [each for each in found if each.ratio > ALIKE and each.claim.direction == "up"]
    others = [each for each in small if each.term != INTERCEPT]
    return max(others or small, key=lambda each: each.ratio, default=None)


def errors_title(found: tuple[CoefficientErrors, ...], fits: PoolingFits, wording: Wording) -> str:
    """Return the finding: which complete-pooling error is too small, and by how much."""
    rows = wording.individual.count(fits.data.n_obs)
    bad = worst(found)
    unsure = [e for e in found if e.ratio > ALIKE]
    if bad is None and (unsure or all(_is_weak(each) for each in found if np.isfinite(each.ratio))):
        return (
            f"{wording.group.count(fits.data.n_groups)} can hardly tell whether taking the {rows} "
            "as independent makes a standard error too small"
        )
    if bad is None:
        return (
            f"Taking the {rows} as independent makes no standard error too small here: grouped or "
            "not, the errors are about the same"
        )
    return (
        f"Taking {rows} as independent makes a standard error {number(bad.ratio, 2)} times too "
        f"small: that of {term_label(bad.term, fits, wording)}"
    )


def errors_sentences(
    found: tuple[CoefficientErrors, ...], fits: PoolingFits, wording: Wording
) -> tuple[str, ...]:
    """Return one sentence per coefficient: which error is too small and why, what it is worth."""
    out = [_sentence(each, fits, wording) for each in found]
    out = [sentence for sentence in out if sentence]
    if any(np.isfinite(each.effective_n) for each in found):
        out.append(
            f"What the {wording.individual.many} are worth depends on the question: here it is one "
            f"coefficient of the multilevel model; Variance counts for a plain comparison of "
            f"{wording.group.many}."
        )
    n_groups = fits.data.n_groups
    if n_groups < _FEW_GROUPS:
        out.append(
            f"With {wording.group.count(n_groups)}, CR1 errs on the small side; CR2 corrects for "
            "that, and its degrees of freedom say how little it knows."
        )
    return tuple(out)


def _sentence(each: CoefficientErrors, fits: PoolingFits, wording: Wording) -> str:
    name = term_label(each.term, fits, wording)
    own, ratio = each.se["complete_pooling"], each.ratio
    if not np.isfinite(own):
        return f"'{each.term}' is a combination of other columns: no approach can estimate it."
    if not np.isfinite(ratio):
        return ""
    start = f"{name[:1].upper()}{name[1:]}"
    shown = f"complete pooling {number(own)}, {_others(each)}"
    return f"{start}: {shown}. {_why(each, fits, wording)} {_worth(each, fits, wording)}".strip()


def _others(each: CoefficientErrors) -> str:
    parts = []
    if np.isfinite(each.se["cr2"]):
        df = f"{each.df['cr2']:.0f}" if np.isfinite(each.df["cr2"]) else "?"
        parts.append(f"CR2 {number(each.se['cr2'])} ({df} df)")
    if np.isfinite(each.se["no_pooling"]):
        parts.append(f"no pooling {number(each.se['no_pooling'])}")
    if np.isfinite(each.se["multilevel"]):
        parts.append(f"multilevel {number(each.se['multilevel'])}")
    return ", ".join(parts)


def _why(each: CoefficientErrors, fits: PoolingFits, wording: Wording) -> str:
    many, one = wording.group.many, wording.group.one
    rows = wording.individual.count(fits.data.n_obs)
    groups = wording.group.count(fits.data.n_groups)
    ratio = number(each.ratio, 2)
    if fits.data.n_groups == fits.data.n_obs:
        return (
            f"Every {one} has one row, so there is nothing to cluster: CR2 ({ratio} times) only "
            "allows for an uneven spread."
        )
    is_told = 1.0 / ALIKE <= each.ratio <= ALIKE or each.claim.is_sure
    if not is_told or (each.ratio <= ALIKE and _is_weak(each)):
        return (
            f"The error that respects the {many} is {ratio} times as large as the complete-pooling "
            "one, but so few degrees of freedom do not tell which of the two is nearer."
        )
    if each.level == "group" and each.ratio > ALIKE:
        about = "is about differences between" if each.term == INTERCEPT else "differs only between"
        return (
            f"The complete-pooling error is {ratio} times too small: it counts {rows}, but this "
            f"coefficient {about} {groups}."
        )
    if each.level == "group":
        return _why_not(each, fits, wording)
    if each.level == "cross" and each.ratio > 1.0 / ALIKE:
        return _why_cross(each, fits, wording)
    if each.ratio > ALIKE:
        reason = (
            f"it differs from {one} to {one}, so that {groups} count and not {rows}"
            if each.varies
            else f"{wording.individual.many} of one {one} resemble each other in it"
        )
        return f"The complete-pooling error is {ratio} times too small: {reason}."
    if each.ratio < 1.0 / ALIKE:
        return (
            f"The complete-pooling error is too large (CR2 is {ratio} times as large): it takes "
            f"the differences between {many} for noise, though each {one} makes its own "
            "comparison."
        )
    return (
        f"An individual-level coefficient, compared inside each {one}: the complete-pooling error "
        f"is about right ({ratio} times)."
    )


def _why_not(each: CoefficientErrors, fits: PoolingFits, wording: Wording) -> str:
    """Return why the error of a group-level coefficient is not too small."""
    many, ratio = wording.group.many, number(each.ratio, 2)
    differ = _groups_differ(fits)
    if each.ratio >= 1.0 / ALIKE:
        start = f"A group-level coefficient, yet hardly any difference ({ratio} times)"
        because = f"the {many} differ little beyond chance"
    else:
        start = f"The complete-pooling error is too large (CR2 is {ratio} times as large)"
        because = (
            f"in these data the {many} differ less than chance among {wording.individual.many} "
            "makes them"
        )
    if not differ:
        return f"{start}: {because}."
    if each.term == INTERCEPT and len(fits.data.terms) > 1:
        return (
            f"{start}: the {many} do differ, but where all predictors are 0 the average leans on "
            f"comparisons inside them, of which what sets the {many} apart is no part."
        )
    return f"{start}, though the {many} do differ: the numbers do not say why."


def _groups_differ(fits: PoolingFits) -> bool:
    """Whether the variance between groups matters: a design effect of a half above 1 or more.

    Where the varying predictors have their means (Kish 1965: 1 + (n - 1) ICC).
    """
    model = fits.multilevel_or_none
    if model is None:
        return True
    data = fits.data
    at = np.array([data.base_mean(b) if b else 1.0 for b in data.varying])
    between = float(at @ model.vcov_group @ at)
    icc = between / (between + model.sigma_y**2) if between > 0 else 0.0
    return (data.n_obs / data.n_groups - 1.0) * icc > _MATTERS


def _why_cross(each: CoefficientErrors, fits: PoolingFits, wording: Wording) -> str:
    """Return why the error of a cross-level interaction is too small, or about right."""
    one, ratio = wording.group.one, number(each.ratio, 2)
    about = f"is about how the slope differs from {one} to {one}"
    if each.ratio > ALIKE:
        return (
            f"The complete-pooling error is {ratio} times too small: it counts "
            f"{wording.individual.count(fits.data.n_obs)}, but a cross-level interaction {about}, "
            f"and there are {wording.group.count(fits.data.n_groups)}."
        )
    return (
        f"A cross-level interaction {about}; beyond it the slopes differ little, so the "
        f"complete-pooling error is about right ({ratio} times)."
    )


def _is_weak(each: CoefficientErrors) -> bool:
    """Return whether CR2 has too few degrees of freedom to judge the error by."""
    return bool(np.isfinite(each.se["cr2"]) and not each.df["cr2"] >= _WEAK_DF)


def _worth(each: CoefficientErrors, fits: PoolingFits, wording: Wording) -> str:
    """Return what the rows are worth for this coefficient, in independent ones."""
    worth = each.effective_n
    if not np.isfinite(worth):
        return ""
    n = fits.data.n_obs
    rows = f"{n:,} {wording.individual.many}"
    if worth > n:
        return (
            f"To the multilevel model, which sets the differences between {wording.group.many} "
            f"apart, the {rows} are worth {worth:,.0f} independent ones."
        )
    return f"For this coefficient the {rows} are worth {worth:,.0f} independent ones."


def missing_reason(each: CoefficientErrors, approach: Approach, wording: Wording) -> str:
    """Return why an approach has no error for a coefficient, in two or three words."""
    if np.isfinite(each.se[approach]):
        return ""
    if approach != "no_pooling":
        return "not estimable"
    if each.varies:
        return f"one per {wording.group.one}"
    return f"cannot stand beside {wording.group.one} indicators"


def errors_alt(found: tuple[CoefficientErrors, ...], fits: PoolingFits, wording: Wording) -> str:
    """Return a description of the figure with its numbers."""
    parts = [f"{errors_title(found, fits, wording)}."]
    for each in found:
        shown = "; ".join(
            f"{approach_name(approach, wording)} {number(each.lower[approach])} to "
            f"{number(each.upper[approach])} (se {number(se)})"
            for approach, se in each.se.items()
            if np.isfinite(se)
        )
        parts.append(f"{term_label(each.term, fits, wording)}: {shown}.")
    return " ".join(parts)
