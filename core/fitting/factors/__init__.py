"""The multilevel model with several grouping factors: nested, crossed, or both."""
