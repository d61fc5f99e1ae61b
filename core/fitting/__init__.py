"""The fits: complete pooling, no pooling, the multilevel model."""
