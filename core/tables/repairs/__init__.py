"""What is wrong with a table beyond doubt, mended as it is read: said, and taken back in a click."""
