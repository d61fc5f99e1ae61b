"""Tests of the screens, driven without a browser."""
