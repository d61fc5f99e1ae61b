"""The coordinates of theta: their volume, their mirror images, their way back."""

from __future__ import annotations

import numpy as np
import pytest

from core.posterior.theta.coordinates import Coordinates, sandwich
from core.types import FloatArray


def space(k: int, *, correlated: bool = True) -> Coordinates:
    return Coordinates(k, correlated, np.linspace(0.4, 1.3, k))


def points(k: int, n: int = 5, seed: int = 1) -> FloatArray:
    d = space(k).size
    return np.random.default_rng(seed).normal(size=(n, d)) * 0.8


def parameters(made: Coordinates, v: FloatArray) -> FloatArray:
    """Return sds and correlations of one point."""
    D = made.covariance(v[None])[0]
    sd = np.sqrt(np.diag(D))
    rows, cols = np.tril_indices(made.k, -1)
    return np.concatenate([sd, (D / np.outer(sd, sd))[rows, cols]])


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_the_volume_is_that_of_sds_and_correlations(k: int) -> None:
    made = space(k)
    v = np.abs(points(k))
    found = made.log_measure(v)
    wanted = []
    for point in v:
        h = 1e-5
        J = np.array(
            [
                (parameters(made, point + h * e) - parameters(made, point - h * e)) / (2.0 * h)
                for e in np.eye(made.size)
            ]
        )
        wanted.append(np.linalg.slogdet(J)[1])
    assert np.allclose(np.diff(found), np.diff(wanted), atol=1e-5)


@pytest.mark.parametrize("eta", [0.5, 1.0, 3.0])
def test_lkj_is_a_power_of_the_determinant(eta: float) -> None:
    made, v = space(3), np.abs(points(3))
    extra = made.log_measure(v, eta) - made.log_measure(v)
    L = made.factor(v)
    det = np.linalg.slogdet(L @ L.swapaxes(1, 2))[1]
    assert np.allclose(extra, (eta - 1.0) * det)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_mirror_images_are_the_same_covariance(k: int) -> None:
    """A coefficient turned round: same sds and |correlations|, the density even."""
    made, v = space(k), points(k)
    folded = made.fold(v)
    assert (folded[:, :k] >= 0).all()
    assert np.allclose(made.covariance(folded), made.covariance(v))
    assert np.allclose(made.log_measure(folded), made.log_measure(v))
    images = list(made.images(folded, np.ones(k, dtype=bool)))
    assert len(images) == 2**k
    assert all(np.allclose(made.fold(image), folded) for image in images)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_there_and_back_again(k: int) -> None:
    made = space(k)
    rng = np.random.default_rng(k)
    A = rng.normal(size=(k, k + 2))
    D = A @ A.T / (k + 2) + 0.1 * np.eye(k)
    back = made.covariance(made.point_of(D)[None])[0]
    assert np.allclose(np.diag(back), np.diag(D))
    sd = np.sqrt(np.diag(D))
    R, wanted = back / np.outer(sd, sd), D / np.outer(sd, sd)
    off = ~np.eye(k, dtype=bool)
    assert np.allclose(R[off], 0.95 * wanted[off], atol=1e-8)  # kept off the ends


def test_without_correlations_there_are_only_sds() -> None:
    made = space(3, correlated=False)
    assert made.size == 3 and not made.has_pairs
    D = made.covariance(np.abs(points(3))[:, :3])
    assert np.count_nonzero(D[0] - np.diag(np.diag(D[0]))) == 0


def test_zero_and_enormous_sds_stay_numbers() -> None:
    made = space(2)
    v = np.array([[0.0, 0.0, 0.3], [300.0, 1e-200, 9.0]])
    assert np.isfinite(made.log_sd(v)).all() and np.isfinite(made.log_measure(v)).all()


def test_sandwiches() -> None:
    rng = np.random.default_rng(0)
    outer, square = rng.normal(size=(3, 3)), rng.normal(size=(4, 3, 3))
    assert np.allclose(sandwich(outer, square), outer @ square @ outer.T)
