r"""A model with several factors in symbols, with nested subscripts and estimated numbers."""

from __future__ import annotations

from core.explore.pooling.equation import number_of, signed, text_of
from core.factors_results import FactorsFits
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import Factor
from core.tables.grouping.design import Term
from core.types import FloatArray

#: The index of each factor's levels, in the order in which the model names them.
_INDICES = "jklmpq"


def factors_equation(fits: FactorsFits) -> str:
    r"""Return the multilevel model with its estimates as a LaTeX ``aligned`` block.

    A factor that lies in another one is met through it: ``j[k[i]]`` is the school of the class
    of pupil i.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    fit, data = fits.multilevel, fits.data
    varying = [
        " + ".join(_effect(data, factor, base) + _times(data, base) for base in factor.varying)
        for factor in data.factors
    ]
    line = " + ".join([_fixed(data, fit.fixef), *varying, r"\epsilon_i"])
    lines = [rf"{text_of(data.spec.outcome)}_i &= {line}"]
    for factor in data.factors:
        of_factor = fit.factors[factor.name]
        for base, sd in zip(factor.varying, of_factor.sigma_group, strict=True):
            symbol = _symbol(data, factor, base, _index(data, factor))
            lines.append(rf"{symbol} &\sim \mathrm{{N}}(0,\ {number_of(float(sd))}^2)")
        lines += _correlations(data, factor, of_factor.correlation)
    lines.append(rf"\epsilon_i &\sim \mathrm{{N}}(0,\ {number_of(fit.sigma_y)}^2)")
    return r"\begin{aligned}" + " \\\\ ".join(lines) + r"\end{aligned}"


def _correlations(data: FactorsData, factor: Factor, correlation: FloatArray) -> list[str]:
    if not data.spec.correlated:
        return []
    index = _index(data, factor)
    symbols = [_symbol(data, factor, base, index) for base in factor.varying]
    return [
        rf"\mathrm{{cor}}({symbols[a]},\ {symbols[b]}) &= {number_of(r)}"
        for b in range(len(symbols))
        for a in range(b)
        if (r := float(correlation[a, b])) == r
    ]


def factors_complete_equation(fits: FactorsFits) -> str:
    r"""Return the complete-pooling line with its estimates as LaTeX."""
    data, whole = fits.data, fits.complete_pooling
    return (
        rf"\begin{{aligned}}{text_of(data.spec.outcome)}_i &= {_fixed(data, whole.coef)} + "
        rf"\epsilon_i \\ \epsilon_i &\sim \mathrm{{N}}(0,\ {number_of(whole.sigma_y)}^2)"
        r"\end{aligned}"
    )


def _index(data: FactorsData, factor: Factor) -> str:
    return _INDICES[data.factors.index(factor)]


def _of_row(data: FactorsData, factor: Factor) -> str:
    """Return the index of a row's level: ``k[i]``, or ``j[k[i]]`` through a level inside it."""
    inner = [f for f in data.factors if factor.name in f.outer]
    own = _index(data, factor)
    if not inner:
        return f"{own}[i]"
    # The closest one: that which all others inside are inside of.
    closest = min(inner, key=lambda f: (len(f.outer), f.n_levels))
    return f"{own}[{_of_row(data, closest)}]"


def _symbol(data: FactorsData, factor: Factor, base: int, index: str) -> str:
    letter = r"\alpha" if base == 0 else r"\beta"
    slopes = [b for b in factor.varying if b > 0]
    which = f"{slopes.index(base) + 1}," if base and len(slopes) > 1 else ""
    return rf"{letter}^{{{text_of(factor.label)}}}_{{{which}{index}}}"


def _effect(data: FactorsData, factor: Factor, base: int) -> str:
    return _symbol(data, factor, base, _of_row(data, factor))


def _times(data: FactorsData, base: int) -> str:
    return "" if base == 0 else rf"\,{text_of(data.base[base - 1].name)}_i"


def _fixed(data: FactorsData, coef: FloatArray) -> str:
    parts: list[str] = []
    for term, value in zip(data.terms, coef, strict=True):
        if value == value:
            parts.append(signed(value, not parts) + _of_term(data, term))
    return " ".join(parts) or "0"


def _of_term(data: FactorsData, term: Term) -> str:
    out = _times(data, term.base)
    if term.factor >= 0:
        owner = next(f for f in data.factors if term.factor in f.group_columns)
        name = data.cells.group_columns[term.factor][0]
        out += rf"\,{text_of(name)}_{{{_of_row(data, owner)}}}"
    return out
