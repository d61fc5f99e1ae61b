"""Several grouping factors: one in view, all levels together, intervals of variances and shares."""
