"""Standard errors with several grouping factors: robust to clusters of each, and of all."""
