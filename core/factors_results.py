"""The fits of a model with several grouping factors.

They are of the same classes as with one factor. What only one factor has (``ranef``, ``line``,
``group_names``) is not there: it is refused in words that say where each factor has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from core.evidence import Agreement, Diagnostic
from core.exceptions import PoolingError
from core.factor_fit import FactorFit
from core.moments import GroupMoments
from core.results import CompletePoolingFit, MultilevelFit, NoPoolingFit, PoolingFits
from core.spec import ModelSpec
from core.tables.grouped import FactorsData
from core.tables.grouping.cells import refusal
from core.types import BoolArray, FloatArray, IntArray


class _ByFactor:
    """Holds what all factors share and refuses the rest of its class's fields in words."""

    spec: ModelSpec

    def _hold(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self.spec.groups)})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "spec" not in self.__dict__:
            raise AttributeError(name)
        raise refusal(self.spec.groups, f"'{name}'")


class FactorsFit(_ByFactor, MultilevelFit):
    """The multilevel model of several grouping factors.

    ``fixef``, ``sigma_y``, ``criterion_value``, ``status`` and their like are those of
    ``MultilevelFit``; ``theta`` holds every factor's, one after the other; ``factors`` holds
    what each factor's levels get.
    """

    data: FactorsData

    def __init__(self, factors: Mapping[str, FactorFit], **shared: Any) -> None:
        self._hold({"by_factor": dict(factors), **shared})

    @property
    def factors(self) -> Mapping[str, FactorFit]:
        """What the model says of every grouping factor, by its column."""
        return self.__dict__["by_factor"]  # type: ignore[no-any-return]

    @property
    def icc(self) -> float:
        """Share of the variance that lies between levels of any factor where predictors are 0."""
        between = sum(
            float(f.vcov_group[0, 0]) for f in self.factors.values() if self.spec.varying_intercept
        )
        return between / (between + self.sigma_y**2)

    def confirm(self) -> Agreement | None:
        """Return how far ``MixedLM`` agrees at this optimum; None where it cannot carry it."""
        return None if self.reference is None else self.reference.confirm(self)


class FactorsCompleteFit(_ByFactor, CompletePoolingFit):
    """Complete pooling over all factors.

    Attributes
    ----------
    cluster_se : FloatArray, shape (p,)
        Robust to clusters of every factor at once (Cameron, Gelbach & Miller 2011).
    cluster_se_by : dict of str to FloatArray, shape (p,)
        Robust to clusters of one factor alone (CR1).
    """

    cluster_se_by: Mapping[str, FloatArray]

    def __init__(self, spec: ModelSpec, **shared: Any) -> None:
        self._hold({"spec": spec, **shared})


@dataclass(frozen=True, eq=False)
class FactorOwn:
    """What the rows say of one factor's levels when every factor has its indicators.

    Attributes
    ----------
    coef : FloatArray, shape (L, k)
        Least-squares coefficients of every level, crossed factors being at their average over
        rows; NaN where the level's rows do not determine them.
    estimable : BoolArray, shape (L, k)
        False also where a level cannot be compared with most others, because no row connects
        them.
    coef_se : FloatArray, shape (L, k)
        Standard errors with the common residual sd, worked out when asked for; NaN where there is
        no estimate, no residual degree of freedom, or more than 5,000 levels in all.
    """

    name: str
    group_names: tuple[str, ...]
    group_sizes: IntArray
    varying_names: tuple[str, ...]
    coef: FloatArray
    estimable: BoolArray
    errors: Callable[[], FloatArray] = field(repr=False)

    @cached_property
    def coef_se(self) -> FloatArray:
        """Standard errors of ``coef``, shape (L, k)."""
        return np.where(self.estimable & np.isfinite(self.coef), self.errors(), np.nan)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per level and coefficient: estimate, standard error, estimable or not."""
        k = len(self.varying_names)
        return pd.DataFrame(
            {
                self.name: np.repeat(np.array(self.group_names, dtype=object), k),
                "term": np.tile(np.array(self.varying_names, dtype=object), len(self.group_names)),
                "estimate": self.coef.ravel(),
                "se": self.coef_se.ravel(),
                "estimable": self.estimable.ravel(),
            }
        )


class FactorsNoPoolingFit(_ByFactor, NoPoolingFit):
    """No pooling: least squares with an indicator for every level of every factor.

    Attributes
    ----------
    factors : dict of str to FactorOwn
    rank, deficiency : int
        Columns that the rows determine, and those that are combinations of others.
    deficiency_sentence : str
        Why that is so, in words; '' where nothing is.
    n_parts : int
        Parts that the table falls into, between which no level is shared.
    """

    factors: Mapping[str, FactorOwn]
    rank: int
    deficiency: int
    deficiency_sentence: str
    n_parts: int

    def __init__(self, spec: ModelSpec, **shared: Any) -> None:
        self._hold({"spec": spec, "two_stage": None, **shared})


class FactorsFits(PoolingFits):
    """The three fits of one model with several factors to one table."""

    data: FactorsData
    complete_pooling: FactorsCompleteFit
    no_pooling: FactorsNoPoolingFit
    cells: GroupMoments

    def __init__(
        self,
        data: FactorsData,
        cells: GroupMoments,
        fits: tuple[FactorsCompleteFit, FactorsNoPoolingFit, FactorsFit | None],
        refused: PoolingError | None,
        diagnostics: tuple[Diagnostic, ...],
    ) -> None:
        names = ("complete_pooling", "no_pooling", "multilevel_or_none")
        held: dict[str, Any] = dict(zip(names, fits, strict=True))
        held |= {"data": data, "cells": cells, "refusal": refused, "diagnostics": diagnostics}
        for name, value in held.items():
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"FactorsFits({', '.join(self.data.spec.groups)})"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "data" not in self.__dict__:
            raise AttributeError(name)
        raise refusal(self.data.spec.groups, f"'{name}'")
