"""One quantity of the variances held at a value, all others free: the way a profile goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np
from scipy.optimize import minimize

from core.estimators.factors.satterthwaite import slopes_of_r2
from core.fitting.factors.factor_criterion import FactorProblem, evaluate_at
from core.fitting.factors.factor_search import find_factor_optimum, theta_from
from core.types import FloatArray, IntArray

Kind: TypeAlias = Literal["sd", "residual_sd", "share", "residual_share"]

#: A free parameter at zero is a stationary point: searches set out from a little beside it.
_OFF = 0.05
_ROUNDS = 30
_CLOSE, _GRADIENT = 5e-4, 1e-3


@dataclass(frozen=True)
class Asked:
    """One quantity: its kind, the factor's position and the coefficient's among its own."""

    kind: Kind
    factor: int = 0
    coefficient: int = 0


@dataclass(frozen=True, eq=False)
class Task:
    """The likelihood whose profile is taken, and its maximum (units n: raw over ``unit``)."""

    problem: FactorProblem
    turn: list[FloatArray]
    unit: list[FloatArray]
    top: float
    covariance: list[FloatArray]
    variance: float


def task_of(problem: FactorProblem) -> Task:
    """Return the plain likelihood of a model, and its maximum."""
    layout = problem.elimination.layout
    plain = FactorProblem(problem.elimination, False, problem.correlated)
    best = find_factor_optimum(plain)
    turn = [d.to_raw for d in layout.designs]
    unit = [np.abs(np.diag(z)) for z in turn]
    into = [z / u[:, None] for z, u in zip(turn, unit, strict=True)]
    covariance = [t @ D @ t.T for t, D in zip(into, best.D, strict=True)]
    at = evaluate_at(plain, best.theta[None])
    variance = float(at.result.r2[0]) / plain.nu
    return Task(plain, into, unit, float(at.result.value[0]), covariance, variance)


_Built: TypeAlias = tuple[list[FloatArray], float | None]


@dataclass(frozen=True, eq=False)
class _Path:
    """How the parameters stand where one quantity is held at a value.

    Attributes
    ----------
    start : FloatArray
        Free parameters at the maximum.
    build : callable
        From free parameters and the value to every factor's covariance (unit n, over
        sigma_y**2) and the log of the residual variance (None: profiled).
    now : float
        The quantity at the maximum.
    bound : float
        What it never exceeds.
    widths : FloatArray, shape (m, m)
        Steps of free parameters that change the deviance about equally.
    """

    start: FloatArray
    build: Callable[[FloatArray, float], _Built]
    now: float
    bound: float
    widths: FloatArray


@dataclass(frozen=True, eq=False)
class _Roots:
    """Every factor's root, the quantity's own coefficient first, in one vector of parameters."""

    flat: FloatArray
    cuts: list[int]
    orders: list[list[int]]
    correlated: bool
    weights: list[float]
    shared: list[int]

    @property
    def starts(self) -> list[int]:
        """Where every factor's parameters begin."""
        return [0, *self.cuts]

    def covariances(self, phi: FloatArray) -> list[FloatArray]:
        """Return every factor's covariance."""
        out = []
        for part, order in zip(np.split(phi, self.cuts), self.orders, strict=True):
            root = np.zeros((len(order), len(order)))
            root[_places(len(order), self.correlated)] = part
            back = np.argsort(order)
            out.append((root @ root.T)[np.ix_(back, back)])
        return out

    def between(self, phi: FloatArray, but: int = -1) -> float:
        """Return the intercept variances of all factors but one, over sigma_y**2."""
        at = self.starts
        return sum(self.weights[i] * float(phi[at[i]]) ** 2 for i in self.shared if i != but)


def _roots(task: Task, asked: Asked) -> _Roots:
    orders = [list(range(len(c))) for c in task.covariance]
    if asked.kind == "sd":
        orders[asked.factor].insert(0, orders[asked.factor].pop(asked.coefficient))
    correlated = task.problem.correlated
    parts = [
        _root(c[np.ix_(o, o)], correlated)[_places(len(o), correlated)]
        for c, o in zip(task.covariance, orders, strict=True)
    ]
    return _Roots(
        flat=np.concatenate(parts),
        cuts=[int(c) for c in np.cumsum([len(part) for part in parts])[:-1]],
        orders=orders,
        correlated=correlated,
        weights=[float(u[0] ** 2) for u in task.unit],
        shared=[
            i for i, f in enumerate(task.problem.elimination.layout.data.factors) if 0 in f.varying
        ],
    )


def _path(task: Task, asked: Asked) -> _Path:
    roots = _roots(task, asked)
    make = {
        "sd": _sd_path,
        "residual_sd": _residual_sd_path,
        "share": _share_path,
        "residual_share": _residual_share_path,
    }
    return make[asked.kind](task, asked, roots)


