"""Tests of core.explore.standard_errors."""
