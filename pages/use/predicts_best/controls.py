"""The controls of the screen Which predicts best."""

from __future__ import annotations

from core.tables.recipe_text import MOST_SEED
from pages._shared.control import Control

#: As many folds as groups.
LEAVE_ONE_OUT = "one"

HOLD_OUT = Control("hold_out", "predicts_best_hold_out", "people", choices=("people", "groups"))
MEASURE = Control("measure", "predicts_best_measure", "rmse", choices=("rmse", "log_score"))
FOLDS = Control("folds", "predicts_best_folds", "10", choices=("5", "10", "20", LEAVE_ONE_OUT))
DEAL = Control("deal", "predicts_best_seed", 0, "whole", low=0, high=MOST_SEED)
CONTROLS = (HOLD_OUT, MEASURE, FOLDS, DEAL)
