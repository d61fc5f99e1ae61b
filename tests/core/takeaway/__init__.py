"""Tests of core.takeaway."""
