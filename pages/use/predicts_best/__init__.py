"""The screen Which predicts best: ``screen.py`` is the script, the rest what it alone needs."""
