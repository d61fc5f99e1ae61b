"""Tests of core.explore.prediction."""
