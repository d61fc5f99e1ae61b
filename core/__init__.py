"""The public face of ``core``: see the README for a tour."""

from core.exceptions import DataError, PoolingError
from core.tables.examples import EXAMPLES, Example, load_example
from core.tables.limits import LIMITS, Limits
from core.tables.readers import read_table
from core.tables.report import ReadOptions, ReadReport, read_report

__all__ = [
    "EXAMPLES",
    "LIMITS",
    "DataError",
    "Example",
    "Limits",
    "PoolingError",
    "ReadOptions",
    "ReadReport",
    "load_example",
    "read_report",
    "read_table",
]
