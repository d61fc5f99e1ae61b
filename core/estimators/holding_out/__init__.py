"""Rows held out: folds, what is fitted without them, and what is then said of them."""
