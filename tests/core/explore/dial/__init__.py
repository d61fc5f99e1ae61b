"""Tests of core.explore.dial."""
