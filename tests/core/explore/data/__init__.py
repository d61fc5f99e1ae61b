"""Tests of core.explore.data."""
