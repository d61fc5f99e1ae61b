"""Prediction with several grouping factors: a known and a new level of each."""
