"""The full posterior of a multilevel model, exact given theta and a mixture over it."""
