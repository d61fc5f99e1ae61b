"""The quick t quantile and density against scipy's."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_allclose
from scipy import stats

from core.estimators.students_t import t_log_density, t_quantile

DF = np.array([1.0, 2.5, 30.0, 299.0, 301.0, 5000.0, 1e7])


def test_quantiles() -> None:
    for probability in (0.6, 0.75, 0.95, 0.995):
        assert_allclose(t_quantile(probability, DF), stats.t.ppf(probability, DF), rtol=1e-9)
    assert_allclose(t_quantile(0.95, np.array([np.inf])), stats.norm.ppf(0.95))
    assert np.isnan(t_quantile(0.95, np.array([np.nan]))).all()


def test_density() -> None:
    z = np.linspace(-4, 4, len(DF))
    assert_allclose(t_log_density(z, DF), stats.t.logpdf(z, DF), atol=1e-9)
    assert_allclose(t_log_density(z, np.full(len(z), np.inf)), stats.norm.logpdf(z))
