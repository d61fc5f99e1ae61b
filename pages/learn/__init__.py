"""Screens for learning: stories with a guess, and the words of the field."""
