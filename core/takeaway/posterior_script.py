"""The Python script that draws the full posterior by bambi, beside what was shown."""

from __future__ import annotations

import numpy as np

from core.exceptions import PoolingError
from core.posterior.posterior import Posterior, posterior
from core.results import PoolingFits
from core.takeaway.cleaned import CleanedTable
from core.takeaway.displayed import design_columns

_SCRIPT = """import hashlib
from pathlib import Path

content = Path({file!r}).read_bytes()
assert hashlib.sha256(content).hexdigest() == {sha256!r}, "another table"

# Needs bambi (pip install bambi). It samples, so that numbers agree to about a tenth of a posterior
# standard deviation, not to digits.
import bambi
import numpy as np
import pandas as pd

# Columns of the table, by what they were called:
{legend}
table = pd.read_csv({file!r}, dtype={{"group": str}}, keep_default_na=False)
frame = pd.DataFrame({{
    "outcome": table[{outcome!r}],
    "group": table["group"],
{columns}
}})

# Flat priors, as on the screens: of the average coefficients and of every standard deviation.
flat, half = bambi.Prior("Flat"), bambi.Prior("HalfFlat")
priors = {{name: flat for name in {average!r}}}
for name in {varying!r}:
    priors[name + "|group"] = bambi.Prior("Normal", mu=0, sigma=half)
priors["sigma"] = half
model = bambi.Model({formula!r}, frame, priors=priors, center_predictors=False)
draws = model.fit(
    draws=2000, tune=2000, chains=4, cores=1, target_accept=0.95, random_seed=1, progressbar=False
).posterior

what = [
{what}
]
displayed, spread = np.array({values!r}), np.array({spread!r})
names = {average!r} + [name + "|group_sigma" for name in {varying!r}] + ["sigma"]
recomputed = np.array([float(np.median(draws[name])) for name in names])
comparison = pd.DataFrame({{"what": what, "displayed": displayed, "recomputed": recomputed}})
print(comparison.to_string(index=False, float_format=lambda v: f"{{v:.4g}}"))
largest = np.max(np.abs(recomputed - displayed) / spread)
print("Largest difference in posterior standard deviations:", f"{{largest:.2g}}")
"""


def posterior_script(fits: PoolingFits, table: CleanedTable, file: str) -> str:
    """Return a script that samples the posterior with flat priors and compares; '' for none.

    bambi's groups have independent coefficients and equal weights: correlated models and weighted
    ones have no script, nor have those whose posterior the screens refuse.
    """
    data = fits.data
    if table.weights or (len(data.varying) > 1 and data.spec.correlated):
        return ""
    try:
        made = posterior(fits)
    except PoolingError:
        return ""
    terms = design_columns(fits, table)
    own = [[] if b == 0 else [table.terms[data.base[b - 1].name]] for b in data.varying]
    average = [f"t{i}" if parts else "Intercept" for i, parts in enumerate(terms)]
    varying = [f"v{i}" if parts else "1" for i, parts in enumerate(own)]
    named = zip((*average, *varying), (*terms, *own), strict=True)
    columns = {name: parts for name, parts in named if parts}
    names, values, spread = _displayed(made, fits)
    constant = "1" if "Intercept" in average else "0"
    parts = [constant, *(name for name in average if name != "Intercept")]
    parts += [f"({name} | group)" if name == "1" else f"(0 + {name} | group)" for name in varying]
    return _SCRIPT.format(
        file=file,
        sha256=table.sha256,
        legend="\n".join(f"#   {made} is {name!a}" for made, name in table.said.items()),
        outcome=table.outcome,
        columns="\n".join(
            f'    "{name}": {" * ".join(f"table[{column!r}]" for column in of)},'
            for name, of in columns.items()
        ),
        average=average,
        varying=varying,
        formula=f"outcome ~ {' + '.join(parts)}",
        what="\n".join(f"    {name!a}," for name in names),
        values=values,
        spread=spread,
    )


def _displayed(made: Posterior, fits: PoolingFits) -> tuple[list[str], list[float], list[float]]:
    """Return names, medians and standard deviations of what the script draws."""
    fit = fits.multilevel
    used = np.flatnonzero(np.isfinite(fit.fixef))
    names = [f"coefficient of {fit.fixef_names[i]}, median" for i in used]
    names += [f"sd of the groups: {name}, median" for name in fit.varying_names]
    names.append("sd inside groups, median")
    found = (made.fixef, made.sigma_group, made.sigma_y)
    values = [np.atleast_1d(each.median) for each in found]
    spread = [np.atleast_1d(each.upper - each.lower) / 4.0 for each in found]
    return (
        names,
        np.concatenate([values[0][used], *values[1:]]).tolist(),
        np.concatenate([spread[0][used], *spread[1:]]).tolist(),
    )
