"""The gold cases as models of ``core``: table, specification, and what lme4 and lm gave."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.spec import ModelSpec
from core.types import FloatArray

FOLDER = Path(__file__).resolve().parent
EXAMPLE_DATA = FOLDER.parents[1] / "assets" / "data"

EXAM = {"outcome": "normexam", "group": "school", "predictors": ("standLRT",)}
RADON = {"outcome": "log_radon", "group": "county", "predictors": ("floor",)}
SLEEP = {"outcome": "Reaction", "group": "Subject", "predictors": ("Days",)}
DYESTUFF = {"outcome": "Yield", "group": "Batch"}
SIMULATED = {"outcome": "y", "group": "g", "predictors": ("x",)}

MODELS: Mapping[str, Mapping[str, Any]] = {
    "dietox": {
        "outcome": "Weight",
        "group": "Pig",
        "predictors": ("Time",),
        "varying": ("Time",),
    },
    "dyestuff": DYESTUFF,
    "dyestuff2": DYESTUFF,
    "exam_int": EXAM,
    "exam_slope": {**EXAM, "varying": ("standLRT",)},
    "exam_grouppred": {**EXAM, "group_predictors": ("schavg",)},
    "exam_cross": {
        **EXAM,
        "varying": ("standLRT",),
        "group_predictors": ("schavg",),
        "cross_level": (("standLRT", "schavg"),),
    },
    "radon_int": RADON,
    "radon_slope": {**RADON, "varying": ("floor",)},
    "radon_u": {**RADON, "group_predictors": ("log_uranium",)},
    "radon_cross": {
        **RADON,
        "varying": ("floor",),
        "group_predictors": ("log_uranium",),
        "cross_level": (("floor", "log_uranium"),),
    },
    "sleepstudy_int": SLEEP,
    "sleepstudy_slope": {**SLEEP, "varying": ("Days",)},
    "sleepstudy_uncorr": {**SLEEP, "varying": ("Days",), "correlated": False},
    "syn_rho95": {**SIMULATED, "varying": ("x",)},
    "syn_scales": {"outcome": "y", "group": "g", "predictors": ("x1", "x2")},
    "syn_singletons": {**SIMULATED, "varying": ("x",)},
    "syn_singletons_int": SIMULATED,
}


def read_text_group(path: Path, group: str) -> pd.DataFrame:
    """Return a table whose group labels are text, exactly as they are written."""
    return pd.read_csv(path, dtype={group: str}, keep_default_na=False, na_values=[""])


def array(values: Sequence[Any]) -> FloatArray:
    """Return nested lists as numbers, null as NaN."""
    return np.array(values, dtype=np.float64)


@dataclass(frozen=True)
class GoldCase:
    """One model fitted by lme4 and lm, and the same model in ``core``."""

    name: str
    gold: Mapping[str, Any]
    table: pd.DataFrame

    def spec(self, criterion: str = "REML") -> ModelSpec:
        """Return the model, to be estimated by REML or ML."""
        return ModelSpec(**MODELS[self.name], criterion=criterion)

    def ranef(self, criterion: str) -> Mapping[str, Any]:
        """Return lme4's conditional modes and variances."""
        (values,) = self.gold["fits"][criterion]["ranef"].values()
        return values

    def vcov_group(self, criterion: str) -> FloatArray:
        """Return the covariance matrix of the varying coefficients.

        lme4 reports the uncorrelated coefficients of ``||`` as factors of their own.
        """
        blocks = [array(b["cov"]) for b in self.gold["fits"][criterion]["varcomp"].values()]
        size = sum(len(block) for block in blocks)
        out, start = np.zeros((size, size)), 0
        for block in blocks:
            stop = start + len(block)
            out[start:stop, start:stop] = block
            start = stop
        return out


@cache
def load_case(name: str) -> GoldCase:
    """Return a gold case by name; its table is shared and must not be changed."""
    gold = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    own = FOLDER / "data" / gold["data_file"]
    path = own if own.exists() else EXAMPLE_DATA / gold["data_file"]
    return GoldCase(name, gold, read_text_group(path, MODELS[name]["group"]))


@cache
def load_corpus() -> Mapping[str, Mapping[str, Any]]:
    """Return lme4's REML results for small real tables, by the table's name."""
    entries = json.loads((FOLDER / "corpus.json").read_text(encoding="utf-8"))
    return {entry["file"].removesuffix(".csv"): entry for entry in entries}


def corpus_table(name: str) -> pd.DataFrame:
    """Return the three columns of a corpus table that its models use."""
    return read_text_group(FOLDER / "corpus" / f"{name}.csv", load_corpus()[name]["group"])


def corpus_spec(name: str, *, slope: bool) -> ModelSpec:
    """Return ``y ~ x + (1 | g)`` or ``y ~ x + (x | g)`` for a corpus table."""
    entry = load_corpus()[name]
    return ModelSpec(
        outcome=entry["outcome"],
        group=entry["group"],
        predictors=(entry["predictor"],),
        varying=(entry["predictor"],) if slope else (),
    )
