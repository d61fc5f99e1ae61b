"""The rows of a table: what tells them apart, and where they are."""