def _sd_path(task: Task, asked: Asked, roots: _Roots) -> _Path:
    held = roots.starts[asked.factor]
    size = float(task.unit[asked.factor][asked.coefficient])

    def build(free: FloatArray, value: float) -> _Built:
        own = value / size * np.exp(-0.5 * free[-1])
        return roots.covariances(np.insert(free[:-1], held, own)), float(free[-1])

    start = np.append(np.delete(roots.flat, held), np.log(task.variance))
    return _made(start, build, abs(float(roots.flat[held])) * size * float(np.sqrt(task.variance)))


def _residual_sd_path(task: Task, asked: Asked, roots: _Roots) -> _Path:
    del asked

    def build(free: FloatArray, value: float) -> _Built:
        return roots.covariances(free), 2.0 * float(np.log(value))

    return _made(roots.flat, build, float(np.sqrt(task.variance)))


def _share_path(task: Task, asked: Asked, roots: _Roots) -> _Path:
    del task
    held, weight = roots.starts[asked.factor], roots.weights[asked.factor]

    def build(free: FloatArray, value: float) -> _Built:
        phi = np.insert(free, held, 0.0)
        rest = 1.0 + roots.between(phi)
        phi[held] = np.sqrt(value / (1.0 - value) * rest / weight)
        return roots.covariances(phi), None

    rest = 1.0 + roots.between(roots.flat, asked.factor)
    now = 1.0 - rest / (1.0 + roots.between(roots.flat))
    return _made(np.delete(roots.flat, held), build, now, 1.0)


def _residual_share_path(task: Task, asked: Asked, roots: _Roots) -> _Path:
    del task, asked
    at = [roots.starts[i] for i in roots.shared]

    def build(free: FloatArray, value: float) -> _Built:
        phi = free.copy()
        phi[at] *= np.sqrt((1.0 / value - 1.0) / max(roots.between(phi), 1e-300))
        return roots.covariances(phi), None

    return _made(roots.flat, build, 1.0 / (1.0 + roots.between(roots.flat)), 1.0)


def _made(
    start: FloatArray,
    build: Callable[[FloatArray, float], _Built],
    now: float,
    bound: float = np.inf,
) -> _Path:
    return _Path(start, build, now, bound, np.eye(len(start)))


def _root(covariance: FloatArray, correlated: bool) -> FloatArray:
    if not correlated:
        return np.diag(np.sqrt(np.maximum(np.diag(covariance), 0.0)))
    values, vectors = np.linalg.eigh(covariance)
    half = vectors * np.sqrt(np.maximum(values, 0.0))
    lower: FloatArray = np.asarray(np.linalg.qr(half.T, mode="r")).T
    return np.asarray(lower * np.where(np.diag(lower) < 0, -1.0, 1.0))


def _places(k: int, correlated: bool) -> tuple[IntArray, IntArray]:
    if not correlated:
        return np.arange(k), np.arange(k)
    rows, cols = np.tril_indices(k)
    return rows, cols


def _deviance(task: Task, built: _Built) -> tuple[float, list[FloatArray], float]:
    """Return the deviance, its derivatives in every covariance (unit n), and in log sigma2."""
    problem = task.problem
    back = [np.linalg.inv(t) for t in task.turn]
    D = [b @ c @ b.T for b, c in zip(back, built[0], strict=True)]
    theta = theta_from(problem, D)
    at = evaluate_at(problem, theta[None])
    value, r2, nu = float(at.result.value[0]), float(at.result.r2[0]), problem.nu
    slopes = [s[0] for s in at.result.derivative]
    of_log = 0.0
    if built[1] is not None:
        s2 = float(np.exp(built[1]))
        value += nu * (np.log(s2 * nu / r2) - 1.0) + r2 / s2
        change = 1.0 / s2 - nu / r2
        slopes = [s + change * r for s, r in zip(slopes, slopes_of_r2(problem, theta), strict=True)]
        of_log = nu - r2 / s2
    return value, [b.T @ s @ b for b, s in zip(back, slopes, strict=True)], of_log


def _profiled(task: Task, path: _Path, value: float, start: FloatArray) -> tuple[float, FloatArray]:
    """Minimise the deviance with the quantity held at a value; return its rise and where."""

    def target(white: FloatArray) -> tuple[float, FloatArray]:
        found, gradient = _at(task, path, start + widths @ white, value)
        return found, widths.T @ gradient

    widths = path.widths
    if not len(start):
        return _at(task, path, start, value)[0] - task.top, start
    begin = np.where(np.abs(start) < _OFF, np.where(start < 0, -_OFF, _OFF), start)
    best: tuple[float, FloatArray] | None = None
    for one in [start] if np.array_equal(begin, start) else [start, begin]:
        white = np.linalg.solve(widths, one - start)
        found = minimize(target, white, jac=True, method="BFGS", options={"gtol": _GRADIENT})
        if best is None or found.fun < best[0]:
            best = float(found.fun), start + widths @ np.asarray(found.x)
    assert best is not None
    return best[0] - task.top, best[1]


