"""Tests of what is derived from the fits."""
