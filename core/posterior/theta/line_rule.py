"""Nodes for one varying coefficient: Gauss-Legendre panels fitted to the posterior itself."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from core.posterior.theta.nodes import Nodes, nodes_of
from core.posterior.theta.residual import integrate_residual
from core.posterior.theta.target import Points, Target
from core.types import FloatArray

#: Nodes in one panel.
_ORDER = 6
#: Points of the first look, from sds far too small to far too large.
_SCAN = 72
#: A panel of even mass in the density to this power also covers the tails.
_TEMPER = 0.35
#: Points of a spline in each panel, where one number is wanted.
_BETWEEN = 25
#: What lies so far below the top (in log density) is left out.
_DEPTH = 32.0


def first_look(target: Target, modes: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """Return points v (m,) from 0 outwards, close together near the modes, and log densities."""
    crossover = float(target.coordinates.crossover[0])
    sds = [np.logspace(-4.0, 5.9, _SCAN)]
    for D in modes:
        sd = float(np.sqrt(max(target.of_covariance(D)[0, 0], 0.0)))
        near = 2.0 ** -np.arange(0.0, 11.0)
        sds += [sd * (1.0 + near), sd * (1.0 - near), np.array([sd])] if sd > 0 else []
    v = np.unique(np.concatenate([[0.0], np.arcsinh(np.concatenate(sds) / crossover)]))
    return v, target(v[:, None]).log_density


def panels(v: FloatArray, log_density: FloatArray, count: int) -> FloatArray:
    """Return the ends (count + 1,) of panels that share out the density, tails included."""
    seen = np.isfinite(log_density)
    v, value = v[seen], log_density[seen]
    fine = np.unique(np.concatenate([v[:-1] + (v[1:] - v[:-1]) * s for s in np.linspace(0, 1, 21)]))
    height = np.interp(fine, v, value) - value.max()
    fine, height = fine[height > -_DEPTH], height[height > -_DEPTH]
    mass = np.exp(_TEMPER * height)
    total = np.concatenate([[0.0], np.cumsum(0.5 * (mass[1:] + mass[:-1]) * np.diff(fine))])
    return np.asarray(np.interp(np.linspace(0.0, total[-1], count + 1), total, fine))


def refined(target: Target, nodes: Nodes, ends: FloatArray) -> Nodes:
    """Return many even nodes between those there are, read off a spline; D and sigma_y only."""
    known = nodes.points
    half = 0.5 / _BETWEEN
    inside = np.arange(_BETWEEN) / _BETWEEN + half
    v = (ends[:-1, None] + np.diff(ends)[:, None] * inside).ravel()
    cell = np.repeat(np.diff(ends) / _BETWEEN, _BETWEEN)
    at = known.v[:, 0]
    height = CubicSpline(at, known.log_density)(np.clip(v, at[0], at[-1]))
    D, log_ratio = target.covariance(v[:, None]), target.log_ratio(v[:, None])
    r2 = np.exp(CubicSpline(at, np.log(known.residual.r2))(np.clip(v, at[0], at[-1])))
    residual = integrate_residual(r2, log_ratio, target.df, target.prior)
    points = Points(
        v[:, None], height, D, np.empty((len(v), 0)), np.empty((len(v), 0, 0)), residual
    )
    made = nodes_of(points, height + np.log(cell), cell, np.eye(1))
    return nodes if made is None else made


def line_nodes(target: Target, ends: FloatArray) -> Nodes | None:
    """Return six nodes in each panel; None where the posterior has no mass there."""
    at, weight = np.polynomial.legendre.leggauss(_ORDER)
    half = 0.5 * np.diff(ends)
    v = (0.5 * (ends[1:] + ends[:-1]) + np.multiply.outer(at, half)).T.ravel()
    cell = np.multiply.outer(weight, half).T.ravel()
    points = target(v[:, None])
    return nodes_of(points, points.log_density + np.log(cell), cell, np.eye(1))
