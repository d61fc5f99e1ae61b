"""What the screen about cross-validation shows: differences by group size, and the finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from core.estimators.claims import of_difference
from core.estimators.students_t import t_quantile
from core.explore.prediction.story import NAMES
from core.explore.predicts_best.numbers import CrossValidation
from core.explore.predicts_best.scores import LEVELS
from core.formats import decimals_for, fixed, listed, percent
from core.tables.wording import Wording

Measure: TypeAlias = Literal["rmse", "log_score"]
#: A band of small groups holds 'most of it' from this share on, with at most so many rows.
_MOST, _FEW_ROWS = 0.6, 0.5
#: Relative differences of the RMSE below this are told as none.
_NONE = 5e-4


@dataclass(frozen=True, eq=False)
class ValidationStory:
    """What the screen shows.

    Attributes
    ----------
    title, sentences : str, tuple of str
        The finding, and what else to know; plain text.
    reference : str
        The estimator that the others are compared with.
    differences : DataFrame
        ``band, n_groups, n, estimator, worse, lower, upper``: how much more error (or less
        log score) than the reference on the rows that both predict, with a 95% interval.
        The first band is all rows; a row without a number is not defined.
    coverage : DataFrame
        ``estimator, level, coverage, lower, upper``.
    table : DataFrame
        One row per estimator.
    """

    title: str
    sentences: tuple[str, ...]
    reference: str
    differences: pd.DataFrame
    coverage: pd.DataFrame
    table: pd.DataFrame


def validation_story(found: CrossValidation, wording: Wording, measure: Measure) -> ValidationStory:
    """Return the figures' tables and the sentences of a cross-validation."""
    defined = found.summary.set_index("estimator")["n_predicted"] > 0
    reference = "partial_pooling" if defined["partial_pooling"] else "complete_pooling"
    against = _against(found.differences, reference)
    return ValidationStory(
        title=_title(found, against, reference, wording, measure),
        sentences=_sentences(found, wording),
        reference=reference,
        differences=_difference_table(found, reference, wording, measure),
        coverage=_coverage_table(found),
        table=_table(found, against, reference),
    )


