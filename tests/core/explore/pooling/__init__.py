"""Tests of core.explore.pooling."""
