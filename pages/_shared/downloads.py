"""Tables as files that a spreadsheet opens without running anything."""

from __future__ import annotations

import pandas as pd

#: What a spreadsheet takes for the start of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV in UTF-8; text that looks like a formula gets a leading quote."""
    safe = frame.rename(columns=_neutral)
    for name in safe.columns:
        if pd.api.types.is_string_dtype(safe[name]) or safe[name].dtype == object:
            safe[name] = safe[name].map(_neutral)
    return safe.to_csv(index=False).encode("utf-8-sig")


def _neutral(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
