"""Figures that only lessons show."""
