"""Tests of ``core``: numbers against something independent."""
