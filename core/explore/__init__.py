"""What a reader does with the fits: dial, receipt, prediction, validation, ranking."""
