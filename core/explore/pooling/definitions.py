"""How the columns that were made by recipes follow from those they were made from."""

from __future__ import annotations

from collections.abc import Iterable

from core.escape import for_latex
from core.results import PoolingFits
from core.tables.fix import Fix
from core.tables.transform import CentreGroupMean, Recipe


def definitions(fixes: Iterable[Fix], fits: PoolingFits) -> list[str]:
    r"""Return one LaTeX equation for every made column that the model uses.

    Parameters
    ----------
    fixes : iterable of Fix
        What was done to the table, in order; only recipes make columns.
    fits : PoolingFits
    """
    used = {*fits.data.spec.predictors, *fits.data.spec.group_predictors}
    found: dict[str, str] = {}
    for fix in fixes:
        if not isinstance(fix, Recipe):
            continue
        made = {fix.names[0]: fix.equation}
        if isinstance(fix, CentreGroupMean):
            made[fix.group_names[0]] = rf"\overline{{{fix.symbol}}}_{{j}}"
        found |= {name: body for name, body in made.items() if name in used}
    return [rf"\text{{{for_latex(name)}}} = {body}" for name, body in found.items()]
