"""What looks wrong in a table, and the one click that mends it."""
