"""How often is the spread between groups estimated as zero though it is not?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from core.exceptions import SpecError
from core.explore.simulate.simulation import draw_outcomes, source_of
from core.fitting.replicates import fit_replicates, replicate_design
from core.formats import percent
from core.moments import GroupMoments
from core.results import PoolingFits
from core.tables.grouping.weighting import refuse_precision
from core.tables.population import World, matrix_root
from core.tables.wording import Wording

_BATCH = 200


@dataclass(frozen=True)
class ZeroChance:
    """Share of simulated outcomes on a design whose intercept variance is estimated as zero.

    Attributes
    ----------
    icc : float
        The intraclass correlation that was simulated.
    sigma_alpha : float
        The sd of the intercepts that goes with it, outcome units.
    share, share_se : float
        Share of draws with an estimate of exactly zero, and its Monte Carlo standard error.
    """

    icc: float
    sigma_alpha: float
    share: float
    share_se: float
    draws: int
    n_groups: int
    mean_size: float

    def sentence(self, wording: Wording | None = None) -> str:
        """Return the finding in a sentence."""
        wording = wording or Wording()
        return (
            f"If the intraclass correlation were {percent(self.icc)}, the spread between "
            f"{wording.group.many} would be estimated as exactly zero in {percent(self.share)} "
            f"of {self.draws:,} simulated tables like this one "
            f"({wording.group.count(self.n_groups)}, {self.mean_size:.3g} "
            f"{wording.individual.many} each on average)."
        )


def zero_chance(
    fits: PoolingFits, icc: float = 0.05, *, draws: int = 400, seed: int = 0
) -> ZeroChance:
    """Return how often sigma_alpha would be estimated as zero on the reader's own design.

    Outcomes are drawn on the groups and predictors of the fit, with its average coefficients
    and residual sd, and intercepts that vary as the intraclass correlation says; slopes do not
    vary in the truth. The structure fitted is that of the fit.

    Parameters
    ----------
    fits : PoolingFits
    icc : float
        At least 0, below 1.
    draws : int
        2 to 10,000.
    seed : int
        The same seed gives the same share.

    Raises
    ------
    PoolingError
        When there is no multilevel fit, no varying intercept, or an argument is out of range.
    """
    if not 0 <= icc < 1:
        raise SpecError(f"An intraclass correlation of {icc:g} is impossible: give 0 to below 1.")
    if not 2 <= draws <= 10_000:
        raise SpecError(f"{draws:,} draws: give 2 to 10,000.")
    refuse_precision(fits.spec, "The chance of a variance estimated as zero")
    fit, data = fits.multilevel, fits.data
    if 0 not in data.varying:
        raise SpecError("The intercept does not vary in this model, so it has no variance.")
    sigma = float(np.sqrt(icc / (1.0 - icc))) * fit.sigma_y
    vcov = np.zeros((len(data.varying), len(data.varying)))
    vcov[0, 0] = sigma**2
    world = World(
        table=pd.DataFrame(),
        data=data,
        fixef=np.nan_to_num(fit.fixef),
        vcov_group=vcov,
        sigma_y=fit.sigma_y,
        shift=np.zeros((data.n_groups, len(data.varying))),
    )
    source, root = source_of(world), matrix_root(vcov)
    design = replicate_design(data, GroupMoments.from_data(data))
    bases = np.arange(len(data.base), dtype=np.intp)
    rng = np.random.default_rng([seed, 4])
    zeros = 0
    for done in range(0, draws, _BATCH):
        count = min(_BATCH, draws - done)
        ranef = rng.normal(size=(count, data.n_groups, len(vcov))) @ root.T
        found = fit_replicates(design, draw_outcomes(source, ranef, rng, bases))
        zeros += int((found.vcov_group[:, 0, 0] == 0).sum())
    share = zeros / draws
    return ZeroChance(
        icc=icc,
        sigma_alpha=sigma,
        share=share,
        share_se=float(np.sqrt(share * (1.0 - share) / draws)),
        draws=draws,
        n_groups=data.n_groups,
        mean_size=float(data.group_sizes.mean()),
    )
