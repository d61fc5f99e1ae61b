"""The screen Lessons: ``screen.py`` is the script, the rest what it alone needs."""
