"""The public face of ``core``: see the README for a tour."""

from core.tables.examples import EXAMPLES, Example, load_example

__all__ = [
    "EXAMPLES",
    "Example",
    "load_example",
]
