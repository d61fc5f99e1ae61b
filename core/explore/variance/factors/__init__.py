"""The variances of several factors: where the variance is, and how sure that is."""
