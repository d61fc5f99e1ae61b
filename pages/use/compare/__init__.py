"""The screen Compare: ``screen.py`` is the script, the rest what it alone needs."""
