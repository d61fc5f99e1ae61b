"""The ellipses of a group distribution in the plane of two coefficients."""

from __future__ import annotations

import numpy as np

from core.types import FloatArray


def ellipse(
    centre: FloatArray, cov: FloatArray, share: float, n_points: int = 90
) -> tuple[FloatArray, FloatArray]:
    """Return the outline that holds a share of a bivariate normal distribution.

    Parameters
    ----------
    centre : FloatArray, shape (2,)
    cov : FloatArray, shape (2, 2)
        May be singular: the ellipse is then a line or a point.
    share : float
        In (0, 1).

    Returns
    -------
    (x, y) : FloatArray, shape (n_points,)
        A closed outline.

    Notes
    -----
    The squared radius is the chi-square quantile with two degrees of freedom,
    ``-2 log(1 - share)``.
    """
    values, vectors = np.linalg.eigh(cov)
    radius = np.sqrt(-2.0 * np.log1p(-share) * np.clip(values, 0.0, None))
    angle = np.linspace(0.0, 2.0 * np.pi, n_points)
    outline = centre[:, None] + (vectors * radius) @ np.vstack([np.cos(angle), np.sin(angle)])
    return outline[0], outline[1]