def _against(differences: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the other estimators minus the reference, by estimator."""
    some = differences[differences["reference"] == reference]
    return some.set_index("estimator")


def _difference_table(
    found: CrossValidation, reference: str, wording: Wording, measure: Measure
) -> pd.DataFrame:
    """Return all rows and the bands of group sizes under each other."""
    n_groups = int(found.by_size.drop_duplicates("smallest")["n_groups"].sum())
    whole = found.differences.assign(band=f"all {wording.group.many}", n_groups=n_groups)
    parts = [whole]
    if found.differences_by_size["smallest"].nunique() > 1:
        bands = found.differences_by_size
        names = [
            _band_name(int(a), int(b), wording)
            for a, b in zip(bands["smallest"], bands["largest"], strict=True)
        ]
        parts.append(bands.assign(band=names))
    table = pd.concat(parts, ignore_index=True)
    table = table[table["reference"] == reference]
    worse = table[measure] * (1.0 if measure == "rmse" else -1.0)
    df = np.maximum(table["n_groups"].to_numpy(dtype=np.float64) - 1.0, 1.0)
    half = t_quantile(0.975, df) * table[f"{measure}_se"]
    out = table[["band", "n_groups", "n", "estimator"]].copy()
    out["worse"], out["lower"], out["upper"] = worse, worse - half, worse + half
    return out.reset_index(drop=True)


def _band_name(smallest: int, largest: int, wording: Wording) -> str:
    if smallest == largest:
        return f"with {wording.individual.count(smallest)}"
    return f"with {smallest:,} to {largest:,} {wording.individual.many}"


def _coverage_table(found: CrossValidation) -> pd.DataFrame:
    rows = []
    for line in found.summary.to_dict("records"):
        for level in LEVELS:
            name = f"coverage_{level * 100:.0f}"
            share, se = float(line[name]), float(line[f"{name}_se"])
            rows.append(
                {
                    "estimator": line["estimator"],
                    "level": level,
                    "coverage": share,
                    "lower": max(share - 1.96 * se, 0.0),
                    "upper": min(share + 1.96 * se, 1.0),
                }
            )
    return pd.DataFrame(rows)


def _table(found: CrossValidation, against: pd.DataFrame, reference: str) -> pd.DataFrame:
    """Return the scores of every estimator, and its paired differences to the reference."""
    table = found.summary.set_index("estimator")
    names = [name for name in NAMES if name in table.index]
    table = table.loc[names]
    columns = ("rmse", "rmse_se", "log_score", "log_score_se")
    pairs = against.reindex(table.index)[list(columns)]
    pairs.loc[reference] = 0.0
    out = pd.DataFrame(
        {
            "estimator": [NAMES[name] for name in names],
            "predicted": table["n_predicted"],
            "not defined": table["n_not_defined"],
            "RMSE": table["rmse"],
            "RMSE difference": pairs["rmse"],
            "RMSE difference se": pairs["rmse_se"],
            "log score": table["log_score"],
            "log score difference": pairs["log_score"],
            "log score difference se": pairs["log_score_se"],
            "50% intervals hold": table["coverage_50"],
            "90% intervals hold": table["coverage_90"],
        }
    )
    return out.reset_index(drop=True)


def _who(found: CrossValidation, wording: Wording) -> str:
    if found.hold_out == "people":
        return f"new {wording.individual.many}"
    return f"{wording.individual.many} of new {wording.group.many}"


def _title(
    found: CrossValidation,
    against: pd.DataFrame,
    reference: str,
    wording: Wording,
    measure: Measure,
) -> str:
    """Return who predicts best, by how much, and whether chance could have done that."""
    sign = 1.0 if measure == "rmse" else -1.0
    worse = sign * against[measure]
    if found.hold_out == "people":  # there two-stage is no pooling but for groups left empty
        worse = worse.drop("two_stage", errors="ignore")
    worse = worse.dropna()
    who = _who(found, wording)
    if worse.empty:
        return f"Only {NAMES[reference]} predicts {who}; nothing to compare it with"
    rival = str(worse.idxmin())
    best, other = (reference, rival) if worse[rival] >= 0 else (rival, reference)
    pair = found.differences
    line = pair[(pair["estimator"] == other) & (pair["reference"] == best)].iloc[0]
    size, se = sign * float(line[measure]), float(line[f"{measure}_se"])
    how_much = _how_much(pair, best, other, measure)
    best_name, other_name = NAMES[best], NAMES[other]
    start = best_name[0].upper() + best_name[1:]
    if not how_much:
        what = "error" if measure == "rmse" else "log score"
        return f"{start} and {other_name} predict {who} with next to the same {what}"
    if of_difference(size, se, _quantile(found)).direction != "up":
        what = "smallest error" if measure == "rmse" else "highest log score"
        return (
            f"{start} has the {what} for {who}, but chance could explain its lead over "
            f"{other_name}: {how_much}"
        )
    ending = _where(found, best, other, wording) if measure == "rmse" else ""
    third = _also(found, best, other, measure) if not ending else ""
    return f"{start} predicts {who} best: {how_much} than {other_name}{third}{ending}"


def _also(found: CrossValidation, best: str, other: str, measure: Measure) -> str:
    """Return the lead over the other of complete and no pooling: `` and 6% than no pooling``."""
    pair = found.differences
    for name in ("no_pooling", "complete_pooling"):
        if name not in (best, other) and other != "two_stage":
            line = pair[(pair["estimator"] == name) & (pair["reference"] == best)].iloc[0]
            sign = 1.0 if measure == "rmse" else -1.0
            claim = of_difference(
                sign * float(line[measure]), float(line[f"{measure}_se"]), _quantile(found)
            )
            lead = _how_much(pair, best, name, measure)
            if lead and claim.direction == "up":
                size = lead.removesuffix(" smaller error").removesuffix(" higher")
                return f", {size.removeprefix('log score ')} than {NAMES[name]}"
    return ""


def _quantile(found: CrossValidation) -> float:
    """Return how many standard errors the interval of a difference reaches to each side."""
    return float(t_quantile(0.975, np.array([max(_n_groups(found) - 1.0, 1.0)]))[0])


def _n_groups(found: CrossValidation) -> int:
    return int(found.by_size.drop_duplicates("smallest")["n_groups"].sum())


def _how_much(pair: pd.DataFrame, best: str, other: str, measure: Measure) -> str:
    """Return ``3% smaller error``, or '' where there is no difference to speak of."""
    line = pair[(pair["estimator"] == best) & (pair["reference"] == other)].iloc[0]
    if measure == "log_score":
        return (
            f"log score {fixed(line['log_score'], 3)} higher" if line["log_score"] >= 5e-4 else ""
        )
    base = float(line["reference_rmse"])
    share = -float(line["rmse"]) / base if base > 0 else 0.0
    if share < _NONE:
        return ""
    text = f"{100 * share:.1f}%" if share < 0.0995 else percent(share)
    return f"{text} smaller error"


def _where(found: CrossValidation, best: str, other: str, wording: Wording) -> str:
    """Return in which small groups most of the lead arises, or ''."""
    bands = found.differences_by_size
    some = bands[(bands["estimator"] == other) & (bands["reference"] == best)]
    # Differences of the sums of squares.
    gains = [
        line["n"] * line["rmse"] * (2 * line["reference_rmse"] + line["rmse"]) if line["n"] else 0.0
        for line in some.to_dict("records")
    ]
    rows = some["n"].tolist()
    gain, share = np.cumsum(gains), np.cumsum(rows) / max(sum(rows), 1)
    if len(gains) < 2 or min(gains) < 0 or not gain[-1] > 0:
        return ""
    for i in range(len(gains) - 1):
        if gain[i] >= _MOST * gain[-1] and share[i] <= _FEW_ROWS:
            limit = wording.individual.count(int(some["largest"].iloc[i]))
            return f"; most of it in {wording.group.many} of up to {limit}"
    return ""


def _sentences(found: CrossValidation, wording: Wording) -> tuple[str, ...]:
    """Return what is not defined, and how the intervals held."""
    out = []
    for line in found.summary.to_dict("records"):
        name = NAMES[line["estimator"]]
        label = name[0].upper() + name[1:]
        n = int(line["n_not_defined"])
        if not line["n_predicted"]:
            out.append(f"{label} is not defined for {_who(found, wording)}.")
        elif n:
            out.append(
                f"{label} is not defined for {wording.individual.count(n)} that, held out, leave "
                f"a {wording.group.one} without a line of its own or hold a value that the others "
                "lack. Comparisons are over what both predict."
            )
    held = [
        f"{NAMES[line['estimator']]} {percent(line['coverage_90'])}"
        for line in found.summary.to_dict("records")
        if line["n_predicted"]
    ]
    out.append(f"Of the outcomes, the 90% intervals held: {listed(held)}.")
    return tuple(out)


def differences_alt(story: ValidationStory, axis: str) -> str:
    """Return a description of the figure of differences with its numbers."""
    table = story.differences
    digits = decimals_for(table["worse"], digits=3, most=5)
    parts = [f"{story.title}. Shown: {axis}."]
    for band, rows in table.groupby("band", sort=False):
        told = [
            f"{NAMES[r['estimator']]} {fixed(r['worse'], digits)} ({fixed(r['lower'], digits)} to "
            f"{fixed(r['upper'], digits)})"
            if np.isfinite(r["worse"])
            else f"{NAMES[r['estimator']]} not defined"
            for r in rows.to_dict("records")
        ]
        parts.append(f"{str(band)[:1].upper()}{str(band)[1:]}: {', '.join(told)}.")
    return " ".join(parts)


def coverage_alt(story: ValidationStory) -> str:
    """Return a description of the figure of coverages with its numbers."""
    parts = []
    for level, rows in story.coverage.groupby("level", sort=False):
        told = [
            f"{NAMES[r['estimator']]} {percent(r['coverage'])}"
            if np.isfinite(r["coverage"])
            else f"{NAMES[r['estimator']]} not defined"
            for r in rows.to_dict("records")
        ]
        parts.append(f"{level:.0%} intervals held: {', '.join(told)}.")
    return " ".join(parts)
