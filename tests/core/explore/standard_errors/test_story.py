"""Why an error is too large: never what the group variance contradicts."""

from __future__ import annotations

import core
from core.explore.standard_errors.error_intervals import coefficient_errors
from core.explore.standard_errors.story import errors_sentences
from core.tables.wording import Wording
from tests.golden.cases import corpus_table


def test_groups_that_differ_are_not_said_to_differ_less_than_chance() -> None:
    """Six states with very unlike incomes, and the average where the year is 0."""
    table = corpus_table("AER__NaturalGas")
    spec = core.ModelSpec("income", "state", predictors=("year",), varying=("year",))
    fits = core.fit_all(core.GroupedData.from_table(table, spec))
    (intercept, _) = errors_sentences(coefficient_errors(fits), fits, Wording())[:2]
    assert fits.multilevel.sigma_group[0] > 0
    assert "less than chance" not in intercept and "little beyond chance" not in intercept
