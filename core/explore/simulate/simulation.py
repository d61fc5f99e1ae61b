"""Thousands of draws with known truth, each fitted three ways, from moments alone.

An outcome enters every estimator by its per-group moments, so the moments themselves are
drawn: with ``y = X b + e`` in a group, ``X'y`` is normal with covariance
``sigma_y**2 X'X`` and the residual sum of squares is chi-square, independent of it.
No rows are made. The variances are estimated in every draw; the truth is never used as
an estimate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.explore.simulate.numbers import SimulationStudy, StudyPart, Tally, join_parts
from core.fitting.fit import fit_all
from core.fitting.replicates import Outcomes, fit_replicates, replicate_design
from core.moments import GroupMoments
from core.results import PoolingFits
from core.spec import ModelSpec
from core.tables.grouped import GroupedData
from core.tables.grouping.weighting import refuse_precision
from core.tables.population import Population, World, make_world, matrix_root, simulate
from core.types import FloatArray, IntArray

#: Called after every batch with the draws done and the draws asked for; may raise to cancel.
Progress = Callable[[int, int], None]

#: Draws x groups x products of one batch: a fraction of a second.
_BATCH = 100_000


def world_of(table: pd.DataFrame, fits: PoolingFits) -> World:
    """Return the reader's own design with the estimates of its multilevel fit as the truth.

    Parameters
    ----------
    table : pandas.DataFrame
        The table that was fitted.
    fits : PoolingFits

    Raises
    ------
    PoolingError
        When there is no multilevel fit to take the truth from.
    """
    refuse_precision(fits.spec, "Simulation from the fit")
    fit = fits.multilevel
    rows = fits.data.left_out.used(len(table))
    columns = list(fits.spec.columns)
    kept = table.loc[rows, columns].reset_index(drop=True)
    return World(
        table=kept,
        data=GroupedData.from_table(kept, fits.spec.update(rows=())),
        fixef=np.nan_to_num(fit.fixef),
        vcov_group=fit.vcov_group,
        sigma_y=fit.sigma_y,
        shift=np.zeros((fit.n_groups, len(fit.varying_names))),
    )


@dataclass(frozen=True, eq=False)
class _Source:
    """What drawing moments needs, worked out once: all in scaled units of the base columns."""

    world: World
    moments: GroupMoments
    within: FloatArray  # (J, q, q)
    root: FloatArray  # (J, q, q)
    directions: FloatArray  # (J, q), 1 where the root has a direction
    target: FloatArray  # (J, k), raw
    fixed: FloatArray  # (q + 1, J): the fixed part of every base coefficient, raw
    center: float
    scale: float


def source_of(world: World) -> _Source:
    """Return what outcomes of a world are drawn from: its moments and true coefficients."""
    data = world.data
    moments = GroupMoments.from_data(data)
    q = len(data.base)
    within = np.empty((data.n_groups, q, q))
    for a in range(q):
        for b in range(q):
            within[:, a, b] = moments.within(a + 1, b + 1)
    values, vectors = np.linalg.eigh(within) if q else (np.empty((data.n_groups, 0)), within)
    live = values > 1e-11 * np.maximum(values.max(axis=1, initial=0.0), 1.0)[:, None]
    root = vectors * np.sqrt(np.where(live, values, 0.0))[:, None, :]
    fixed = np.zeros((q + 1, data.n_groups))
    for value, term in zip(world.fixef, data.terms, strict=True):
        factor = data.group_columns[term.factor][1] if term.factor >= 0 else 1.0
        fixed[term.base] += value * factor
    for i, base in enumerate(data.varying):
        fixed[base] += world.shift[:, i]
    raw_mean = [moments.mean_of(b) * moments.scale[b] + moments.center[b] for b in range(q + 1)]
    level = np.einsum("bj,bj->j", fixed, np.array(raw_mean))
    center = float(level @ moments.n / moments.n.sum())
    spread = float((level - center) ** 2 @ moments.n / moments.n.sum())
    return _Source(
        world=world,
        moments=moments,
        within=within,
        root=root,
        directions=live.astype(np.float64),
        target=world.target(),
        fixed=fixed,
        center=center,
        scale=float(np.sqrt(world.sigma_y**2 + spread + world.vcov_group[0, 0])),
    )


def draw_outcomes(
    source: _Source, ranef: FloatArray, rng: np.random.Generator, bases: IntArray
) -> Outcomes:
    """Return the moments of one outcome per row of ``ranef`` (B, J, k), for a fit's columns."""
    data, moments = source.world.data, source.moments
    shape = ranef.shape[:2]
    q = len(data.base)
    raw = np.broadcast_to(source.fixed, (len(ranef), *source.fixed.shape)).copy()
    for i, base in enumerate(data.varying):
        raw[:, base] += ranef[:, :, i]
    raw /= source.scale
    sd = source.world.sigma_y / source.scale
    slopes = np.moveaxis(raw[:, 1:] * moments.scale[1 : q + 1, None], 1, 2)
    level = raw[:, 0] + np.einsum("bqj,q->bj", raw[:, 1:], moments.center[1 : q + 1])
    mean = level + np.einsum("bjq,qj->bj", slopes, moments.mean[:q])
    mean += sd * rng.normal(size=shape) / np.sqrt(moments.n) - source.center / source.scale
    z = rng.normal(size=(*shape, q)) * source.directions
    noise = sd * np.einsum("jac,bjc->bja", source.root, z)
    signal = np.einsum("jac,bjc->bja", source.within, slopes)
    df = moments.n - 1.0 - source.directions.sum(axis=1)
    rest = 2.0 * rng.standard_gamma(np.maximum(df, 0.0) / 2.0, size=shape)
    square = np.einsum("bja,bja->bj", slopes, signal + 2.0 * noise)
    square += sd**2 * (np.einsum("bja,bja->bj", z, z) + rest)
    return Outcomes(
        mean=mean,
        within=np.moveaxis(signal + noise, 2, 1)[:, bases],
        square=np.maximum(square, 0.0),
        center=source.center,
        scale=source.scale,
    )


