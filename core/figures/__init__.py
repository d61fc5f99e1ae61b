"""The kit every figure is made with: theme, canvas, key, hover."""
