"""Models with terms against lme4, and splines against R's ``splines::ns``."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

import core
from core.model_terms import Spline
from core.results import PoolingFits
from core.tables.columns import NumericColumn
from core.tables.grouping.made import parts_of, resolved, values_of
from tests.golden.terms.models import MODELS, gold, spec_of, table_of

#: lme4's optimizers stop within this of the optimum; estimates follow its root.
CRITERION = 1e-5
SHARE = 1e-4


@cache
def fits_of(name: str, criterion: str) -> PoolingFits:
    return core.fit_all(core.GroupedData.from_table(table_of(name), spec_of(name, criterion)))


@pytest.mark.parametrize("criterion", ["REML", "ML"])
@pytest.mark.parametrize("name", MODELS)
def test_a_model_with_terms_is_that_of_lme4(name: str, criterion: str) -> None:
    said = gold()["models"][name][criterion]
    fits = fits_of(name, criterion)
    fit = fits.multilevel
    used = np.isfinite(fit.fixef)
    assert fit.n_obs == said["nobs"]
    assert abs(fit.criterion_value - said["criterion"]) < CRITERION
    se = np.array(said["se"])
    place = _places(tuple(np.array(fit.fixef_names)[used]), said["names"])
    assert used.sum() == len(se) == len(place)
    estimate = np.array(said["estimate"])[place]
    assert np.abs((fit.fixef[used] - estimate) / se[place]).max() < SHARE
    assert fit.fixef_se[used] == pytest.approx(se[place], rel=SHARE)
    assert fit.sigma_y == pytest.approx(said["sigma"], rel=SHARE)
    sds = np.atleast_1d(said["sds"])
    assert fit.sigma_group == pytest.approx(sds, rel=SHARE, abs=SHARE * fit.sigma_y)
    assert fit.optimization.converged


def _places(ours: tuple[str, ...], theirs: list[str]) -> list[int]:
    """Return where R has each of our coefficients."""
    named = [_parts(_as_ours(name)) for name in theirs]
    return [named.index(_parts(name)) for name in ours if _parts(name) in named]


def _parts(name: str) -> frozenset[str]:
    return frozenset(name.split(":"))


def _as_ours(name: str) -> str:
    """Return R's name of a coefficient as ours: ``ns(z, 3)1:byes`` is ``spline(z)[1]:b[yes]``."""
    if name in ("(Intercept)",):
        return name
    out = []
    for part in name.split(":"):
        made = re.sub(r"I\((\w+)\^(\d)\)", r"\1^\2", part)
        made = re.sub(r"ns\((\w+),.*\)(\d)", r"spline(\1)[\2]", made)
        made = made.replace("scale(", "standardised(")
        made = re.sub(r"^(a|b|sex|Cu)(red|green|blue|yes|no|M|F|Cu\d+)$", r"\1[\2]", made)
        out.append({"t": "date", "days": "date", "t^2": "date^2"}.get(made, made))
    return ":".join(out)


@pytest.mark.parametrize("name", MODELS)
def test_predictions_of_fitted_rows_are_their_fitted_values(name: str) -> None:
    said = gold()["models"][name]["REML"]["fitted"]
    fits, table = fits_of(name, "REML"), table_of(name)
    spec = spec_of(name)
    if spec.rows:
        table = table[table["a"].isin(["red", "blue"]) & table["w"].between(40, 70)]
    found = core.predict(fits, table.dropna(subset=[*spec.columns]).head(5))
    assert (found["reason"] == "").all()
    assert found["point"].to_numpy() == pytest.approx(said, rel=SHARE, abs=SHARE)


@pytest.mark.parametrize("case", range(4))
def test_splines_are_those_of_r(case: int) -> None:
    said = gold()["bases"][case]
    x = np.array(said["x"])
    if "df" in said:
        term = Spline("x", df=said["df"])
    else:
        term = Spline("x", knots=tuple(said["knots"]), boundary=tuple(said["boundary"]))
    columns = {"x": NumericColumn("x", x)}
    spec = core.ModelSpec(outcome="y", group="g", terms=(term,))
    (found,) = resolved(spec, columns).terms
    ours = np.column_stack([values_of(parts, columns) for _, parts in parts_of(found, columns)])
    assert ours == pytest.approx(np.array(said["values"]), abs=1e-12)
