"""What a browser needs to draw every group at any position of the dial, as plain data.

With ``M_j = D Z_j'Z_j`` (at t = 1) the weight of two varying coefficients is
``(t M + t^2 det(M) I) / (1 + t tr(M) + t^2 det(M))``: four numbers per group (Z_j'Z_j and its
determinant), exact at every t and stable however large. The fixed effects come from series in
log t (``dial_curve``).
"""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from core import escape
from core.explore.dial.curve import DialCurve, dial_curve, dial_range
from core.explore.dial.numbers import DialPosition, dial
from core.explore.dial.path import DialPath
from core.types import BoolArray, FloatArray, IntArray


def dial_payload(path: DialPath, curve: DialCurve | None = None) -> dict[str, Any]:
    """Return the model along the dial as JSON-able data; arrays are base64, little-endian.

    Returns
    -------
    dict
        ``k``, ``names``, ``n`` (int32); per group, coefficient after coefficient (float64):
        ``own`` (own line without the common coefficients' share), ``estimable`` (uint8; None
        where all are); ``common``: place of each common
        coefficient among the fixed effects, and what it takes off ``own``; ``targets``:
        which fixed effect times which column of ``u`` makes up which coefficient of the
        target; ``pull``: what makes the weights; ``lacking``: for groups that do not
        determine their line, the matrix that fills ``own`` up from the target; ``stop``:
        lines at the no-pooling end where the weights do not lead there; ``curve`` and
        ``stops``: fixed effects, sigma_y and criterion along the dial and at its ends;
        ``range``; ``vcov``: Sigma at c = 1; ``is_substituted``:
        whether c = 1 is no estimate because a variance was put in; ``estimate``: c, and the
        slope's or None, at which the estimate stands, None where it stands nowhere.
    """
    curve = curve or dial_curve(path)
    data, model = path.fits.data, path.model
    ends = {"complete": dial(path, 0.0), "none": dial(path, np.inf)}
    common, share = _common(path)
    rows, u = _targets(path)
    is_regular = path.stop is path.groups
    estimable = path.fits.no_pooling.estimable
    return {
        "k": model.k,
        "names": [escape.visible(name) for name in data.group_names],
        "n": packed(data.group_sizes.astype("<i4")),
        "own": packed(_own(path)),
        "estimable": None if estimable.all() else packed(estimable.T.astype("u1")),
        "common": {"at": common, "share": packed(share)},
        "targets": rows,
        "u": packed(u),
        "pull": _pull(path),
        "lacking": _lacking(path, None if is_regular else ends["none"].weight),
        "stop": None if is_regular else packed(ends["none"].coef.T),
        "curve": {
            "log_t": list(curve.log_t),
            "series": packed(curve.series),
            "branches": [list(branch) for branch in curve.branches],
        },
        "stops": {name: _stop(path, end) for name, end in ends.items()},
        "range": list(dial_range(path)),
        "vcov": path.vcov_group.tolist(),
        "is_substituted": bool(path.substituted),
        "estimate": _estimate(path),
        "split": _split(path) if model.k == 2 else None,
    }


def _estimate(path: DialPath) -> list[float | None] | None:
    found = path.estimate
    return None if found is None else [*found, None][:2]


def _split(path: DialPath) -> dict[str, Any]:
    """Return what it takes to estimate all else again when the two variances part.

    ``to_raw``, ``rest``: as in the scaled model, columns in the order of the fixed effects;
    ``y``: centre and scale of the outcome; ``reference``: sigma_y**2 at t = 1;
    ``degrees``, ``n_obs``, ``is_reml``, ``unit_value``: of the likelihood; ``lowest``: the
    criterion at the estimate.
    """
    model = path.model
    return {
        "to_raw": model.to_raw.tolist(),
        "rest": model.rest.tolist(),
        "y": [model.y_center, model.y_scale],
        "reference": path.reference,
        "n_obs": model.n_obs,
        "degrees": path.degrees,
        "is_reml": path.is_reml,
        "unit_value": path.unit_value,
        "lowest": path.fit.criterion_value if path.substituted else dial(path, 1.0).criterion_value,
    }


