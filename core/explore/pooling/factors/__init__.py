"""Pooling with several grouping factors: the factor in view, shares of the variance, relations."""
