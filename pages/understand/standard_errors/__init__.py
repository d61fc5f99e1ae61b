"""The screen Standard errors: ``screen.py`` is the script, the rest what it alone needs."""
