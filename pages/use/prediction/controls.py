"""The controls of the screen Prediction."""

from __future__ import annotations

from core.explore.prediction import scenario
from core.explore.prediction.factors.cases import level_options
from core.explore.prediction.numbers import ESTIMATORS
from core.factors_results import FactorsFits
from pages._shared.control import Control, predictors
from pages._shared.dataset import Shown
from pages._shared.option import Offer


def _settings(shown: Shown) -> dict[str, Offer]:
    settings = scenario.settings(shown.fits, shown.wording)
    return {s.name: Offer(s.default, s.low, s.high, s.choices) for s in settings}


def _levels(shown: Shown) -> dict[str, Offer]:
    if not isinstance(shown.fits, FactorsFits):
        return {}
    return {
        name: Offer(options[0], choices=options)
        for name, options in level_options(shown.fits).items()
    }


WHO = Control("who", "prediction_who", "individual", choices=("individual", "mean"))
LEVEL = Control("level", "prediction_level", 0.9, choices=(0.5, 0.8, 0.9, 0.95))
ALONG = Control(
    "along", "prediction_along_{table}", None, "text", is_private=True, offers=predictors
)
VALUE = Control(
    "value",
    "prediction_value_{table}_{name}",
    None,
    "named",
    is_private=True,
    offers=_settings,
)
LEVELS = Control(
    "levels",
    "prediction_levels_{table}_{name}",
    None,
    "named",
    is_private=True,
    offers=_levels,
)
BY = Control("by", "prediction_estimator", "partial_pooling", choices=ESTIMATORS)
CONTROLS = (WHO, LEVEL, ALONG, VALUE, LEVELS, BY)
