"""Figures: one ``plot_<noun>`` a file; they draw and never compute."""
