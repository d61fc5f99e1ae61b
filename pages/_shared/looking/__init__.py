"""What a table of the reader's own seems to be, and what only the reader can tell about it."""
