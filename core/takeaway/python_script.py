"""The Python script: the same model by statsmodels, beside what was shown."""

from __future__ import annotations

import numpy as np

from core.results import PoolingFits
from core.tables.export import neutralise
from core.takeaway.cleaned import CleanedTable
from core.takeaway.displayed import design_columns, displayed

_HEAD = """import hashlib
from pathlib import Path

content = Path({file!r}).read_bytes()
assert hashlib.sha256(content).hexdigest() == {sha256!r}, "another table"

import warnings

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

# Columns of the table, by what they were called:
{legend}
table = pd.read_csv({file!r}, dtype={{"group": str}}, keep_default_na=False)
y = table[{outcome!r}].to_numpy(dtype=float)
X = np.column_stack([
{design}
])
Z = np.column_stack([
{varying}
])
groups = table["group"].to_numpy()
{weights}
# Complete pooling: one line for everybody.
complete, *_ = np.linalg.lstsq(X, y, rcond=None)

# Partial pooling: the multilevel model. The search starts where it ended on screen; a variance of
# exactly zero is lifted by a hair, because MixedLM inverts the covariance of the groups.
# Its standard errors are plug-in: they take the estimated variances as known, as the full posterior
# of the screens does not.
rel_cov = np.array({rel_cov!r})
rel_cov += 1e-8 * np.diag(1 / np.maximum((Z**2).mean(axis=0), 1e-300))
start = MixedLMParams.from_components(fe_params=np.array({fixef!r}), cov_re=rel_cov)
free = {free}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    fit = MixedLM(y, X, groups, exog_re=Z, use_sqrt=False).fit(
        start_params=start, reml={reml}, method="bfgs", gtol={gtol}, free=free
    )
Sigma, variance = np.atleast_2d(np.asarray(fit.cov_re)), float(fit.scale)

# Standard errors of the fixed effects given the variances, as lme4 has them: MixedLM's own come
# from the joint Hessian and differ a little on unbalanced data.
precision = np.zeros((X.shape[1], X.shape[1]))
for name in np.unique(groups):
    rows = groups == name
    V = variance * np.eye(rows.sum()) + Z[rows] @ Sigma @ Z[rows].T
    precision += X[rows].T @ np.linalg.solve(V, X[rows])
se = np.sqrt(np.diag(np.linalg.inv(precision)))

# What was shown, and what has been computed here.
what = [
{what}
]
displayed = np.array({values!r})
effects = fit.random_effects
deviations = [np.asarray(effects[name]) for name in {groups!r}]
criterion = -2 * fit.llf{constant}
recomputed = np.concatenate(
    [fit.fe_params, se, np.sqrt(np.diag(Sigma)), [variance**0.5, criterion], *deviations]
)
comparison = pd.DataFrame({{"what": what, "displayed": displayed, "recomputed": recomputed}})
print(comparison.to_string(index=False, float_format=lambda v: f"{{v:.6g}}"))
scale = np.maximum(np.abs(displayed), 1e-4 * y.std())
print("Largest relative difference:", f"{{np.max(np.abs(recomputed - displayed) / scale):.2g}}")
"""


#: MixedLM takes no weights: rows are scaled to one variance, which the likelihood is told of.
_WEIGHTS = """
# Precision weights: every row is scaled by the root of its weight, so that all have one variance.
root = np.sqrt(table["{weights}"].to_numpy(dtype=float))
y, X, Z = root * y, root[:, None] * X, root[:, None] * Z
"""


def python_script(fits: PoolingFits, table: CleanedTable, file: str) -> str:
    """Return a Python script that refits the model to the table beside it and compares."""
    shown, fit, data = displayed(fits), fits.multilevel, fits.data
    used = np.isfinite(fit.fixef)
    legend = [f"#   {made} is {name!a}" for made, name in table.said.items()]
    varying = [
        "np.ones(len(y))" if b == 0 else f'table["{table.terms[data.base[b - 1].name]}"]'
        for b in data.varying
    ]
    independent = not data.spec.correlated and len(varying) > 1
    free = "None"
    if independent:
        free = (
            f"MixedLMParams.from_components(fe_params=np.ones({int(used.sum())}), "
            f"cov_re=np.eye({len(varying)}))"
        )
    return _HEAD.format(
        file=file,
        sha256=table.sha256,
        legend="\n".join(legend),
        outcome=table.outcome,
        design="\n".join(f"    {_product(parts)}," for parts in design_columns(fits, table)),
        varying="\n".join(f"    {name}," for name in varying),
        weights=_WEIGHTS.format(weights=table.weights) if table.weights else "",
        constant=" - 2 * np.log(root).sum()" if table.weights else "",
        rel_cov=(fit.vcov_group / fit.sigma_y**2).tolist(),
        fixef=fit.fixef[used].tolist(),
        free=free,
        reml=fit.criterion == "REML",
        gtol="np.inf" if fit.is_singular else "1e-6",
        what="\n".join(f"    {name!a}," for name in shown.names),
        values=list(shown.values),
        groups=[neutralise(name) for name in shown.groups],
    )


def _product(parts: list[str]) -> str:
    return " * ".join(f'table["{name}"]' for name in parts) or "np.ones(len(y))"
