"""Loads the optional libraries when they are first needed, and says what to install."""

from __future__ import annotations

import importlib
from typing import Any

from core.exceptions import SourceError

_EXTRAS = {"ibis": "engines", "duckdb": "engines", "psycopg": "postgres", "pyspark": "spark"}


def library(name: str, label: str) -> Any:
    """Return an optional library.

    Parameters
    ----------
    name : str
        ``ibis``, ``duckdb``, ``psycopg`` or ``pyspark``.
    label : str
        What needs it, for the message.

    Raises
    ------
    SourceError
        When it is not installed; the message holds the command.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise SourceError(
            f"{label} needs the package '{name}'. Install it with "
            f'pip install "partial-pooling-explorer[{_EXTRAS[name]}]".',
            code="engine_missing",
        ) from None
