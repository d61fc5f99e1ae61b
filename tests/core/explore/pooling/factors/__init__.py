"""Several grouping factors on the start screen."""
