"""From fits and a prior to weighted nodes: which rule, how many, and whether they suffice."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.exceptions import NotIdentifiedError
from core.fitting.scaled import ScaledModel, scale_model
from core.fitting.search.covariance import rel_cov_of
from core.posterior.theta.enough import Tails, require_enough, tails_of
from core.posterior.theta.lattice import MOST_DIMENSIONS
from core.posterior.theta.lattice_rule import fit_proposal, lattice_nodes, nearest_size
from core.posterior.theta.line_rule import first_look, line_nodes, panels, refined
from core.posterior.theta.nodes import Nodes
from core.posterior.theta.prior import Prior, StatedPrior, state_prior
from core.posterior.theta.target import Target, target_of
from core.results import MultilevelFit, PoolingFits
from core.types import FloatArray

#: Groups times packed elements times points that a first look may cost.
_WORK = 2_200_000
#: Groups times coefficients times nodes that carry them.
_GROUP_WORK = 120_000
#: Panels of nodes along one dimension: for the groups' coefficients, and for single numbers.
_GROUP_PANELS, _PANELS = 10, 24
#: Groups from which fewer panels do: theta is known too well to need them.
_MANY_GROUPS = 20_000
#: Fewer effective nodes than this are too few to say anything.
_LEAST_EFFECTIVE = 60.0
#: A density so steep at its far end that mass beyond is missing would be a fault.
_CROSSOVER_FLOOR = 0.1


@dataclass(frozen=True, eq=False)
class Solved:
    """The posterior of theta as nodes.

    Attributes
    ----------
    target : Target
    prior : StatedPrior
    tails : Tails
    fine : Nodes
        Many: for sds, correlations and shares.
    coarse : Nodes
        Fewer: for whatever costs one solution a node and group.
    """

    target: Target
    prior: StatedPrior
    tails: Tails
    fine: Nodes
    coarse: Nodes


def solve(fits: PoolingFits, prior: str | Prior) -> Solved:
    """Return the posterior of theta under a prior.

    Raises
    ------
    PoolingError
        When there is no multilevel fit.
    NotIdentifiedError
        When the data and the prior leave the posterior without a mean, or the nodes are too
        uneven to be trusted.
    """
    fit = fits.multilevel
    model = scale_model(fits.data, fits.moments)
    stated = state_prior(fits, model, prior)
    tails = tails_of(model, stated)
    require_enough(fits.data, tails, stated)
    correlated = fits.spec.correlated and model.k > 1
    target = target_of(model, stated, correlated=correlated)
    modes = modes_of(fit, model, target.unit)
    sd = np.sqrt(np.maximum(np.diag(target.of_covariance(modes[0])), 0.0))
    target = target.crossing_at(np.maximum(0.5 * sd, _CROSSOVER_FLOOR))
    return solve_target(target, stated, tails, modes)


def solve_target(
    target: Target, prior: StatedPrior, tails: Tails, modes: list[FloatArray]
) -> Solved:
    """Return nodes of a target from the modes of its likelihood (in its units)."""
    size = target.coordinates.size
    found = _on_line(target, modes) if size == 1 else _in_space(target, modes)
    if found is None:
        raise _unreliable("the posterior has no mass where it was looked for")
    fine, coarse = found
    worst = min(fine.effective, coarse.effective)
    if size > 1 and worst < _LEAST_EFFECTIVE:
        raise _unreliable(f"its shape is so odd that only {worst:.0f} effective nodes are left")
    return Solved(target, prior, tails, fine, coarse)


def _unreliable(why: str) -> NotIdentifiedError:
    return NotIdentifiedError(
        f"The full posterior cannot be computed reliably for this model: {why}. Use a simpler "
        "structure (fewer varying coefficients, or no correlation), or a prior with a scale.",
        code="posterior_unreliable",
    )


def modes_of(fit: MultilevelFit, model: ScaledModel, unit: FloatArray) -> list[FloatArray]:
    """Return the likelihood's local maxima as relative covariances in units of ``unit``."""
    out = [np.asarray(fit.optimization.rel_cov_scaled)]
    back = unit[:, None] * np.linalg.inv(model.z_to_raw)
    others = (mode.theta for mode in fit.optimization.modes[1:])
    cov = (rel_cov_of(theta, model.k, fit.spec.correlated) for theta in others)
    return [*out, *(back @ each @ back.T for each in cov)]


def _on_line(target: Target, modes: list[FloatArray]) -> tuple[Nodes, Nodes] | None:
    v, height = first_look(target, modes)
    if not np.isfinite(height).any():
        return None
    few = target.problem.S.shape[2] > _MANY_GROUPS
    fine_ends, coarse_ends = (
        panels(v, height, count // (2 if few else 1)) for count in (_PANELS, _GROUP_PANELS)
    )
    fine, coarse = line_nodes(target, fine_ends), line_nodes(target, coarse_ends)
    if fine is None or coarse is None:
        return None
    return refined(target, fine, fine_ends), coarse


def _in_space(target: Target, modes: list[FloatArray]) -> tuple[Nodes, Nodes] | None:
    size = target.coordinates.size
    if size > MOST_DIMENSIONS:
        raise NotIdentifiedError(
            f"{target.model.k} varying coefficients have {size} variances and correlations; the "
            f"full posterior is computed for up to {MOST_DIMENSIONS}. Leave the correlations "
            "out, or let fewer coefficients vary.",
            code="too_many_dimensions",
        )
    proposal = fit_proposal(target, modes)
    if proposal is None:
        return None
    work = target.problem.S.shape[1] * target.problem.S.shape[2]
    columns = len(target.model.n) * target.model.k
    least = 256 if size <= 3 else 512
    coarse_size = nearest_size(_GROUP_WORK / columns, least, 4096)
    fine_size = nearest_size(_WORK / work, 2 * least, 8192)
    fine = lattice_nodes(target, proposal, fine_size)
    coarse = lattice_nodes(target, proposal, coarse_size)
    return (fine, coarse) if fine is not None and coarse is not None else None
