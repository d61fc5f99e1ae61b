"""The public face of ``core``: see the README for a tour."""
