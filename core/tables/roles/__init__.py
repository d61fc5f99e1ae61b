"""Which column plays which role: a guess, with its reasons."""
