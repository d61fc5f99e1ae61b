"""What can be taken home, and opened again."""
