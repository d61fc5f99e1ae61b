"""Checks of a model with several factors: residuals, deviations, influence of levels."""
