"""Tests of core.tables.roles."""
