"""Tests of core.tables.doctor."""
