"""The state in the address, and back."""
