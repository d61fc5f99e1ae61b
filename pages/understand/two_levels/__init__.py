"""The screen Two levels: ``screen.py`` is the script, the rest what it alone needs."""
