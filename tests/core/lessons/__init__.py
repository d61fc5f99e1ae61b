"""Tests of the lessons: files, placeholders, guesses, terms."""
