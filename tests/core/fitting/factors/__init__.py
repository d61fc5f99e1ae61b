"""Several grouping factors."""
