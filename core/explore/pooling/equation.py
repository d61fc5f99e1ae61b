r"""The model in symbols: a LaTeX equation with the estimated numbers in it.

Names of columns and levels are escaped for ``\text{...}``; nothing typed by a stranger
reaches the renderer as markup.
"""

from __future__ import annotations

import keyword

from core import escape, formats
from core.explore.pooling.patsy_terms import imports, patsy_term, prepared
from core.formats import number
from core.model_terms import label_of, r_name
from core.results import CompletePoolingFit, MultilevelFit, PoolingFits
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.grouping.design import Term
from core.term_rules import design_terms, term_of
from core.types import FloatArray

_GREEK = ("\\alpha", "\\beta", "\\gamma", "\\delta")
#: Longer names would push the equation off a phone.
_LONGEST = 24


def text_of(name: str) -> str:
    """Return a name as LaTeX text, escaped and not too long."""
    return r"\text{" + escape.for_latex(formats.shorten(name, _LONGEST)) + "}"


def number_of(value: float) -> str:
    """Return a number in LaTeX: real minus, powers of ten as such."""
    text = number(value).replace(formats.MINUS, "-").replace(",", "{,}")
    if "×10" not in text:
        return text
    mantissa, power = text.split("×10")
    digits = power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    return rf"{mantissa} \times 10^{{{digits}}}"


def signed(value: float, is_first: bool) -> str:
    """Return a number with its sign as an operator, without a leading plus."""
    if is_first:
        return number_of(value)
    return f"{'-' if value < 0 else '+'} {number_of(abs(value))}"


def _symbols(k: int) -> list[str]:
    """Return one Greek letter per varying coefficient: alpha, beta, or beta_1, beta_2, ..."""
    if k <= 2:
        return list(_GREEK[:k])
    return [_GREEK[0], *(rf"\beta_{{{i}}}" for i in range(1, k))]


def _coefficient_symbols(data: GroupedData) -> dict[int, str]:
    """Return the symbol of each varying base column: alpha for the intercept."""
    symbols = _symbols(len(data.varying) + (0 not in data.varying))
    if 0 in data.varying:
        return dict(zip(data.varying, symbols, strict=True))
    return dict(zip(data.varying, symbols[1:], strict=True))


def _indexed(symbol: str, index: str) -> str:
    return f"{symbol[:-1]},{index}}}" if symbol.endswith("}") else f"{symbol}_{{{index}}}"


def _base_name(data: GroupedData, base: int) -> str:
    item = data.base[base - 1]
    return text_of(item.name) + "_i"


def _individual_level(data: GroupedData, coef: FloatArray) -> str:
    """Return the first line: the outcome of row i."""
    symbols = _coefficient_symbols(data)
    parts: list[str] = []
    for b in range(len(data.base) + 1):
        factor = "" if b == 0 else r"\," + _base_name(data, b)
        if b in symbols:
            sign = "+ " if parts else ""
            parts.append(f"{sign}{_indexed(symbols[b], 'j[i]')}{factor}")
            continue
        parts += [
            signed(value, not parts) + factor + _group_factor(data, term, "j[i]")
            for term, value in zip(data.terms, coef, strict=True)
            if term.base == b and value == value
        ]
    return rf"{text_of(data.spec.outcome)}_i &= {' '.join(parts)} + \epsilon_i"


def _group_factor(data: GroupedData, term: Term, index: str) -> str:
    if term.factor < 0:
        return ""
    return rf"\,{text_of(data.group_columns[term.factor][0])}_{{{index}}}"


def _group_level(data: GroupedData, coef: FloatArray) -> list[str]:
    """Return one line per varying coefficient: what a group is pulled towards."""
    lines = []
    for b, symbol in _coefficient_symbols(data).items():
        parts: list[str] = []
        for term, value in zip(data.terms, coef, strict=True):
            if term.base == b and value == value:
                parts.append(signed(value, not parts) + _group_factor(data, term, "j"))
        lines.append(rf"{_indexed(symbol, 'j')} &= {' '.join(parts) or '0'} + {_eta(symbol)}")
    return lines