def simulate_many(
    source: Population | World,
    draws: int = 1000,
    seed: int = 0,
    *,
    spec: ModelSpec | None = None,
    same_groups: bool = False,
    level: float = 0.9,
    progress: Progress | None = None,
) -> SimulationStudy:
    """Return how the three estimators do over many draws of known truth.

    Parameters
    ----------
    source : Population or World
    draws : int
        Number of simulated outcomes.
    seed : int
        Same arguments, same study; a population takes its design from the same seed.
    spec : ModelSpec, optional
        The structure that is fitted, which may differ from the one that generates; by
        default the generating one. Its predictors must be among the generating ones.
    same_groups : bool
        True: the groups keep their true coefficients, only their rows are drawn anew.
        False: every draw has new groups from the population.
    level : float
        Nominal coverage of the intervals.
    progress : callable, optional
        Called with (draws done, draws); what it raises ends the study.

    Raises
    ------
    PoolingError
        When the structure cannot be fitted to the design (see ``fit_all``).
    """
    run = StudyRun(source, draws, seed, spec=spec, same_groups=same_groups, level=level)
    while run.advance():
        if progress is not None:
            progress(run.done, draws)
    return run.study()


class StudyRun:
    """A study that is made a batch at a time, so that it can be watched and left.

    Parameters
    ----------
    source, draws, seed, spec, same_groups, level
        As for ``simulate_many``, which gives the same numbers.

    Attributes
    ----------
    draws, done : int
        Draws asked for, and made so far.
    """

    def __init__(
        self,
        source: Population | World,
        draws: int = 1000,
        seed: int = 0,
        *,
        spec: ModelSpec | None = None,
        same_groups: bool = False,
        level: float = 0.9,
    ) -> None:
        if draws < 2:
            raise SpecError(f"{draws} draws show nothing of chance: take at least 2.")
        world = make_world(source, seed) if isinstance(source, Population) else source
        fitted, self._bases = _fitted(world, world.spec if spec is None else spec)
        _check_fit(world, fitted.spec, seed)
        self.draws, self.done, self._seed = draws, 0, seed
        self._source = source_of(world)
        self._design = replicate_design(fitted, GroupMoments.from_data(fitted))
        self._rng = np.random.default_rng([seed, 3])
        self._root = matrix_root(world.vcov_group)
        self._shape = (fitted.n_groups, len(world.data.varying))
        kept = self._rng.normal(size=self._shape) @ self._root.T
        self._kept = kept if same_groups else None
        columns = (2 + len(world.data.base)) * self._shape[1]
        self._size = max(10, _BATCH // (fitted.n_groups * columns))
        self._tally = Tally.begin(world, fitted, same_groups=same_groups, level=level)
        self._parts: list[StudyPart] = []

    @property
    def coefficients(self) -> tuple[str, ...]:
        """The coefficients that vary both in the truth and in the fit."""
        return self._tally.coefficients

    def advance(self) -> bool:
        """Make one more batch, a fraction of a second; False when all draws are made."""
        count = min(self._size, self.draws - self.done)
        if count <= 0:
            return False
        if self._kept is not None:
            ranef = np.broadcast_to(self._kept, (count, *self._shape))
        else:
            ranef = self._rng.normal(size=(count, *self._shape)) @ self._root.T
        outcomes = draw_outcomes(self._source, ranef, self._rng, self._bases)
        self._parts.append(self._tally.add(fit_replicates(self._design, outcomes), ranef))
        self.done += count
        return True

    def study(self) -> SimulationStudy:
        """Return what the draws made so far say."""
        if not self._parts:
            raise SpecError("No draw has been made yet: call advance() first.")
        return join_parts(self._tally, self._parts, seed=self._seed)


def _fitted(world: World, spec: ModelSpec) -> tuple[GroupedData, IntArray]:
    """Return the design under the fitted structure, and its columns' places in the world's."""
    if (spec.outcome, spec.group) != (world.spec.outcome, world.spec.group):
        raise SpecError("The fitted structure must have the outcome and group that were simulated.")
    unknown = [name for name in spec.predictors if name not in world.spec.predictors]
    if unknown:
        raise SpecError(
            f"'{unknown[0]}' is fitted but does not take part in generating the data. Generate "
            "with it (its coefficient may be 0), or leave it out of the fit."
        )
    options = {"categorical": world.spec.categorical, "reference": dict(world.spec.reference)}
    data = GroupedData.from_table(world.table, spec.update(**options))
    place = {column.name: i for i, column in enumerate(world.data.base)}
    lacking = [column.name for column in data.base if column.name not in place]
    if lacking:
        raise SpecError(
            f"'{lacking[0]}' is fitted but does not take part in generating the data. Generate "
            "with this term (its coefficient may be 0), or leave it out of the fit."
        )
    return data, np.array([place[column.name] for column in data.base], dtype=np.intp)


def _check_fit(world: World, spec: ModelSpec, seed: int) -> None:
    """Fit one draw from its rows, so that whatever forbids the fit is said in words."""
    one = fit_all(GroupedData.from_table(simulate(world, seed).table, spec))
    if one.refusal is not None:
        raise one.refusal
