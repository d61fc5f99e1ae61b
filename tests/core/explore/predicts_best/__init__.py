"""Tests of core.explore.predicts_best."""
