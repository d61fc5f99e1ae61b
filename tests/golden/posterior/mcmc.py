"""Posteriors by a long slice sampler on the rows: ``python -m`` this module.

The second independent way: the likelihood is that of the dense covariance matrix of each
group's rows (Cholesky), the average coefficients are integrated out, and ``log sigma_y``, the
sds and the correlation are updated in turn by slice sampling (Neal 2003, stepping out). Writes
``mcmc.json``: means and quantiles with their Monte Carlo standard errors (batch means).
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.golden.posterior.cases import CASES, FOLDER, PosteriorCase
from tests.golden.posterior.problem import Array, Rows, log_prior_sd, rows_of

NAMES = (
    "sleepstudy_slope_flat",
    "sleepstudy_slope_half_t",
    "dyestuff2_flat",
    "six_groups_slope_flat",
)
PROBABILITIES = (0.05, 0.5, 0.95)
DRAWS, BURN, BATCHES = 16_000, 500, 40


def log_posterior(case: PosteriorCase, rows: Rows) -> Callable[[Array], float]:
    """Return the log posterior of (log sigma_y, sds, rho) as a function of one point."""
    sizes = np.bincount(rows.group)
    W = np.column_stack([rows.X, rows.y])
    # Groups of one size in one stack: dense all the same, and ten times as quick.
    stacks = []
    for size in np.unique(sizes):
        which = np.array([np.flatnonzero(rows.group == j) for j in np.flatnonzero(sizes == size)])
        stacks.append((rows.Z[which], W[which]))
    k, eta = rows.k, case.prior.get("eta", 1.0)

    def value(at: Array) -> float:
        sd = at[1 : 1 + k]
        if (sd <= 0).any():
            return -np.inf
        R = np.eye(k)
        out = 0.0
        if len(at) > 1 + k:
            if abs(at[-1]) >= 1:
                return -np.inf
            R[0, 1] = R[1, 0] = at[-1]
            out += (eta - 1.0) * float(np.log1p(-(at[-1] ** 2)))
        Sigma = R * np.outer(sd, sd)
        s2 = float(np.exp(2.0 * at[0]))
        p = rows.X.shape[1]
        WVW = np.zeros((p + 1, p + 1))
        for Z, own in stacks:
            V = s2 * np.eye(Z.shape[1]) + Z @ Sigma @ Z.swapaxes(1, 2)
            L = np.linalg.cholesky(V)
            half = np.linalg.solve(L, own)
            out -= float(np.log(np.diagonal(L, axis1=1, axis2=2)).sum())
            WVW += np.einsum("jnp,jnq->pq", half, half)
        XVX, XVy, yVy = WVW[:p, :p], WVW[:p, p], float(WVW[p, p])
        out -= 0.5 * float(np.linalg.slogdet(XVX)[1])
        out -= 0.5 * (yVy - float(XVy @ np.linalg.solve(XVX, XVy)))
        return out + float(log_prior_sd(sd[None], case.prior)[0])

    return value


def slice_sample(
    value: Callable[[Array], float], start: Array, width: Array, draws: int, seed: int
) -> Array:
    """Return draws (draws, d); every coordinate in turn, stepping out and shrinking."""
    rng = np.random.default_rng(seed)
    at, height = start.copy(), value(start)
    out = np.empty((draws, len(start)))
    for i in range(draws):
        for a in range(len(start)):
            level = height - rng.exponential()
            low = at[a] - width[a] * rng.random()
            high = low + width[a]

            def there(x: float, a: int = a) -> float:
                point = at.copy()
                point[a] = x
                return value(point)

            while there(low) > level:
                low -= width[a]
            while there(high) > level:
                high += width[a]
            while True:
                x = low + (high - low) * rng.random()
                height = there(x)
                if height > level:
                    break
                low, high = (x, high) if x < at[a] else (low, x)
            at[a] = x
        out[i] = at
    return out


def compute(case: PosteriorCase, draws: int = DRAWS) -> dict[str, Any]:
    """Return means and quantiles of one case with their standard errors."""
    rows = rows_of(case.load(), case.spec, centre=False)
    size = float(rows.y.std())
    scale = [size / max(float(np.sqrt((z**2).mean())), 1e-9) for z in rows.Z.T]
    start = [np.log(0.7 * size), *(0.3 * s for s in scale)]
    width = [0.3, *(0.4 * s for s in scale)]
    if case.spec.get("correlated", True) and rows.k == 2:
        start, width = [*start, 0.0], [*width, 0.8]
    began = time.time()
    made = slice_sample(
        log_posterior(case, rows), np.array(start), np.array(width), draws + BURN, seed=2026
    )[BURN:]
    made[:, 0] = np.exp(made[:, 0])
    names = ["sigma_y", *(f"sd_{a}" for a in range(rows.k)), "rho"][: made.shape[1]]
    print(case.name, f"{time.time() - began:.0f} s", flush=True)
    out: dict[str, Any] = {"draws": draws}
    for name, x in zip(names, made.T, strict=True):
        batches = x.reshape(BATCHES, -1)
        quantile = np.quantile(x, PROBABILITIES)
        each = np.quantile(batches, PROBABILITIES, axis=1)
        out[name] = {
            "mean": float(x.mean()),
            "mean_se": float(batches.mean(axis=1).std(ddof=1) / np.sqrt(BATCHES)),
            "quantiles": quantile.tolist(),
            "quantiles_se": (each.std(axis=1, ddof=1) / np.sqrt(BATCHES)).tolist(),
        }
    return out


def main(wanted: list[str]) -> None:
    """Run the cases asked for and write them."""
    path = FOLDER / "mcmc.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for name in wanted or NAMES:
        results[name] = compute(CASES[name])
        path.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
