"""Tests of core.tables."""