def packed(values: FloatArray | IntArray | BoolArray) -> str:
    """Return an array as base64 of its bytes (float64 unless it has a small type already)."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        array = array.astype("<f8")
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")


def _stop(path: DialPath, end: DialPosition) -> dict[str, Any]:
    value = end.criterion_value
    return {
        "fixef": end.fixef[path.model.used].tolist(),
        "sigma_y": end.sigma_y if np.isfinite(end.sigma_y) else None,
        "value": value if np.isfinite(value) else None,
    }


def _regressed(path: DialPath) -> FloatArray:
    """Return every raw design column regressed on raw Z inside its group, shape (p, k, J)."""
    model = path.model
    back = np.linalg.inv(model.to_raw)
    scaled = model.own[: model.p]
    return np.asarray(np.einsum("ab,st,sbj->taj", model.z_to_raw, back, scaled, optimize=True))


def _common(path: DialPath) -> tuple[list[int], FloatArray]:
    """Return the places of the common coefficients and their columns' own lines, (c, k, J)."""
    data, used = path.fits.data, path.model.used
    at = [i for i, t in enumerate(used) if data.terms[t].base not in data.varying]
    return at, _regressed(path)[at]


def _own(path: DialPath) -> FloatArray:
    """Return each group's own line as if all common coefficients were 0, raw, (k, J)."""
    model = path.model
    own = model.y_scale * (model.z_to_raw @ model.own[model.p])
    return np.asarray(own + model.y_center * _regressed(path)[0])


def _unit_se(path: DialPath) -> FloatArray:
    """Return the standard error of each own coefficient over sigma_y, shape (k, J)."""
    z = path.model.z_to_raw
    variance = np.einsum("ai,ilj,al->aj", z, path.inverse.inverse, z)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))


def _targets(path: DialPath) -> tuple[list[list[int]], FloatArray]:
    """Return [fixed effect, coefficient, column of u or -1] triples, and u (q, J)."""
    data, used = path.fits.data, path.model.used
    position = {base: i for i, base in enumerate(data.varying)}
    factors = path.factors
    rows: list[list[int]] = []
    for i, t in enumerate(used):
        term = data.terms[t]
        if term.base in position:
            where = factors.index(term.factor) if term.factor >= 0 else -1
            rows.append([i, position[term.base], where])
    u = [data.group_columns[factor][1] for factor in factors]
    return rows, np.array(u).reshape(len(u), data.n_groups)


def _pull(path: DialPath) -> dict[str, Any]:
    """Return what makes the weights: matrices for one or two coefficients, else directions."""
    groups, model = path.groups, path.model
    z, k = model.z_to_raw, model.k
    if k <= 2:
        upper = np.triu_indices(k)
        rank = (~path.inverse.aliased).sum(axis=0)
        return {
            "kind": "matrix",
            "S": packed(model.S[upper]),
            "det": packed(np.where(rank == k, model.det_S, 0.0)),
            "D": path.shape.tolist(),
            "z": z.tolist(),
            "is_full": len(groups.strength) == k,
        }
    axes = np.einsum("ab,blj->alj", z, groups.axes)
    made = {
        "kind": "directions",
        "rank": axes.shape[1],
        "strength": packed(groups.strength),
        "axes": packed(axes),
    }
    if axes.shape[1] < k:
        # Directions that span less than the coefficients cannot be inverted by the browser.
        safe = np.where(groups.strength > 0, groups.strength, 1.0)
        back = np.einsum("blj,bcj,cd->ldj", groups.axes, model.S, np.linalg.inv(z)) / safe[:, None]
        made |= {"back": packed(back), "se": packed(_unit_se(path))}
    return made


def _lacking(path: DialPath, at_stop: FloatArray | None) -> dict[str, Any]:
    """Return, for groups without a whole line, ``I - R_j``: own is filled by it times target.

    ``at_stop``: the weights of all groups at the no-pooling end, (J, k, k), where those along
    the dial do not lead there.
    """
    at = np.flatnonzero(~path.inverse.estimable.all(axis=0))
    z, back = path.model.z_to_raw, np.linalg.inv(path.model.z_to_raw)
    kept = np.einsum("abj,bcj->jac", path.inverse.inverse[:, :, at], path.model.S[:, :, at])
    fill = np.eye(path.model.k) - z @ kept @ back
    weight = None if at_stop is None else packed(at_stop[at])
    return {
        "at": at.tolist(),
        "fill": packed(fill),
        "se": packed(_unit_se(path)[:, at]),
        "weight": weight,
    }
