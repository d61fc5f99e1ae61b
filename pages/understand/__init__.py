"""Screens that answer what the model says beyond the groups."""