def _eta(symbol: str) -> str:
    return rf"\eta^{{{symbol}}}_{{j}}"


def _distribution(model: MultilevelFit, data: GroupedData) -> list[str]:
    """Return the distributions of the residuals and of the deviations."""
    sd = model.sigma_group
    symbols = list(_coefficient_symbols(data).values())
    spread = _residual(data.spec, model.sigma_y)
    lines = [rf"\epsilon_i &\sim \mathrm{{N}}(0,\ {spread})"]
    lines += [
        rf"{_eta(symbol)} &\sim \mathrm{{N}}(0,\ {number_of(float(s))}^2)"
        for symbol, s in zip(symbols, sd, strict=True)
    ]
    if model.spec.correlated:
        lines += [
            rf"{_rho(symbols, a, b)} &= {formats.fixed(r, 2).replace('−', '-')}"
            for a in range(len(symbols))
            for b in range(a)
            if (r := float(model.correlation[a, b])) == r
        ]
    return lines


def _residual(spec: ModelSpec, sigma_y: float) -> str:
    """Return the residual variance: with precision weights divided by the row's."""
    weight = rf" / {text_of(spec.weights)}_i" if spec.has_precision else ""
    return rf"{number_of(sigma_y)}^2{weight}"


def _rho(symbols: list[str], a: int, b: int) -> str:
    return r"\rho" if len(symbols) == 2 else rf"\rho_{{{symbols[b]}{symbols[a]}}}"


