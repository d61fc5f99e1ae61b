"""The tests: see CONTRIBUTING.md for the levels and how to run each."""
