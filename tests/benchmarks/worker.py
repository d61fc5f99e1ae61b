"""Time one engine on one saved case, in a process of its own: prints one line of JSON.

    python -m tests.benchmarks.worker ENGINE FOLDER

Runs under any interpreter that has the engine; only the engines of this project import it.
"""

from __future__ import annotations

import json
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: A fit of one table: returns the REML criterion.
Fit = Callable[[pd.DataFrame], float]

ENOUGH_SECONDS = 8.0
MOST_RUNS = 7


def read_case(folder: Path) -> tuple[pd.DataFrame, dict[str, Any], np.ndarray | None]:
    """Return the table (labels as text), the model, and the outcomes to refit if any."""
    columns: dict[str, Any] = {}
    for path in sorted(folder.glob("*.number")):
        columns[path.stem] = np.fromfile(path)
    for path in sorted(folder.glob("*.label")):
        codes = np.fromfile(path).astype(int)
        texts = np.array([f"{path.stem}{i:06d}" for i in range(codes.max() + 1)], dtype=object)
        columns[path.stem] = texts[codes]
    model = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    table = pd.DataFrame(columns)
    outcomes = folder / "outcomes"
    return (
        table,
        model,
        np.fromfile(outcomes).reshape(-1, len(table)) if outcomes.exists() else None,
    )


def peak_memory(*, reset: bool = False) -> float:
    """Return the largest memory so far in MB (Linux; NaN elsewhere), or start anew from now."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return math.nan
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def formula(model: dict[str, Any], *, group: bool) -> str:
    """Return the model in lme4's language, with or without its group part."""
    fixed = "y ~ " + " + ".join(model["predictors"])
    inside = " + ".join(["1", *model["varying"]])
    return f"{fixed} + ({inside} | g)" if group else fixed


def _spec(model: dict[str, Any]) -> Any:
    import core

    predictors, varying = tuple(model["predictors"]), tuple(model["varying"])
    return core.ModelSpec(outcome="y", group="g", predictors=predictors, varying=varying)


