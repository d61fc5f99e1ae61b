"""Lessons: content files with text, state and a guess, checked and filled with live numbers."""
