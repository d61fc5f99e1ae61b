"""The dial with two hands: intercepts and slopes pooled by different amounts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.explore.dial.directions import directions_of
from core.explore.dial.numbers import DialPosition, dial
from core.explore.dial.path import DialPath


def split_path(path: DialPath, factors: tuple[float, ...]) -> DialPath:
    """Return the way of the dial with the variance of each coefficient scaled by itself.

    Parameters
    ----------
    path : DialPath
    factors : tuple of float, length k
        What each coefficient's variance is multiplied by at c = 1, 0 or more and finite, at
        least one above 0; correlations stay.

    Raises
    ------
    ValueError
        When there is not one such factor per varying coefficient.

    Notes
    -----
    ``Sigma = diag(sqrt(factors)) Sigma_hat diag(sqrt(factors))`` in the outcome's and the
    predictors' own units; everything else is estimated again, as along the dial.
    """
    scale = np.asarray(factors, dtype=np.float64)
    if scale.shape != (path.model.k,) or not (np.isfinite(scale) & (scale >= 0.0)).all():
        raise ValueError(f"There must be {path.model.k} factors of 0 or more, not {factors!r}.")
    if not scale.any():
        raise ValueError("With all factors 0 there is nothing to scale: that is c = 0.")
    root = np.sqrt(scale)
    back = np.linalg.inv(path.model.z_to_raw)
    unit = path.reference * path.model.y_scale**2
    vcov = path.vcov_group * np.outer(root, root)
    shape = back @ vcov @ back.T / unit
    groups = directions_of(path.model, path.inverse, 0.5 * (shape + shape.T))
    return replace(path, shape=shape, groups=groups, stop=path.stop)


def dial_split(path: DialPath, factors: tuple[float, ...]) -> DialPosition:
    """Return the model with each coefficient's variance scaled by its own factor.

    See ``split_path``; with all factors 0 it is complete pooling. ``sharing`` counts every
    direction in which groups have something to say, those without a variance too.
    """
    if not any(factors):
        return dial(path, 0.0)
    at = dial(split_path(path, factors), 1.0)
    known = int((path.groups.strength > 0).sum())
    kept = float(np.einsum("jaa->", at.weight))
    return replace(at, sharing=1.0 - kept / known if known else 1.0)
