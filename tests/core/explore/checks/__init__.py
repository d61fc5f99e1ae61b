"""Tests of core.explore.checks."""
