"""Tests of core.explore.variance."""
