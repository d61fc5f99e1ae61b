"""The controls of the screen Checks."""

from __future__ import annotations

from core.explore.checks.numbers import checked_columns
from core.factors_results import FactorsFits
from pages._shared.control import Control, coefficients
from pages._shared.dataset import Shown


def _checked(shown: Shown) -> tuple[str, ...]:
    fits = shown.fits
    if isinstance(fits, FactorsFits):
        return fits.data.spec.predictors
    return tuple(checked_columns(fits))


VIEW = Control(
    "view",
    "checks_view",
    "residuals",
    choices=("residuals", "fitted", "along", "effects", "spread", "influence"),
)
ALONG = Control("along", "checks_along", None, "text", is_private=True, offers=_checked)
TERM = Control("term", "checks_term", None, "text", is_private=True, offers=coefficients)
PARAMETER = Control("of", "checks_parameter", None, "text", is_private=True)
CONTROLS = (VIEW, ALONG, TERM, PARAMETER)
