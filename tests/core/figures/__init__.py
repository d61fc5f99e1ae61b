"""Tests of core.figures."""
