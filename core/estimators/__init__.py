"""Statistics that several questions share: estimates, intervals, folds, predictions of rows."""
