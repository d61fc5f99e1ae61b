"""Tests of how the app is served."""
