"""Timed comparisons with other engines: ``python -m tests.benchmarks.engines``."""
