"""Tests of core.estimators."""
