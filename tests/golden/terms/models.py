"""The gold models with terms as models of ``core``, and what lme4 gave for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from core.keep import Keep
from core.model_terms import Interaction, Log, Power, Spline, Sqrt, Time, ZScore
from core.spec import ModelSpec

FOLDER = Path(__file__).resolve().parent
_GOLDEN, _ASSETS = FOLDER.parent, FOLDER.parents[2] / "assets" / "data"

SLEEP = {"table": "sleepstudy", "outcome": "Reaction", "group": "Subject"}
EXAM = {"table": "exam", "outcome": "normexam", "group": "school"}
DIETOX = {"table": "dietox", "outcome": "Weight", "group": "Pig"}
SQUARE = (Power("x", 2),)
YEARS = Time("date", unit="years", zero="2000-01-01")

#: Models of the simulated table (outcome y, group g), unless they say otherwise.
MODELS: Mapping[str, Mapping[str, Any]] = {
    "square": {"terms": SQUARE},
    "square_slope": {"terms": SQUARE, "varying": ("x",)},
    "square_varies": {"terms": SQUARE, "varying": ("x", "x^2"), "correlated": False},
    "cube": {"terms": (Power("z", 3),)},
    "numbers": {"terms": (Interaction("x", "z"),), "varying": ("x",)},
    "number_category": {"terms": (Interaction("x", "a"),)},
    "number_category_slope": {"terms": (Interaction("x", "a"),), "varying": ("x",)},
    "categories": {"terms": (Interaction("a", "b"),)},
    "three": {"terms": (Interaction("x", "z", "a"),)},
    "three_numbers": {"terms": (Interaction("x", "z", "w"),), "varying": ("x",)},
    "four": {"terms": (Interaction("x", "z", "a", "b"),)},
    "alone": {"predictors": ("x",), "terms": (Interaction("x", "z", alone=True),)},
    "alone_category": {"predictors": ("a",), "terms": (Interaction("a", "x", alone=True),)},
    "log_sqrt": {"predictors": ("z", "p", "w"), "terms": (Log("p"), Sqrt("w"))},
    "log_varies": {"terms": (Log("p"),), "varying": ("log(p)",)},
    "log_beside": {"predictors": ("p",), "terms": (Log("p", instead=False),)},
    "standardised": {"predictors": ("w", "x"), "terms": (ZScore("w"),), "varying": ("x",)},
    "spline": {"predictors": ("z",), "terms": (Spline("z", df=4),)},
    "spline_knots": {
        "predictors": ("z", "x"),
        "terms": (Spline("z", knots=(0, 1.5)),),
        "varying": ("x",),
    },
    "spline_ends": {"terms": (Spline("z", knots=(0, 1.5), boundary=(-0.5, 3)),)},
    "spline_category": {"terms": (Interaction(Spline("z", 3), "b"),)},
    "square_category": {"terms": (Interaction(Power("x", 2), "a"),)},
    "spline_slope": {"predictors": ("z",), "terms": (Spline("z", 3),), "varying": ("z",)},
    "years": {"terms": (YEARS,), "predictors": ("date",), "varying": ("date",)},
    "years_square": {"terms": (YEARS, Power("date", 2))},
    "days": {"terms": (Time("date"),), "predictors": ("date", "x"), "varying": ("x",)},
    "two_levels": {
        "group_predictors": ("u",),
        "terms": (Interaction("x", "z", "u"),),
        "varying": ("x",),
    },
    "filtered": {
        "terms": SQUARE,
        "varying": ("x",),
        "rows": (Keep("a", ("red", "blue")), Keep("w", between=(40, 70)), Keep("z")),
    },
    "sleep_square": {**SLEEP, "terms": (Power("Days", 2),), "varying": ("Days",)},
    "sleep_spline": {**SLEEP, "terms": (Spline("Days", 3),)},
    "exam_sex": {**EXAM, "terms": (Interaction("standLRT", "sex"),), "varying": ("standLRT",)},
    "exam_cube": {**EXAM, "terms": (Power("standLRT", 3),), "varying": ("standLRT",)},
    "dietox_spline": {**DIETOX, "predictors": ("Time", "Cu"), "terms": (Spline("Time", 4),)},
    "dietox_both": {
        **DIETOX,
        "terms": (Interaction(Power("Time", 2), "Cu"),),
        "varying": ("Time",),
    },
}


def spec_of(name: str, criterion: str = "REML") -> ModelSpec:
    """Return a gold model."""
    fields = {"outcome": "y", "group": "g"} | dict(MODELS[name]) | {"criterion": criterion}
    fields.pop("table", None)
    return ModelSpec(**fields)


def table_of(name: str) -> pd.DataFrame:
    """Return the table of a gold model; of the simulated one the rows that its models use."""
    which = MODELS[name].get("table", "simulated")
    table = read(which)
    return table.dropna(subset=["y", "z"]) if which == "simulated" else table


@cache
def read(which: str) -> pd.DataFrame:
    """Return a table by name; shared, never to be changed."""
    places = {"simulated": FOLDER, "dietox": _GOLDEN / "data"}
    group = {"simulated": "g", "dietox": "Pig", "sleepstudy": "Subject", "exam": "school"}
    path = places.get(which, _ASSETS) / f"{which}.csv"
    return pd.read_csv(path, dtype={group[which]: str}, keep_default_na=False, na_values=[""])


@cache
def gold() -> Mapping[str, Any]:
    """Return what R gave: ``models`` by name, and ``bases`` of splines."""
    found: Mapping[str, Any] = json.loads((FOLDER / "results.json").read_text(encoding="utf-8"))
    return found
