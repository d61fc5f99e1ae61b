"""Tests of core.explore.simulate."""
