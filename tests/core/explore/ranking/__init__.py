"""Tests of core.explore.ranking."""