def three_fits(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """Complete pooling, no pooling and the multilevel model, from a DataFrame."""
    import core

    spec = _spec(model)

    def fit(table: pd.DataFrame) -> float:
        data = core.GroupedData.from_table(table, spec)
        return core.fit_all(data, engine="moments").multilevel.criterion_value

    return fit


def multilevel_alone(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """The multilevel model from moments that are at hand."""
    import core
    from core.fitting.multilevel import fit_multilevel
    from core.fitting.scaled import scale_model

    data = core.GroupedData.from_table(table, _spec(model))
    moments = core.GroupMoments.from_data(data)

    def fit(table: pd.DataFrame) -> float:
        return fit_multilevel(data, moments, scale_model(data, moments)).criterion_value

    return fit


def statsmodels(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """``MixedLM`` from arrays."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    def fit(table: pd.DataFrame) -> float:
        X = pd.get_dummies(table[model["predictors"]], drop_first=True, dtype=float)
        X.insert(0, "(Intercept)", 1.0)
        Z = X[["(Intercept)", *model["varying"]]]
        return -2.0 * float(MixedLM(table["y"], X, groups=table["g"], exog_re=Z).fit().llf)

    return fit


def mixedlm(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """The package mixedlm."""
    import mixedlm as peer

    return lambda table: float(peer.lmer(formula(model, group=True), table).REMLcrit())


def mixedlm_rs(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """The package mixedlm-rs."""
    import mixedlm_rs as peer

    inside = "~" + " + ".join(["1", *model["varying"]])

    def fit(table: pd.DataFrame) -> float:
        unfitted = peer.mixedlm(formula(model, group=False), table, groups="g", re_formula=inside)
        return -2.0 * float(unfitted.fit().llf)

    return fit


def lme_python(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """The package lme-python."""
    import lme_python as peer

    return lambda table: float(
        peer.lmer(formula(model, group=True), data=table, reml=True).reml_criterion
    )


def interlace(model: dict[str, Any], table: pd.DataFrame) -> Fit:
    """The package interlace-lme."""
    import interlace as peer

    inside = " + ".join(["1", *model["varying"]])

    def fit(table: pd.DataFrame) -> float:
        fixed = formula(model, group=False)
        found = peer.fit(fixed, data=table, random=[f"({inside} | g)"], method="REML")
        return -2.0 * float(found.llf)

    return fit


#: Engine -> (how to make its fit, the distribution whose version is reported).
ENGINES: dict[str, tuple[Callable[[dict[str, Any], pd.DataFrame], Fit], str]] = {
    "three_fits": (three_fits, ""),
    "multilevel_alone": (multilevel_alone, ""),
    "statsmodels": (statsmodels, "statsmodels"),
    "mixedlm": (mixedlm, "mixedlm"),
    "mixedlm_rs": (mixedlm_rs, "mixedlm-rs"),
    "lme_python": (lme_python, "lme-python"),
    "interlace": (interlace, "interlace-lme"),
}


def time_fit(fit: Fit, table: pd.DataFrame) -> dict[str, Any]:
    """Return the median time of several runs; a first run warms up unless it is long."""
    seconds: list[float] = []
    value = math.nan
    while len(seconds) < MOST_RUNS + 1 and sum(seconds) < ENOUGH_SECONDS:
        start = time.perf_counter()
        value = fit(table)
        seconds.append(time.perf_counter() - start)
    counted = seconds[1:] if len(seconds) > 1 else seconds
    return {"seconds": statistics.median(counted), "runs": len(counted), "criterion": value}


def time_refits(fit: Fit, table: pd.DataFrame, outcomes: np.ndarray) -> dict[str, Any]:
    """Return the time of all refits one by one, extrapolated from those that fit into a while."""
    fit(table)
    values: list[float] = []
    start = time.perf_counter()
    for y in outcomes:
        values.append(fit(table.assign(y=y)))
        if time.perf_counter() - start > 2 * ENOUGH_SECONDS and len(values) >= 5:
            break
    spent = time.perf_counter() - start
    total = spent * len(outcomes) / len(values)
    return {"seconds": total, "runs": len(values), "criterion": statistics.mean(values[:5])}


def time_batch(model: dict[str, Any], table: pd.DataFrame, outcomes: np.ndarray) -> dict[str, Any]:
    """Return the time of all refits in lockstep, from the outcomes' rows on."""
    import core
    from core.fitting.replicates import Outcomes, fit_replicates, replicate_design

    data = core.GroupedData.from_table(table, _spec(model))
    x = data.columns["x"].values
    n_groups = data.n_groups

    def sums(values: np.ndarray) -> np.ndarray:
        return np.array([np.bincount(data.group_index, v, minlength=n_groups) for v in values])

    start = time.perf_counter()
    moments = core.GroupMoments.from_data(data)
    design = replicate_design(data, moments)
    mean = sums(outcomes) / moments.n
    centred = outcomes - mean[:, data.group_index]
    own_x = (x - moments.center[1]) / moments.scale[1] - moments.mean[0][data.group_index]
    drawn = Outcomes(mean, sums(centred * own_x)[:, None], sums(centred**2))
    values = fit_replicates(design, drawn).criterion_value
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "runs": len(values), "criterion": float(values[:5].mean())}


def main(engine: str, folder: str) -> None:
    """Time an engine on a saved case and print what was found."""
    warnings.simplefilter("ignore")
    table, model, outcomes = read_case(Path(folder))
    make, distribution = ENGINES[engine]
    fit = make(model, table)
    before = peak_memory(reset=True)
    if outcomes is None:
        found = time_fit(fit, table)
    elif engine == "multilevel_alone":
        found = time_batch(model, table, outcomes)
    else:
        found = time_refits(fit, table, outcomes)
    found["memory"] = peak_memory() - before
    found["version"] = metadata.version(distribution) if distribution else ""
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
