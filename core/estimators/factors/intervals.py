"""Profile-likelihood intervals of the variances of several factors, and of their shares."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import chdtri, ndtri

from core.estimators.factors.paths import Asked, ends_of, task_of
from core.estimators.factors.satterthwaite import variance_information
from core.estimators.factors.system import solved_of
from core.factors_results import FactorsFits
from core.fitting.factors.factor_search import LARGE, covariances_of
from core.tables.wording import INTERCEPT
from core.types import FloatArray

#: What rows differ by when all levels are known.
RESIDUAL = "residual"
PROFILE, WALD = "profile likelihood", "Wald, on a log scale: the table is large"


def variance_intervals(fits: FactorsFits, level: float = 0.95) -> pd.DataFrame:
    """Return every sd, and the share of every factor in the variance, with intervals.

    Returns
    -------
    DataFrame
        ``quantity`` ("sd" or "share"), ``level`` (the factor's label, or "residual"), ``term``
        ("" for the residuals and shares), ``estimate`` (of the fit), ``lower``, ``upper``,
        ``source``. Shares are of the variance where predictors whose slopes vary are 0, of
        factors whose intercept varies.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.

    Notes
    -----
    Profiles of the plain likelihood, whichever criterion was fitted, as lme4's ``confint``;
    Wald intervals on the log or logit scale where one value of the likelihood takes too long.
    """
    frame = _quantities(fits)
    asked = _asked(fits)
    solved = solved_of(fits)
    ends = _wald(fits, asked, level)
    frame["source"] = WALD
    if solved.problem.work <= LARGE:
        task = task_of(solved.problem)
        cut = float(np.sqrt(chdtri(1, 1.0 - level)))
        for i, one in enumerate(asked):
            scale = solved.layout.y_scale if "sd" in one.kind else 1.0
            low, up = ends_of(task, one, cut, (ends[i][0] / scale, ends[i][1] / scale))
            ends[i] = low * scale, up * scale
        frame["source"] = PROFILE
    frame.insert(4, "lower", [low for low, _ in ends])
    frame.insert(5, "upper", [up for _, up in ends])
    return frame


def wald_intervals(fits: FactorsFits, level: float = 0.95) -> pd.DataFrame:
    """Return ``variance_intervals`` from the curvature of the criterion alone.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    """
    frame = _quantities(fits)
    frame["source"] = WALD
    ends = _wald(fits, _asked(fits), level)
    frame.insert(4, "lower", [low for low, _ in ends])
    frame.insert(5, "upper", [up for _, up in ends])
    return frame


def _asked(fits: FactorsFits) -> list[Asked]:
    factors = list(fits.multilevel.factors.values())
    sds = [Asked("sd", i, a) for i, f in enumerate(factors) for a in range(len(f.varying_names))]
    shares = [Asked("share", i) for i, f in enumerate(factors) if f.varying_names[0] == INTERCEPT]
    residual = [Asked("residual_share")] if shares else []
    return [*sds, Asked("residual_sd"), *shares, *residual]


def _quantities(fits: FactorsFits) -> pd.DataFrame:
    """Return the estimates, in the order of ``_asked``."""
    fit = fits.multilevel
    rows: list[tuple[str, str, str, float]] = []
    for f in fit.factors.values():
        for name, sd in zip(f.varying_names, f.sigma_group, strict=True):
            rows.append(("sd", f.label, name, float(sd)))
    rows.append(("sd", RESIDUAL, "", fit.sigma_y))
    parts = [
        (f.label, float(f.vcov_group[0, 0]))
        for f in fit.factors.values()
        if f.varying_names[0] == INTERCEPT
    ]
    whole = sum(v for _, v in parts) + fit.sigma_y**2
    rows += [("share", label, "", v / whole) for label, v in parts]
    if parts:
        rows.append(("share", RESIDUAL, "", fit.sigma_y**2 / whole))
    return pd.DataFrame(rows, columns=["quantity", "level", "term", "estimate"])


def _wald(fits: FactorsFits, asked: list[Asked], level: float) -> list[tuple[float, float]]:
    """Return Wald intervals on the log scale (sds) and the logit scale (shares)."""
    solved = solved_of(fits)
    problem, layout = solved.problem, solved.layout
    found = variance_information(problem, solved.theta)
    variance = float((fits.multilevel.sigma_y / layout.y_scale) ** 2)

    def quantities(theta: FloatArray, log_variance: float) -> FloatArray:
        D = covariances_of(problem, theta)
        raw = [d.to_raw @ one @ d.to_raw.T for d, one in zip(layout.designs, D, strict=True)]
        s2 = np.exp(log_variance)
        between = {
            i: float(raw[i][0, 0]) for i, f in enumerate(layout.data.factors) if 0 in f.varying
        }
        whole = 1.0 + sum(between.values())
        out = []
        for one in asked:
            if one.kind == "sd":
                value = raw[one.factor][one.coefficient, one.coefficient] * s2
                out.append(0.5 * np.log(max(value, 1e-300)) + np.log(layout.y_scale))
            elif one.kind == "residual_sd":
                out.append(0.5 * log_variance + np.log(layout.y_scale))
            else:
                share = (between[one.factor] if one.kind == "share" else 1.0) / whole
                out.append(np.log(max(share, 1e-300)) - np.log(max(1.0 - share, 1e-300)))
        return np.array(out)

    at, log_variance = solved.theta, float(np.log(variance))
    middle = quantities(at, log_variance)
    gradient = np.zeros((len(asked), len(found.free) + 1))
    for n, i in enumerate(found.free):
        step = 1e-5 * max(abs(float(at[i])), 0.01)
        up, down = at.copy(), at.copy()
        up[i] += step
        down[i] -= step
        change = quantities(up, log_variance) - quantities(down, log_variance)
        gradient[:, n] = change / (2.0 * step)
    change = quantities(at, log_variance + 1e-5) - quantities(at, log_variance - 1e-5)
    gradient[:, -1] = change / 2e-5
    se = np.sqrt(np.einsum("ai,ij,aj->a", gradient, found.covariance, gradient))
    reach = float(ndtri(0.5 + 0.5 * level)) * se
    out = []
    for one, m, r in zip(asked, middle, reach, strict=True):
        ends = np.array([m - r, m + r])
        made = np.exp(ends) if "sd" in one.kind else 1.0 / (1.0 + np.exp(-ends))
        out.append((float(made[0]), float(made[1])))
    return out
