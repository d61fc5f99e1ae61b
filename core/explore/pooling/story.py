"""The findings in words, with the reader's own numbers: headline, figure titles, alt texts.

Every sentence is plain text: names in it are as typed, so escape it for the renderer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.estimators.claims import correlation_claim
from core.estimators.estimates import Estimates, estimates, varying_names
from core.evidence import Agreement
from core.explore.pooling.overshoot import strays, strays_words
from core.formats import count, decimals_for, fixed, listed, number, percent, upper_first
from core.model_terms import label_of
from core.results import MultilevelFit, PoolingFits
from core.tables.columns import NumericColumn
from core.tables.grouped import GroupedData
from core.tables.wording import INTERCEPT, Wording
from core.term_rules import design_terms
from core.types import FloatArray, IntArray

#: Pooling factors closer than this are told as one number.
_SAME_FACTOR = 0.02
#: Shifts smaller than this, relative to the estimate, are rounding.
_ROUNDING = 1e-10


def _span(values: FloatArray, decimals: int) -> str:
    """Return ``0.81 to 1.92``."""
    return f"{fixed(float(np.nanmin(values)), decimals)} to {fixed(np.nanmax(values), decimals)}"


def _decimals(each: Estimates) -> int:
    """Return the decimals that tell the estimates of a coefficient apart."""
    inside = each.partial_pooling if each.has_partial else each.no_pooling
    return decimals_for(inside, digits=3, most=4)


def top_mover(each: Estimates, among: Sequence[int] | IntArray | None = None) -> int | None:
    """Return the group whose estimate partial pooling moves most; None where none moves."""
    shown = np.arange(each.n_groups) if among is None else np.asarray(among, dtype=np.intp)
    size = np.abs(each.shift[shown])
    if not len(shown) or not np.isfinite(size).any():
        return None
    j = int(shown[int(np.nanargmax(size))])
    is_rounding = np.nanmax(size) <= _ROUNDING * abs(float(each.no_pooling[j]))
    return None if is_rounding else j


def moved(each: Estimates, j: int, wording: Wording, how: str = "moves") -> str:
    """Return ``Cook (2 homes) moves from 0.71 to 1.28``."""
    digits = _decimals(each)
    own, pooled = each.no_pooling[j], each.partial_pooling[j]
    while digits < 6 and fixed(own, digits) == fixed(pooled, digits) and own != pooled:
        digits += 1
    size = wording.individual.count(int(each.group_sizes[j]))
    name = wording.group_name(each.group_names[j])
    return f"{name} ({size}) {how} from {fixed(own, digits)} to {fixed(pooled, digits)}"


def _begin(sentence: str, wording: Wording) -> str:
    """Return a sentence with a capital, unless it begins with a name, which stays as typed."""
    return upper_first(sentence) if sentence.startswith(f"{wording.group.one} ") else sentence


def headline(fits: PoolingFits, wording: Wording) -> str:
    """Return the one sentence that sums up what the three fits say."""
    each = estimates(fits)
    groups = wording.group.count(each.n_groups)
    if fits.multilevel_or_none is None:
        return (
            f"Complete and no pooling compare the {groups}; these data admit no multilevel "
            "model, so there is no partial pooling to show."
        )
    if not fits.multilevel_or_none.sigma_group.any():
        return (
            f"The {groups} differ no more than chance would make them: the group variance is "
            "estimated as zero, so partial pooling gives all of them the same line."
        )
    digits = _decimals(each)
    pooled = _span(each.partial_pooling, digits)
    if not each.is_estimable.any():
        return f"No {wording.group.one} has an estimate of its own; partial pooling gives {pooled}."
    own, n_own = _span(each.no_pooling, digits), int(each.is_estimable.sum())
    ranging = f"{groups} range from {own}; partially pooled, from {pooled}"
    if n_own < each.n_groups:
        has = f"have estimates, {own}"
        if n_own == 1:
            has = f"has an estimate, {fixed(float(np.nanmax(each.no_pooling)), digits)}"
        ranging = f"{n_own:,} of {groups} {has}; partially pooled, all range from {pooled}"
    return (
        f"Left alone, {ranging}"
        f"{_far_away(each, fits, wording)}. {pooling_by_size(each, fits, wording)}"
    )


def _far_away(each: Estimates, fits: PoolingFits, wording: Wording) -> str:
    """Return a warning that the intercept stands outside the data, or ''."""
    if each.term != INTERCEPT:
        return f" ({wording.term(each.term, fits.data)})"
    for name in (*fits.spec.varying, *fits.spec.predictors):
        column = fits.data.columns.get(name)
        if has_made_columns(fits.data, name):
            continue  # what is made of it is zero somewhere else
        if isinstance(column, NumericColumn):
            least, _, most = column.span
            if least <= 0 <= most:
                return ""
            return f" (where {wording.in_sentence(name)} = 0, outside the data)"
    return ""


def pooling_by_size(each: Estimates, fits: PoolingFits, wording: Wording) -> str:
    """Return how much the smallest and the largest groups are pooled, as a sentence.

    No rate stands for groups that go past their target without a word about them.
    """
    sizes, factor = each.group_sizes, each.pooling_factor
    small, large = sizes == sizes.min(), sizes == sizes.max()
    least, most = float(np.mean(factor[large])), float(np.mean(factor[small]))
    one, among = wording.group.one, None
    of, what = "", ""
    if len(varying_names(fits)) > 1:
        term = wording.term(each.term, fits.data)
        of, what = f"The {term} of a", f"'s {term}"
    few, many = (wording.individual.count(int(n)) for n in (sizes.min(), sizes.max()))
    if np.ptp(factor) < _SAME_FACTOR:
        text = f"Every {one}{what} is pooled {percent(float(factor.mean()))}"
    elif most > least:
        text = (
            f"{of or 'A'} {one} with {few} is pooled {percent(most)}, "
            f"{'of ' if of else ''}one with {many} {percent(least)}"
        )
        among = small | large
    else:
        text = f"Pooling ranges from {percent(float(factor.min()))} to {percent(factor.max())}"
    words = strays_words(strays(each.way if among is None else each.way[among]))
    return f"{text}; {words}." if words else f"{text}."


def lines_title(each: Estimates, shown: IntArray, wording: Wording) -> str:
    """Return the finding of the small multiples on one page."""
    if not len(shown):
        return f"No {wording.group.one} has a name like that"
    own = each.is_estimable[shown]
    if not own.any():
        return f"No {wording.group.one} on this page has an estimate of its own"
    j = top_mover(each, shown)
    if j is None:
        return wording.group.count(len(shown))
    return _begin(moved(each, j, wording, f"moves most of these {len(shown)},"), wording)


def shrinkage_title(each: Estimates, wording: Wording) -> str:
    """Return the finding of the shrinkage figure."""
    j = top_mover(each)
    if j is None and each.has_partial and each.is_estimable.any():
        return f"Partial pooling leaves every {wording.group.one} where it is"
    if j is None:
        return f"{wording.group.count(each.n_groups)}, complete and no pooling only"
    return _begin(moved(each, j, wording, "moves most of all,"), wording)


def size_halves(each: Estimates) -> tuple[int, float, float] | None:
    """Return how the spread of own estimates compares with the pooled one, by group size.

    Returns
    -------
    (limit, small, large) or None
        ``limit`` splits the groups that have an estimate of their own in half by size;
        ``small`` and ``large`` are sd(no pooling) / sd(partial pooling) of the groups up
        to and above it. None where a half is too small or does not vary.
    """
    known = each.is_estimable & np.isfinite(each.partial_pooling)
    if known.sum() < 8:
        return None
    limit = int(np.median(each.group_sizes[known]))
    ratios = []
    for half in (known & (each.group_sizes <= limit), known & (each.group_sizes > limit)):
        if half.sum() < 3 or not np.ptp(each.partial_pooling[half]) > 0:
            return None
        ratios.append(float(np.std(each.no_pooling[half]) / np.std(each.partial_pooling[half])))
    return limit, ratios[0], ratios[1]


def group_size_title(each: Estimates, wording: Wording) -> str:
    """Return the finding of the group-size figure."""
    if np.ptp(each.group_sizes) == 0:
        size = wording.individual.count(int(each.group_sizes[0]))
        is_same = np.ptp(each.pooling_factor) < _SAME_FACTOR and not any(strays(each.way))
        so = ", so all are pooled to the same degree" if is_same else ""
        return f"Every {wording.group.one} has {size}{so}"
    halves = size_halves(each)
    if halves is None:
        return f"{wording.group.count(each.n_groups)} by size, on their own and partially pooled"
    limit, small, large = halves
    return (
        f"On their own, {wording.group.many} with up to {wording.individual.count(limit)} spread "
        f"{number(small, 2)} times as widely as when pooled, larger ones {number(large, 2)} times"
    )


def map_title(fits: PoolingFits, terms: tuple[str, str], wording: Wording) -> str:
    """Return the finding of the map."""
    own = int(fits.no_pooling.line_estimable.sum())
    total = len(fits.no_pooling.group_names)
    start = f"{own:,} of {wording.group.count(total)} have a line of their own"
    if own == total:
        start = f"All {wording.group.count(total)} have a line of their own"
    model = fits.multilevel_or_none
    if model is None:
        return start
    names = varying_names(fits)
    rho = float(model.correlation[names.index(terms[0]), names.index(terms[1])])
    if not np.isfinite(rho):
        return f"{start}; pooling draws them together"
    one, other = (wording.term(term, fits.data) for term in terms)
    if not fits.spec.correlated:
        return f"{start}; the model keeps {one} and {other} independent"
    found = correlation_claim(model, *terms)
    span = f"{fixed(found.lower, 2)} to {fixed(found.upper, 2)}"
    shown = f"(ρ\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{fixed(rho, 2)}, {span})"
    if not found.is_sure:
        return f"{start}; whether {one} and {other} go together the data do not tell {shown}"
    which = "higher" if found.direction == "up" else "lower"
    return f"{start}; pooled, a higher {one} goes with a {which} {other} {shown}"


def table_title(fits: PoolingFits, wording: Wording) -> str:
    """Return the title of the table."""
    return f"All {wording.group.count(len(fits.no_pooling.group_names))}, three estimates each"


def without_own(each: Estimates, wording: Wording) -> str:
    """Return how many groups have no estimate of their own, or ''."""
    n = int((~each.is_estimable).sum())
    if not n:
        return ""
    have = "has" if n == 1 else "have"
    return f"{wording.group.count(n)} {have} no estimate of their own"


def alt_text(each: Estimates, title: str, axis: str, wording: Wording) -> str:
    """Return a description of a figure of one coefficient, with its numbers."""
    digits = _decimals(each)
    parts = [f"{title}.", f"Shown: {axis} for {wording.group.count(each.n_groups)}."]
    if each.is_estimable.any():
        parts.append(f"No pooling: {_span(each.no_pooling, digits)}.")
    if each.has_partial:
        parts.append(f"Partial pooling: {_span(each.partial_pooling, digits)}.")
    whole = each.complete_pooling
    parts.append(
        f"Complete pooling: {fixed(whole[0], digits)}."
        if np.ptp(whole) == 0
        else f"Complete pooling: {_span(whole, digits)}."
    )
    j = top_mover(each)
    if j is not None and each.has_partial:
        parts.append(f"Largest shift: {moved(each, j, wording)}.")
    missing = without_own(each, wording)
    if missing:
        parts.append(f"{missing}.")
    return " ".join(parts)


def lines_alt(each: Estimates, shown: IntArray, wording: Wording, data: GroupedData) -> str:
    """Return a description of the small multiples, with the numbers of their groups."""
    digits = _decimals(each)
    parts = [
        f"{lines_title(each, shown, wording)}.",
        f"Shown: the {wording.individual.many} and three lines of "
        f"{wording.group.count(len(shown))}. {upper_first(wording.term(each.term, data))}, "
        "no pooling and partial pooling:",
    ]
    for j in shown:
        own = fixed(each.no_pooling[j], digits) if each.is_estimable[j] else "not estimable"
        pooled = fixed(each.partial_pooling[j], digits)
        size = wording.individual.count(int(each.group_sizes[j]))
        parts.append(f"{each.group_names[j]} ({size}) {own}, {pooled};")
    return " ".join(parts)[:-1] + "."


def map_alt(fits: PoolingFits, terms: tuple[str, str], wording: Wording) -> str:
    """Return a description of the map, with its numbers."""
    x, y = estimates(fits, terms[0]), estimates(fits, terms[1])
    parts = [f"{map_title(fits, terms, wording)}."]
    for name, each in (("Horizontal", x), ("Vertical", y)):
        digits, axis = _decimals(each), wording.term_axis(each.term, fits.data)
        own = _span(each.no_pooling, digits) if each.is_estimable.any() else "none"
        parts.append(f"{name}: {axis}, no pooling {own}")
        if each.has_partial:
            parts[-1] += f", partial pooling {_span(each.partial_pooling, digits)}"
        parts[-1] += "."
    j = top_mover(x)
    if j is not None and x.has_partial:
        parts.append(f"Largest shift across: {moved(x, j, wording)}.")
    return " ".join(parts)


def context(fits: PoolingFits, wording: Wording) -> str:
    """Return what is on screen: how much data, and which model, told apart from every other."""
    data, spec = fits.data, fits.spec
    rows = f"{wording.individual.count(data.n_obs)} in {wording.group.count(data.n_groups)}"
    own = [label_of(term) for term in design_terms(spec)]
    columns = (*own, *spec.group_predictors)
    by = f" by {listed(map(wording.in_sentence, columns), 8)}" if columns else ""
    outcome = wording.in_sentence(spec.outcome)
    weighed = weighing(fits, wording)
    return f"{rows}: {outcome}{by}; {structure(fits, wording)} ({spec.criterion}){weighed}"


def weighing(fits: PoolingFits, wording: Wording) -> str:
    """Return how rows are weighted, for the end of a line: ``; weighted by w (precision)``."""
    spec = fits.spec
    if not spec.weights:
        return ""
    name = wording.in_sentence(spec.weights)
    if spec.has_precision:
        return f"; weighted by {name} (precision: variance divided by it)"
    return f"; every row counted as often as {name} says (frequency)"


def has_made_columns(data: GroupedData, name: str) -> bool:
    """Return whether a predictor enters only as what is made of it, such as its logarithm."""
    own = [b for b in data.base if b.depends_on(name) and len(b.made_of) == 1]
    return bool(own) and all(b.parts for b in own)


def structure(fits: PoolingFits, wording: Wording) -> str:
    """Return what varies by group, and whether it varies together: 'varying intercept'."""
    data, spec = fits.data, fits.spec
    names = varying_names(fits)
    varies = f"varying {listed((wording.term(name, data) for name in names), 8)}"
    if len(names) > 1:
        varies += ", correlated" if spec.correlated else ", uncorrelated"
    crossed = [f"{wording.in_sentence(a)} × {wording.in_sentence(b)}" for a, b in spec.cross_level]
    return varies + (f", with {listed(crossed, 8)}" if crossed else "")


def agreement_sentence(fit: MultilevelFit, found: Agreement | None) -> str:
    """Return what the reference engine, statsmodels' MixedLM, says of a fit, and why if it differs.

    Parameters
    ----------
    found : Agreement or None
        None where the table is too large for MixedLM to be asked while somebody waits.
    """
    if found is None:
        return (
            f"statsmodels' MixedLM was not asked: {fit.n_obs:,} rows in {fit.n_groups:,} groups "
            "would keep it busy for longer than a moment."
        )
    if found.digits >= 4:
        return (
            "statsmodels' MixedLM, asked about the same estimates, agrees to "
            f"{count(found.digits, 'digit')} (criterion, coefficients, groups' deviations)."
        )
    if fit.is_singular:
        why = (
            "It cannot hold a variance of exactly zero or a correlation of exactly one, and was "
            "asked about fits close to it."
        )
        if found.digits:
            return f"statsmodels' MixedLM agrees to {count(found.digits, 'digit')}. {why}"
        return f"statsmodels' MixedLM has no answer of use here. {why}"
    what = f"its criterion is {number(abs(found.criterion_gap), 2)} away"
    why = "Which of the two is right cannot be told from here: compare with lme4."
    if found.criterion_gap > 0:
        why = "The fit shown has the lower criterion, so it is the better one."
    return f"statsmodels' MixedLM does not quite agree: {what}. {why}"
