"""Tests of core.fitting."""
