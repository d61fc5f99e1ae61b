"""Who is in, what they hold, and how much of it there may be: known to pages and server."""
