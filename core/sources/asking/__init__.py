"""Asking tables elsewhere while somebody waits: progress, an end, a first look."""
