"""Cross-validation of several factors against refits of the table, fold by fold."""

from __future__ import annotations

import numpy as np
import pytest

import core
from core.estimators.factors.refits import subset_factors
from core.exceptions import SpecError
from core.explore.predicts_best.factors.numbers import deal, validate_factors
from tests.golden.factors.models import fits_of, load


@pytest.mark.parametrize("hold_out", ["people", "batch", "cask"])
def test_folds_are_refits_of_the_table(hold_out: str) -> None:
    fits, case = fits_of("pastes", "REML"), load("pastes", "REML")
    found = validate_factors(fits, hold_out, 3, seed=2)
    fold = deal(fits, hold_out, 3, 2)
    table = case.table
    for i in range(3):
        again = core.fit_all(core.GroupedData.from_table(table[fold != i], case.spec))
        for estimator in ("partial_pooling", "complete_pooling", "no_pooling"):
            made = core.predict(again, table[fold == i], estimator=estimator)
            error = (table.loc[fold == i, "strength"] - made["point"]).to_numpy()
            held = found.rows[estimator]
            np.testing.assert_allclose(held.error[fold == i], error, atol=1e-5)
            np.testing.assert_allclose(held.se[fold == i], made["se"].to_numpy(), rtol=1e-4)
    whole = found.summary.set_index("estimator")["n_predicted"]
    assert whole["partial_pooling"] == len(table)
    assert (whole["no_pooling"] == 0) == (hold_out != "people")


def test_some_rows_are_data_of_their_own() -> None:
    fits, case = fits_of("pixel", "REML"), load("pixel", "REML")
    rows = np.flatnonzero((case.table["Dog"] != case.table["Dog"].iloc[0]).to_numpy())
    some = subset_factors(fits.data, rows)
    again = core.GroupedData.from_table(case.table.iloc[rows], case.spec)
    for ours, theirs in zip(some.factors, again.factors, strict=True):
        assert ours.level_names == theirs.level_names
        np.testing.assert_array_equal(ours.sizes, theirs.sizes)
        for name, parent in theirs.outer.items():
            np.testing.assert_array_equal(ours.outer[name], parent)


def test_what_cannot_be_held_out_is_refused() -> None:
    fits = fits_of("penicillin", "REML")
    with pytest.raises(SpecError, match="folds"):
        validate_factors(fits, "sample", 7)
    with pytest.raises(SpecError, match="no factor"):
        validate_factors(fits, "x")
