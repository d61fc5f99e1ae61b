"""Posteriors by dense quadrature in sigma_y, the sds and rho: ``python -m`` this module.

Every axis is covered by Gauss-Legendre panels (one sd) or by even steps (several parameters of
the groups: on the real line, where a smooth density falls to nothing, the trapezoidal rule
converges faster than any other). Nothing is integrated analytically but the average coefficients
and, given all the rest, the groups' coefficients. Marginals stand on their own axis, so that
quantiles are those of a smooth curve. Writes ``results.json``; ``--check`` compares a case with
a finer grid.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import special
from scipy.interpolate import CubicSpline

from tests.golden.posterior.cases import CASES, FOLDER, PosteriorCase
from tests.golden.posterior.problem import Array, Rows, log_prior_sd, rows_of, solve

PROBABILITIES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
_DEPTH = 20.0


class Axis:
    """One parameter on a smooth scale: exp(t) for sigma_y, c sinh(t) for an sd, tanh(t) for rho."""

    def __init__(self, kind: str, c: float, low: float, high: float) -> None:
        self.kind, self.c, self.low, self.high = kind, c, low, high

    def grid(self, panels: int, order: int) -> tuple[Array, Array]:
        at, weight = np.polynomial.legendre.leggauss(order)
        ends = np.linspace(self.low, self.high, panels + 1)
        half = 0.5 * np.diff(ends)[:, None]
        return ((ends[:-1, None] + half) + half * at).ravel(), (half * weight).ravel()

    def steps(self, count: int) -> tuple[Array, Array]:
        """Return even steps; an axis that starts at zero has its first point there, by half."""
        if self.kind == "sd" and self.low == 0.0:
            t = np.linspace(0.0, self.high, count)
            weight = np.full(count, t[1])
            weight[0] *= 0.5
            t[0] = 1e-9
            return t, weight
        t, step = np.linspace(self.low, self.high, count, retstep=True)
        return t, np.full(count, step)

    def value(self, t: Array) -> Array:
        return {"sigma": np.exp, "sd": lambda t: self.c * np.sinh(t), "rho": np.tanh}[self.kind](t)

    def log_jacobian(self, t: Array) -> Array:
        if self.kind == "sigma":  # prior 1 / sigma_y
            return np.zeros_like(t)
        return np.log(self.c * np.cosh(t)) if self.kind == "sd" else -2.0 * np.log(np.cosh(t))

    def narrowed(self, t: Array, height: Array) -> Axis:
        live = np.flatnonzero(height > height.max() - _DEPTH)
        low, high = max(live[0] - 1, 0), min(live[-1] + 1, len(t) - 1)
        start = self.low if live[0] == 0 else t[low]
        return Axis(self.kind, self.c, start, self.high if live[-1] == len(t) - 1 else t[high])


def density(case: PosteriorCase, rows: Rows, axes: list[Axis], grids: list[Array]) -> Array:
    """Return the log posterior on the product of grids, an array with one axis each."""
    mesh = np.meshgrid(*grids, indexing="ij")
    flat = [m.ravel() for m in mesh]
    sigma_y, Sigma = _parameters(rows, axes, flat)
    value = solve(rows, sigma_y, Sigma).log_likelihood
    value += sum(a.log_jacobian(t) for a, t in zip(axes, flat, strict=True))
    k = rows.k
    sd = np.stack([axes[1 + a].value(flat[1 + a]) for a in range(k)], axis=1)
    value += log_prior_sd(sd, case.prior)
    if len(axes) > 1 + k:
        eta = case.prior.get("eta", 1.0)
        value += (eta - 1.0) * -2.0 * np.log(np.cosh(flat[-1]))
    return value.reshape(mesh[0].shape)


def _parameters(rows: Rows, axes: list[Axis], flat: list[Array]) -> tuple[Array, Array]:
    values = [a.value(t) for a, t in zip(axes, flat, strict=True)]
    k = rows.k
    Sigma = np.zeros((len(flat[0]), k, k))
    for a in range(k):
        Sigma[:, a, a] = values[1 + a] ** 2
    if len(axes) > 1 + k:
        Sigma[:, 0, 1] = Sigma[:, 1, 0] = values[1] * values[2] * values[3]
    return values[0], Sigma


def first_axes(rows: Rows, correlated: bool) -> list[Axis]:
    """Return axes that reach far beyond anything likely."""
    size = float(rows.y.std())
    axes = [Axis("sigma", 1.0, np.log(size) - 6.0, np.log(size) + 2.0)]
    for a in range(rows.k):
        c = 0.1 * size / max(float(np.sqrt((rows.Z[:, a] ** 2).mean())), 1e-9)
        axes.append(Axis("sd", c, 0.0, 13.0))
    return [*axes, Axis("rho", 1.0, -9.0, 9.0)] if correlated and rows.k == 2 else axes


def narrowed(case: PosteriorCase, rows: Rows, axes: list[Axis]) -> list[Axis]:
    """Return axes that cover the posterior down to a density of exp(-24) of its top."""
    for _ in range(7):
        grids = [a.grid(14, 1)[0] for a in axes]
        value = density(case, rows, axes, grids)
        others = [tuple(j for j in range(value.ndim) if j != i) for i in range(value.ndim)]
        axes = [
            a.narrowed(g, value.max(axis=o)) for a, g, o in zip(axes, grids, others, strict=True)
        ]
    return axes


def quantiles(axis: Axis, t: Array, weight: Array, mass: Array) -> Array:
    """Return quantiles of a density on one axis from its masses at grid points."""
    height = np.log(np.maximum(mass / weight, 1e-300))
    keep = height > height.max() - 40.0
    spline = CubicSpline(t[keep], height[keep])
    fine = np.linspace(axis.low, axis.high, 40_001)
    fine = np.clip(fine, axis.low, t[keep][-1])
    dense = np.exp(spline(fine) - height.max())
    total = np.concatenate([[0.0], np.cumsum(0.5 * (dense[1:] + dense[:-1]) * np.diff(fine))])
    return np.interp(PROBABILITIES, total / total[-1], fine)


def normal_mixture(weight: Array, mean: Array, sd: Array) -> dict[str, Any]:
    """Return mean, sd and quantiles of mixtures of normals (G, m)."""
    middle = weight @ mean
    variance = weight @ (sd**2 + (mean - middle) ** 2)
    out = np.empty((len(PROBABILITIES), mean.shape[1]))
    for i, p in enumerate(PROBABILITIES):
        low, high = (mean - 12.0 * sd).min(axis=0), (mean + 12.0 * sd).max(axis=0)
        for _ in range(60):
            x = 0.5 * (low + high)
            value = weight @ special.ndtr((x - mean) / sd)
            low, high = np.where(value < p, x, low), np.where(value < p, high, x)
        out[i] = 0.5 * (low + high)
    return {"mean": middle.tolist(), "sd": np.sqrt(variance).tolist(), "quantiles": out.T.tolist()}


def share_quantiles(
    axes: list[Axis], value: Array, grids: list[Array], weight: Array
) -> list[float]:
    """Return quantiles of the intraclass correlation where x is 0, from (sigma_y, sd) cells."""
    joint = value.sum(axis=tuple(range(2, value.ndim))) if value.ndim > 2 else value
    sigma = axes[0].value(grids[0])
    low, high = np.zeros(len(PROBABILITIES)), np.ones(len(PROBABILITIES))
    tables = [_row_cdf(grids[1], weight, row) for row in joint]
    share = joint.sum(axis=1)
    for _ in range(50):
        x = 0.5 * (low + high)
        sd = np.sqrt(x / (1.0 - x))[None, :] * sigma[:, None]
        t = np.arcsinh(sd / axes[1].c)
        cdf = np.array([np.interp(ti, *table) for ti, table in zip(t, tables, strict=True)])
        got = share @ cdf
        low, high = np.where(got < PROBABILITIES, x, low), np.where(got < PROBABILITIES, high, x)
    return (0.5 * (low + high)).tolist()


def _row_cdf(t: Array, weight: Array, mass: Array) -> tuple[Array, Array]:
    height = np.log(np.maximum(mass / weight, 1e-300))
    fine = np.linspace(0.0, t[-1], 20_001)
    dense = np.exp(CubicSpline(t, height)(fine) - height.max())
    total = np.concatenate([[0.0], np.cumsum(0.5 * (dense[1:] + dense[:-1]) * np.diff(fine))])
    return fine, total / total[-1]


def compute(case: PosteriorCase, fineness: float = 1.0) -> dict[str, Any]:
    """Return what the posterior of one case is."""
    centre = case.name.startswith("years")
    rows = rows_of(case.load(), case.spec, centre=centre)
    axes = narrowed(case, rows, first_axes(rows, case.spec.get("correlated", True)))
    counts = {2: (12, 20), 3: (36, 60, 60), 4: (24, 44, 44, 56)}[len(axes)]
    counts = tuple(round(n * fineness) for n in counts)
    made = [
        a.grid(n, 6) if len(axes) == 2 else a.steps(n) for a, n in zip(axes, counts, strict=True)
    ]
    grids, weights = [m[0] for m in made], [m[1] for m in made]
    log = density(case, rows, axes, grids)
    value = np.exp(log - log.max())
    for i, w in enumerate(weights):
        value *= w.reshape([-1 if j == i else 1 for j in range(value.ndim)])
    value /= value.sum()
    names = ["sigma_y", *(f"sd_{a}" for a in range(rows.k)), "rho"][: len(axes)]
    out: dict[str, Any] = {"nodes": int(value.size), "axes": {}}
    for i, (name, axis) in enumerate(zip(names, axes, strict=True)):
        mass = value.sum(axis=tuple(j for j in range(value.ndim) if j != i))
        x = axis.value(grids[i])
        mean = float(mass @ x)
        out["axes"][name] = {
            "mean": mean,
            "sd": float(np.sqrt(mass @ (x - mean) ** 2)),
            "quantiles": axis.value(quantiles(axis, grids[i], weights[i], mass)).tolist(),
        }
    if rows.Z[:, 0].std() == 0 and not centre:
        out["icc"] = share_quantiles(axes, value, grids, weights[1])
    out |= _coefficients(rows, axes, grids, value)
    return out


def _coefficients(rows: Rows, axes: list[Axis], grids: list[Array], value: Array) -> dict[str, Any]:
    """Return average coefficients and some groups' lines, x where it was at first."""
    flat = value.ravel()
    keep = flat > 1e-9 * flat.max()
    points = [m.ravel()[keep] for m in np.meshgrid(*grids, indexing="ij")]
    weight = flat[keep] / flat[keep].sum()
    sizes = np.bincount(rows.group)
    order = np.argsort(sizes, kind="stable")
    which = np.unique(order[[0, len(order) // 2, -1]])
    found = solve(rows, *_parameters(rows, axes, points), which=which)
    back = np.eye(rows.k)
    back[0, 1:] = -rows.origin[1:]
    move = np.eye(rows.X.shape[1])
    move[0, 1 : rows.k] = -rows.origin[1:]
    beta = found.beta @ move.T
    beta_sd = np.sqrt(np.einsum("ap,gpq,aq->ga", move, found.cov, move))
    line = found.line @ back.T
    var = np.einsum("ab,gjbc,ac->gja", back, found.line_var, back, optimize=True)
    flat_line, flat_sd = line.reshape(len(line), -1), np.sqrt(var).reshape(len(line), -1)
    return {
        "fixef": normal_mixture(weight, beta, beta_sd),
        "groups": [rows.names[j] for j in which],
        "line": normal_mixture(weight, flat_line, flat_sd),
    }


def main(wanted: list[str]) -> None:
    """Compute the cases asked for (all by default) and write them."""
    if wanted[:1] == ["--check"]:
        for name in wanted[1:]:
            for fineness in (1.0, 1.3):
                print(name, fineness, compute(CASES[name], fineness)["axes"], flush=True)
        return
    path = FOLDER / "results.json"
    results: dict[str, Mapping[str, Any]] = json.loads(path.read_text()) if path.exists() else {}
    for name in wanted or list(CASES):
        results[name] = compute(CASES[name])
        print(name, results[name]["nodes"], results[name]["axes"]["sd_0"], flush=True)
        ordered = {n: results[n] for n in CASES if n in results}
        path.write_text(json.dumps(_rounded(ordered), indent=None, separators=(",", ":")) + "\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.7g}")
    if isinstance(value, Mapping):
        return {k: _rounded(v) for k, v in value.items()}
    return [_rounded(v) for v in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main(sys.argv[1:])
