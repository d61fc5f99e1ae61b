"""Tests of core.explore.two_levels."""
