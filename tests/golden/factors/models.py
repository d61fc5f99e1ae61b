"""The gold models of several factors as models of ``core``, and what lme4 gave for them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import core
from core.factors_results import FactorsFits
from core.spec import ModelSpec
from core.types import FloatArray

FOLDER = Path(__file__).resolve().parent

MODELS: Mapping[str, Mapping[str, Any]] = {
    "pastes": {"outcome": "strength", "groups": ("batch", "cask"), "within": {"cask": "batch"}},
    "penicillin": {"outcome": "diameter", "groups": ("plate", "sample")},
    "cake": {
        "outcome": "angle",
        "predictors": ("recipe", "temp"),
        "groups": ("replicate", "recipe"),
        "within": {"recipe": "replicate"},
    },
    "oats": {
        "outcome": "yield",
        "predictors": ("nitro", "Variety"),
        "groups": ("Block", "Variety"),
        "within": {"Variety": "Block"},
    },
    "oats_slope": {
        "outcome": "yield",
        "predictors": ("nitro",),
        "groups": ("Block", "Variety"),
        "within": {"Variety": "Block"},
        "varying": {"Block": ("nitro",)},
    },
    "machines": {
        "outcome": "score",
        "predictors": ("Machine",),
        "groups": ("Worker", "Machine"),
        "within": {"Machine": "Worker"},
    },
    "pixel": {
        "outcome": "pixel",
        "predictors": ("day",),
        "groups": ("Dog", "Side"),
        "within": {"Side": "Dog"},
        "varying": {"Dog": ("day",)},
    },
    "wafer": {
        "outcome": "current",
        "predictors": ("voltage",),
        "groups": ("Wafer", "Site"),
        "within": {"Site": "Wafer"},
        "varying": {"Wafer": ("voltage",), "Site": ("voltage",)},
    },
    "oxide": {"outcome": "Thickness", "groups": ("Lot", "Wafer"), "within": {"Wafer": "Lot"}},
    "alfalfa": {
        "outcome": "Yield",
        "predictors": ("Date", "Variety"),
        "groups": ("Block", "Variety"),
        "within": {"Variety": "Block"},
    },
    "stool": {"outcome": "effort", "groups": ("Subject", "Type")},
    "assay": {
        "outcome": "logDens",
        "predictors": ("sample", "dilut"),
        "groups": ("Block", "sample", "dilut"),
        "within": {"sample": "Block", "dilut": "Block"},
    },
    "scotssec": {
        "outcome": "attain",
        "predictors": ("verbal", "sex"),
        "groups": ("primary", "second"),
    },
    "egsingle": {
        "outcome": "math",
        "predictors": ("year",),
        "groups": ("childid", "schoolid"),
        "varying": {"schoolid": ("year",)},
    },
}


@dataclass(frozen=True)
class FactorCase:
    """One model fitted by lme4, and the same model in ``core``."""

    name: str
    gold: Mapping[str, Any]
    table: pd.DataFrame
    criterion: str

    @property
    def spec(self) -> ModelSpec:
        """The model."""
        return ModelSpec(**MODELS[self.name], criterion=self.criterion)

    @property
    def said(self) -> Mapping[str, Any]:
        """What lme4 gave by this criterion."""
        return self.gold[self.criterion]

    def of_factor(self, factor: str) -> tuple[Mapping[str, Any], list[str]]:
        """Return what lme4 says of a factor, and its levels in the words of ``core``."""
        path = self.spec.path_of(factor)
        for key in (":".join(path), ":".join(reversed(path))):
            if key in self.said["factors"]:
                said = self.said["factors"][key]
                turn = key != ":".join(path)
                levels = [":".join(reversed(x.split(":"))) if turn else x for x in said["levels"]]
                return said, levels
        raise KeyError(factor)

    def cov_of(self, factor: str) -> FloatArray:
        """Return lme4's covariance of a factor."""
        path = self.spec.path_of(factor)
        found = self.said["cov"]
        return np.atleast_2d(np.array(found.get(":".join(path), found.get(":".join(path[::-1])))))


@cache
def load(name: str, criterion: str) -> FactorCase:
    """Return a case; text columns, and those in quotes, are categories."""
    gold = json.loads((FOLDER / f"{name}.json").read_text())
    head = (FOLDER / f"{name}.csv").read_text().splitlines()[:2]
    names = [c.strip('"') for c in head[0].split(",")]
    text = {c: str for c, v in zip(names, head[1].split(","), strict=True) if v.startswith('"')}
    table = pd.read_csv(FOLDER / f"{name}.csv", dtype=text, keep_default_na=False)
    return FactorCase(name, gold, table, criterion)


@cache
def fits_of(name: str, criterion: str) -> FactorsFits:
    """Return the three fits of a case."""
    case = load(name, criterion)
    fits = core.fit_all(core.GroupedData.from_table(case.table, case.spec))
    assert isinstance(fits, FactorsFits)
    return fits
