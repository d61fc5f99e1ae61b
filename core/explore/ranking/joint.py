"""The groups' coefficients together: what ranks, comparisons and pairs are worked out from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.estimators.estimates import varying_names
from core.estimators.factors.system import line_contrasts, scaled_variance, system_of
from core.estimators.factors.view import FactorView, factor_view
from core.exceptions import SpecError
from core.factors_results import FactorsFits
from core.fitting.multilevel import fixef_in_lines, solve_at, unit_of
from core.fitting.scaled import scale_model
from core.posterior.conditional import lines_at
from core.posterior.marginal import square_factor
from core.posterior.posterior import Posterior
from core.results import PoolingFits
from core.types import FloatArray, IntArray

#: Levels of one of several factors up to which they are looked at together.
MOST_TOGETHER = 2_000


@dataclass(frozen=True, eq=False)
class JointCoefficients:
    """The distribution of one varying coefficient over all groups, given the variances.

    ``a_j = mean_j + own_sd_j z_j + shared_j' w`` with independent standard normal z and w:
    the group's own doubt, and the doubt about the fixed effects, which all groups share and
    which therefore counts in a difference only as far as groups answer to it differently.

    Attributes
    ----------
    term : str
    mean : FloatArray, shape (J,)
        Partial-pooling estimates, raw units.
    own_sd : FloatArray, shape (J,)
    shared : FloatArray, shape (J, p)
    """

    term: str
    mean: FloatArray
    own_sd: FloatArray
    shared: FloatArray

    @property
    def sd(self) -> FloatArray:
        """Standard deviation of each coefficient, shape (J,)."""
        return np.asarray(np.sqrt(self.own_sd**2 + np.sum(self.shared**2, axis=1)))

    def difference_sd(self, one: IntArray, other: IntArray) -> FloatArray:
        """Return the standard deviation of ``a_one - a_other``, elementwise."""
        apart = self.shared[one] - self.shared[other]
        variance = self.own_sd[one] ** 2 + self.own_sd[other] ** 2 + np.sum(apart**2, axis=-1)
        return np.asarray(np.where(one == other, 0.0, np.sqrt(variance)))


def in_view(fits: PoolingFits, factor: str | None) -> PoolingFits:
    """Return the fits of one factor's levels where there are several factors, else the fits.

    Raises
    ------
    PoolingError
        When there are several factors and none is named.
    """
    if factor is None or not isinstance(fits, FactorsFits):
        return fits
    return factor_view(fits, factor)


def joint_coefficients(
    fits: PoolingFits, term: str | None = None, factor: str | None = None
) -> JointCoefficients:
    """Return the joint distribution of one coefficient of all groups.

    Parameters
    ----------
    fits : PoolingFits
    term : str or None
        Its name; the first varying coefficient by default.
    factor : str, optional
        The factor whose levels are meant, where the model has several.

    Raises
    ------
    SpecError
        When the coefficient does not vary in this model.
    PoolingError
        When there is no multilevel fit.
    """
    view = in_view(fits, factor)
    if isinstance(view, FactorView):
        return _of_factor(view.whole, term, view.factor)
    names = varying_names(fits)
    if term is not None and term not in names:
        raise SpecError(
            f"'{term}' does not vary by group in this model; these do: {', '.join(names)}."
        )
    k = names.index(term) if term is not None else 0
    fit = fits.multilevel
    model = scale_model(fits.data, fits.moments)
    unit = unit_of(model)
    D = fit.optimization.rel_cov_scaled / np.outer(unit, unit)
    solution = solve_at(model, D, reml=fit.criterion == "REML")
    root = solution.sigma_y * np.linalg.cholesky(0.5 * (solution.inverse + solution.inverse.T))
    through = fixef_in_lines(fits.data, model, D)[k]
    return JointCoefficients(
        term=names[k],
        mean=fit.line[:, k],
        own_sd=np.sqrt(np.maximum(fit.cond_var[:, k, k], 0.0)),
        shared=through.T @ root,
    )


def _of_factor(fits: FactorsFits, term: str | None, factor: str) -> JointCoefficients:
    """Return the joint distribution over one factor's levels, all other factors in the model.

    Its covariance is that of the whole system of equations. Of more than ``MOST_TOGETHER``
    levels only the variances are worked out, and the levels taken as independent.
    """
    own = fits.multilevel.factors[factor]
    name = own.varying_names[0] if term is None else term
    asked = line_contrasts(fits.data, factor, name)
    mean = own.line[:, own.varying_names.index(name)]
    if own.n_groups > MOST_TOGETHER:
        sd = own.line_se[:, own.varying_names.index(name)]
        return JointCoefficients(name, mean, sd, np.zeros((own.n_groups, 1)))
    covariance = system_of(fits).covariance(asked) * scaled_variance(fits)
    values, vectors = np.linalg.eigh(covariance)
    least = max(float(values[0]), 0.0)
    shared = vectors * np.sqrt(np.maximum(values - least, 0.0))
    return JointCoefficients(name, mean, np.full(own.n_groups, np.sqrt(least)), shared)


def posterior_joint(made: Posterior, term: str) -> JointCoefficients:
    """Return mean and covariance of one coefficient of all groups under the full posterior.

    What is in doubt about the variances moves all groups together, so it joins what they
    share: one column a node for where they lie there, beside those of the average coefficients.
    """
    groups, given = made.groups, made.given
    a = made.varying_names.index(term)
    lines = lines_at(given, groups.wanted, slice(None))
    variance = given.model.y_scale**2 * given.sigma2 * square_factor(given.df)
    own = np.einsum("m,mj->j", given.weight * variance, lines.own[:, :, a] ** 2)
    mean = given.weight @ lines.loc[:, :, a]
    root = np.sqrt(given.weight * variance)
    fixed = np.einsum("m,mjp->jmp", root, lines.shared[:, :, a]).reshape(len(mean), -1)
    moved = np.sqrt(given.weight) * (lines.loc[:, :, a] - mean).T
    return JointCoefficients(term, mean, np.sqrt(own), np.concatenate([fixed, moved], axis=1))
