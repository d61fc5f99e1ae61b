"""Reading a table of new rows for a model that has been fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.estimators.training import AVERAGE, KNOWN, NEW, Rows
from core.exceptions import DataError
from core.formats import shorten
from core.moments import GroupMoments
from core.tables.columns import (
    categorical_column,
    column_of,
    is_numeric,
    numeric_column,
)
from core.tables.grouped import GroupedData
from core.tables.grouping.design import BaseColumn
from core.tables.grouping.times import time_column, time_of
from core.types import BoolArray, FloatArray, IntArray


class NewRows:
    """The rows of a table as ``Rows``, with the reason why a row cannot be predicted.

    Attributes
    ----------
    rows : Rows
    reasons : ndarray of str, shape (n,)
        Empty where the row can be used.
    index : Index
        That of the table.
    """

    def __init__(
        self, table: pd.DataFrame, data: GroupedData, moments: GroupMoments, *, is_average: bool
    ) -> None:
        self._table, self._spec = table, data.spec
        self.index = table.index
        self._levels: dict[str, tuple[str, ...]] = dict(data.group_levels)
        for name, column in data.columns.items():
            levels = getattr(column, "levels", None)
            if levels is not None:
                self._levels[name] = levels
        self._found: dict[str, IntArray] = {}
        self.reasons = np.full(len(table), "", dtype=object)
        base = np.ones((len(table), len(data.base) + 1))
        for i, item in enumerate(data.base, start=1):
            raw = self._values(item)
            base[:, i] = np.nan_to_num((raw - moments.center[i]) / moments.scale[i])
        group, kind = self._groups(data)
        factors = self._factors(data, kind == KNOWN)
        if is_average:
            kind[:] = AVERAGE
        self.rows = Rows(base, factors, group, kind, self._weight(data))

    def _weight(self, data: GroupedData) -> FloatArray | None:
        """Return the precision weights of the rows, 1 where the table has none for them."""
        name = data.spec.weights
        if not data.spec.has_precision or name not in self._table.columns:
            return None
        values = self._numbers(name)
        self._note(values <= 0, f"the weight in '{name}' is not above 0")
        return np.where(np.isfinite(values) & (values > 0), values, 1.0)

    def _note(self, where: BoolArray, reason: str) -> None:
        self.reasons[where & (self.reasons == "")] = reason

    def _note_each(self, place: IntArray, reasons: list[str]) -> None:
        """Note for every row the reason at its place; -1 for none."""
        where = (place >= 0) & (self.reasons == "")
        self.reasons[where] = np.array(reasons, dtype=object)[place[where]]

    def _values(self, item: BaseColumn) -> FloatArray:
        """Return a column of the design in raw units, noting rows without a value."""
        if item.parts:
            return self._made(item)
        if item.level >= 0:
            codes = self._codes(item.source, role="predictor")
            self._note(codes == -1, f"'{item.source}' is missing")
            return np.asarray(codes == item.level, dtype=np.float64)
        return self._numbers(item.source)

    def _made(self, item: BaseColumn) -> FloatArray:
        """Return a made column: the product of its parts, with the knots of the fitted rows."""
        out = np.ones(len(self._table))
        for part in item.parts:
            if part.level >= 0:
                out *= self._values(BaseColumn(part.column, part.column, part.level))
                continue
            raw = self._numbers(part.column)
            values = part.of(raw)
            self._note(np.isfinite(raw) & ~np.isfinite(values), f"'{item.term}' does not exist")
            out *= values
        return out

    def _numbers(self, name: str) -> FloatArray:
        """Return a numeric column, noting rows without a number."""
        series = column_of(self._table, name, "predictor")
        time = time_of(self._spec, name)
        if time is not None:
            values = time_column(series, time).values
        elif is_numeric(series):
            values = numeric_column(series, name).values
        else:
            parsed = pd.to_numeric(series.astype(object), errors="coerce")
            values = parsed.to_numpy(dtype=np.float64, na_value=np.nan)
            if series.notna().any() and not np.isfinite(values).any():
                raise DataError(
                    f"'{name}' must hold numbers, as in the rows that were fitted. Correct the "
                    "column and try again."
                )
            odd = ~np.isfinite(values) & series.notna().to_numpy()
            codes, texts = pd.factorize(series[odd].astype(str))
            place = np.full(len(series), -1)
            place[odd] = codes
            said = [f"'{shorten(str(text), 30)}' of '{name}' is not a number" for text in texts]
            self._note_each(place, said)
        self._note(~np.isfinite(values), f"'{name}' is missing")
        return values

    def _codes(self, name: str, *, role: str) -> IntArray:
        """Return codes into the fitted levels: -1 for missing, -2 for a level not seen."""
        if name in self._found:
            return self._found[name]
        column = categorical_column(column_of(self._table, name, role), name)
        position = {level: i for i, level in enumerate(self._levels[name])}
        recode = np.array([*(position.get(v, -2) for v in column.levels), -1], dtype=np.intp)
        codes = recode[column.codes]
        said = [
            f"level '{shorten(level, 60)}' of '{name}' was not in the fitted rows"
            for level in column.levels
        ]
        self._note_each(np.where(codes == -2, column.codes, -1), said)
        self._found[name] = codes
        return codes

    def _groups(self, data: GroupedData) -> tuple[IntArray, IntArray]:
        """Return the position of each row's group, and whether it was seen (KNOWN) or not."""
        n = len(self._table)
        if data.spec.group not in self._table.columns:
            return np.zeros(n, dtype=np.intp), np.full(n, NEW)
        column = categorical_column(
            column_of(self._table, data.spec.group, "group"), data.spec.group
        )
        position = {name: i for i, name in enumerate(data.group_names)}
        known = np.array([*(position.get(v, -1) for v in column.levels), -1], dtype=np.intp)
        group = known[column.codes]
        return np.maximum(group, 0), np.where(group >= 0, KNOWN, NEW)

    def _factors(self, data: GroupedData, is_known: BoolArray) -> FloatArray:
        """Return the group-level columns, NaN where the table does not say (n, f)."""
        out = np.full((len(self._table), len(data.group_columns)), np.nan)
        for i, item in enumerate(data.group_base):
            if item.source not in self._table.columns:
                continue
            reasons = self.reasons.copy()
            if item.level >= 0:
                codes = self._codes(item.source, role="group-level predictor")
                out[:, i] = np.where(codes == -1, np.nan, codes == item.level)
            else:
                out[:, i] = self._values(item)
                self.reasons = reasons  # a missing group-level predictor is no obstacle
            # A known group brings its own values, whatever the table says.
            self.reasons = np.where(is_known, reasons, self.reasons)
        return out
