"""The R script: the same three fits by ``lm`` and lme4, beside what was shown."""

from __future__ import annotations

import numpy as np

from core.results import PoolingFits
from core.tables.export import neutralise
from core.takeaway.cleaned import CleanedTable
from core.takeaway.displayed import design_columns, displayed


def quoted(text: str) -> str:
    """Return a text as an R string: nothing in it ends the string or begins a line.

    Examples
    --------
    >>> quoted('a"b'), quoted("x\\ny")
    ('"a\\\\"b"', '"x\\\\u{a}y"')
    """
    out = []
    for char in text:
        if char in '"\\':
            out.append("\\" + char)
        elif char.isprintable():
            out.append(char)
        else:
            out.append(f"\\u{{{ord(char):x}}}")
    return '"' + "".join(out) + '"'


def _vector(values: list[str], indent: str = "  ") -> str:
    return "c(\n" + ",\n".join(f"{indent}{v}" for v in values) + "\n)"


def _number(value: float) -> str:
    return "NA" if not np.isfinite(value) else f"{value:.15g}"


def r_script(fits: PoolingFits, table: CleanedTable, file: str) -> str:
    """Return an R script that refits the model to the table beside it and compares the numbers."""
    shown = displayed(fits)
    fixed = " + ".join(":".join(parts) if parts else "1" for parts in design_columns(fits, table))
    if not fits.data.spec.varying_intercept and not fixed.startswith("1"):
        fixed = "0 + " + fixed
    reml = "TRUE" if fits.spec.criterion == "REML" else "FALSE"
    weights = f", weights = {table.weights}" if table.weights else ""
    legend = [f"#   {made} is {quoted(name)}" for made, name in table.said.items()]
    lines = [
        f"# The table must be the one this script was made for (sha256 {table.sha256}).",
        f'stopifnot("another table" = tools::md5sum("{file}") == "{table.md5}")',
        "",
        "library(lme4)",
        "",
        "# Columns of the table, by what they were called:",
        *legend,
        f'table <- read.csv("{file}", colClasses = c(group = "character"),',
        '                  na.strings = character(), encoding = "UTF-8")',
        "table$group <- factor(table$group)",
        "",
        "# Complete pooling: one line for everybody.",
        f"complete <- lm({table.outcome} ~ {fixed}, table{weights})",
        "",
        "# Partial pooling: the multilevel model. The search starts where it ended on screen.",
        "# Its standard errors are plug-in: they take the estimated variances as known, as the",
        "# full posterior of the screens does not.",
        f"fit <- lmer({table.outcome} ~ {fixed} + {_varying(fits, table)},",
        f"            table{weights}, REML = {reml},",
        f"            start = list(theta = c({_theta(fits)})),",
        '            control = lmerControl(optimizer = "bobyqa", check.nobs.vs.nRE = "ignore",',
        '                                  check.nobs.vs.rankZ = "ignore",',
        '                                  check.nlev.gtreq.5 = "ignore"))',
        "",
        "# What was shown, and what has been computed here.",
        f"what <- {_vector([quoted(name) for name in shown.names])}",
        f"displayed <- {_vector([_number(v) for v in shown.values])}",
        f"groups <- {_vector([quoted(name) for name in map(neutralise, shown.groups)])}",
        "spread <- as.data.frame(VarCorr(fit))",
        'sds <- spread$sdcor[is.na(spread$var2) & spread$grp != "Residual"]',
        "deviations <- as.matrix(ranef(fit)$group)[groups, , drop = FALSE]",
        "recomputed <- c(fixef(fit), sqrt(diag(as.matrix(vcov(fit)))), sds, sigma(fit),",
        "                -2 * as.numeric(logLik(fit)), t(deviations))",
        "comparison <- data.frame(displayed, recomputed = unname(recomputed), row.names = NULL)",
        "print(cbind(what, signif(comparison, 6)), right = FALSE)",
        "scale <- pmax(abs(displayed), 1e-4 * sd(table[[1]]))",
        'cat("Largest relative difference:", ',
        "    signif(max(abs(comparison$recomputed - displayed) / scale), 2), '\\n')",
    ]
    return "\n".join(lines) + "\n"


def _varying(fits: PoolingFits, table: CleanedTable) -> str:
    """Return the varying part: one term, or one for each of independent coefficients."""
    data = fits.data
    names = ["1" if b == 0 else table.terms[data.base[b - 1].name] for b in data.varying]
    if data.spec.correlated or len(names) == 1:
        start = "" if 0 in data.varying else "0 + "
        return f"({start}{' + '.join(names)} | group)"
    each = [name if name == "1" else f"0 + {name}" for name in names]
    return " + ".join(f"({name} | group)" for name in each)


def _theta(fits: PoolingFits) -> str:
    return ", ".join(_number(float(t)) for t in fits.multilevel.theta)
