"""Several grouping factors together: their joint equations, own errors, variance components."""
