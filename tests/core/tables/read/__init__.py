"""Tests of core.tables.read."""
