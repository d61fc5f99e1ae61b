"""The criterion, its derivative, and the search for its lowest point with a certificate."""
