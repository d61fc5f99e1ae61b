"""Screens that use the fits: predict, choose, rank, check."""