def multilevel_equation(fits: PoolingFits) -> str:
    r"""Return the multilevel model with its estimates as a LaTeX ``aligned`` block.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    model, data = fits.multilevel, fits.data
    lines = [_individual_level(data, model.fixef), *_group_level(data, model.fixef)]
    lines += _distribution(model, data)
    return r"\begin{aligned}" + " \\\\ ".join(lines) + r"\end{aligned}"


def complete_pooling_equation(fits: PoolingFits) -> str:
    r"""Return the complete-pooling line with its estimates as LaTeX."""
    whole: CompletePoolingFit = fits.complete_pooling
    data = fits.data
    parts: list[str] = []
    for term, value in zip(data.terms, whole.coef, strict=True):
        if value != value:
            continue
        factor = r"\," + _base_name(data, term.base) if term.base else ""
        parts.append(signed(value, not parts) + factor + _group_factor(data, term, "j[i]"))
    return (
        rf"\begin{{aligned}}{text_of(data.spec.outcome)}_i &= {' '.join(parts)} + \epsilon_i \\ "
        rf"\epsilon_i &\sim \mathrm{{N}}(0,\ {_residual(data.spec, whole.sigma_y)})\end{{aligned}}"
    )


def mixedlm_call(spec: ModelSpec, categorical: frozenset[str] = frozenset()) -> str:
    """Return the statsmodels call that fits the same model, as Python source.

    Parameters
    ----------
    spec : ModelSpec
    categorical : frozenset of str
        Predictors that are categories (text or coded).

    Returns
    -------
    str
        Source for the reader to run on their own machine: names are quoted as Python and
        patsy literals, so that a hostile one stays a name.
    """
    if len(spec.groups) > 1:
        return _mixedlm_of_factors(spec, categorical)
    fixed = _fixed_part(spec, categorical)
    slopes = [_patsy(c, categorical, spec) for c in spec.varying]
    intercept = "1" if spec.varying_intercept else "0"
    lines = [
        f"{_patsy(spec.outcome, frozenset(), spec)} ~ {fixed}",
        f"groups=table[{spec.group!r}]",
    ]
    arguments = [repr(lines[0]), "table", lines[1]]
    if spec.varying and (spec.correlated or not spec.varying_intercept):
        arguments.append(f"re_formula={' + '.join([intercept, *slopes])!r}")
    elif spec.varying:
        arguments.append("re_formula='1'")
        parts = {c: f"0 + {s}" for c, s in zip(spec.varying, slopes, strict=True)}
        arguments.append(f"vc_formula={parts!r}")
    body = ",\n    ".join(arguments)
    return (
        f"{imports(spec)}\n{prepared(spec)}{_weights_in_python(spec)}"
        f"fit = smf.mixedlm(\n    {body},\n).fit(reml={spec.criterion == 'REML'})"
    )


def _weights_in_python(spec: ModelSpec) -> str:
    """Return what a script does about weights before it fits."""
    if not spec.weights:
        return ""
    if spec.has_precision:
        return (
            "# MixedLM takes no weights: this is the model without them. The script under Take "
            "home\n# scales the rows instead; lme4 takes weights as they are.\n"
        )
    return f"table = table.loc[table.index.repeat(table[{spec.weights!r}])]\n\n"


def _fixed_part(spec: ModelSpec, categorical: frozenset[str]) -> str:
    own = [label_of(t) for t in design_terms(spec)]
    fixed = [_patsy(c, categorical, spec) for c in (*own, *spec.group_predictors)]
    fixed += [
        f"{_patsy(a, categorical, spec)}:{_patsy(b, categorical, spec)}"
        for a, b in spec.cross_level
    ]
    return " + ".join(fixed) or "1"


def _mixedlm_of_factors(spec: ModelSpec, categorical: frozenset[str]) -> str:
    """Return the call for several factors: one group that holds all rows, variance components.

    ``MixedLM`` takes every component as independent, which is said where the model is not.
    """
    parts: dict[str, str] = {}
    is_correlated = False
    for group in spec.groups:
        levels = ":".join(f"C({_patsy(c, frozenset(), spec)})" for c in spec.path_of(group))
        slopes = spec.varying_of(group)
        is_correlated |= spec.correlated and len(slopes) + spec.varying_intercept > 1
        if spec.varying_intercept:
            parts[spec.label_of(group)] = f"0 + {levels}"
        for slope in slopes:
            named = f"{slope} by {spec.label_of(group)}"
            parts[named] = f"0 + {levels}:{_patsy(slope, categorical, spec)}"
    outcome = _patsy(spec.outcome, frozenset(), spec)
    note = "# MixedLM takes intercepts and slopes of one factor as independent.\n"
    return (
        f"{imports(spec, needs_numpy=True)}\n{prepared(spec)}"
        f"{note if is_correlated else ''}"
        f"fit = smf.mixedlm(\n    {f'{outcome} ~ {_fixed_part(spec, categorical)}'!r},\n"
        f"    table,\n    groups=np.ones(len(table)),\n    vc_formula={parts!r},\n"
        f").fit(reml={spec.criterion == 'REML'})"
    )


def _patsy(label: str, categorical: frozenset[str], spec: ModelSpec) -> str:
    """Return a column or a term as patsy reads it: bare when it is an identifier, else quoted."""
    return patsy_term(term_of(spec, label), lambda column: _patsy_column(column, categorical, spec))


def _patsy_column(column: str, categorical: frozenset[str], spec: ModelSpec) -> str:
    name = column if column.isidentifier() and column.isascii() else f"Q({column!r})"
    reserved = {"C", "Q", "I", "np", "cr", "True", "False", "None", "Treatment"}
    if column in reserved or keyword.iskeyword(column):
        name = f"Q({column!r})"
    if column not in categorical and column not in spec.categorical:
        return name
    reference = spec.reference.get(column)
    return f"C({name}, Treatment({reference!r}))" if reference is not None else f"C({name})"


def lmer_call(spec: ModelSpec) -> str:
    """Return the lme4 call that fits the same model, as R source."""
    reml = "" if spec.criterion == "REML" else ", REML = FALSE"
    weights = f", weights = {r_name(spec.weights)}" if spec.has_precision else ""
    kept = " &\n    ".join(f"({keep.r_text()})" for keep in spec.rows)
    rows = f"table <- subset(table,\n    {kept})\n\n" if kept else ""
    if spec.weights and not spec.has_precision:
        column = r_name(spec.weights)
        rows += f"table <- table[rep(seq_len(nrow(table)), table${column}), ]\n\n"
    return (
        f"library(lme4)\n\n{rows}fit <- lmer(\n  {spec.lme4_formula()},\n"
        f"  data = table{weights}{reml}\n)"
    )
