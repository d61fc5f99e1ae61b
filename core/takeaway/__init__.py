"""What leaves the browser: scripts that give the same numbers, the cleaned table, reports."""