def _at(task: Task, path: _Path, free: FloatArray, value: float) -> tuple[float, FloatArray]:
    """Return the deviance and its gradient in the free parameters."""
    found, slopes, of_log = _deviance(task, path.build(free, value))
    gradient = np.empty(len(free))
    for i in range(len(free)):
        step = 1e-6 * max(abs(float(free[i])), 0.1)
        up, down = free.copy(), free.copy()
        up[i] += step
        down[i] -= step
        high, low = path.build(up, value), path.build(down, value)
        change = sum(
            float(np.sum(s * (a - b))) for s, a, b in zip(slopes, high[0], low[0], strict=True)
        )
        if high[1] is not None and low[1] is not None:
            change += of_log * (high[1] - low[1])
        gradient[i] = change / (2.0 * step)
    if not np.isfinite(found) or not np.isfinite(gradient).all():
        return 1e10, np.zeros(len(free))
    return found, gradient


def _whitened(task: Task, path: _Path) -> _Path:
    """Return a path with the widths in which its free parameters are about independent."""
    n = len(path.start)
    hessian = np.empty((n, n))
    value = max(path.now, 1e-4)
    start = np.where(np.abs(path.start) < _OFF, _OFF, path.start)
    middle = _at(task, path, start, value)[1]
    for i in range(n):
        moved = start.copy()
        step = 1e-4 * max(abs(float(start[i])), 0.1)
        moved[i] += step
        hessian[i] = (_at(task, path, moved, value)[1] - middle) / step
    if not np.isfinite(hessian).all():
        return path
    values, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    least = 1e-6 * max(float(np.abs(values).max(initial=0.0)), 1e-6)
    return replace(path, widths=vectors / np.sqrt(np.maximum(np.abs(values), least)))


def ends_of(
    task: Task, asked: Asked, cut: float, first: tuple[float, float]
) -> tuple[float, float]:
    """Return where the signed root of the rise reaches ``cut`` to both sides.

    ``first`` are guesses of the two, in the units of the task.
    """
    path = _whitened(task, _path(task, asked))
    return _end(task, path, cut, (-1, first[0])), _end(task, path, cut, (1, first[1]))


def _end(task: Task, path: _Path, cut: float, start: tuple[int, float]) -> float:
    """Return one end of an interval; the bound where the likelihood never falls so far."""
    side, value = start
    is_share = path.bound == 1.0
    floor = 1e-6 * (path.now if path.now > 0 else 1.0)
    if side < 0 and path.now <= floor:
        return 0.0
    value = _first_value(path, task, start)
    free = path.start
    inside, at_inside = path.now, 0.0
    outside: float | None = None
    at_outside = 0.0
    for _ in range(_ROUNDS):
        rise, free = _profiled(task, path, value, free)
        zeta = float(np.sqrt(max(rise, 0.0)))
        if abs(zeta - cut) < _CLOSE:
            return value
        if zeta < cut:
            inside, at_inside = value, zeta
        else:
            outside, at_outside = value, zeta
        if outside is not None:
            share = float(np.clip((cut - at_inside) / (at_outside - at_inside), 0.03, 0.97))
            value = inside + share * (outside - inside)
            continue
        if side < 0 and inside <= floor:
            return 0.0
        grow = float(np.clip(1.05 * cut / max(zeta, 0.2 * cut), 1.1, 3.0))
        value = path.now + (value - path.now) * grow
        if side < 0:
            value = max(value, floor)
        elif is_share and value >= 1.0:
            value = 0.5 * (inside + 1.0)
            if 1.0 - value < 1e-6:
                return 1.0
    return value


def _first_value(path: _Path, task: Task, start: tuple[int, float]) -> float:
    """Return where to look first: the guess, if it lies on its side and away from the bound."""
    side, value = start
    is_share = path.bound == 1.0
    now = max(path.now, 1e-3 if is_share else 0.05 * float(np.sqrt(task.variance)))
    step = 0.35 * min(now, 1.0 - now if is_share else np.inf)
    fits = np.isfinite(value) and side * (value - path.now) > 0.02 * step
    if not fits or value <= 0.05 * path.now or value >= 10.0 * now:
        return path.now + side * step
    return min(value, path.now + 0.95 * (1.0 - path.now)) if is_share else value
