"""Array aliases and literal options shared by the whole of ``core``."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]

Criterion: TypeAlias = Literal["REML", "ML"]
Engine: TypeAlias = Literal["auto", "moments", "statsmodels"]
WeightKind: TypeAlias = Literal["precision", "frequency"]
Estimator: TypeAlias = Literal["complete_pooling", "no_pooling", "partial_pooling"]
Severity: TypeAlias = Literal["info", "caution", "problem"]
