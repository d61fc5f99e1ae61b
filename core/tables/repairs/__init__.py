"""What is wrong with a table beyond doubt: mended in reading, said, taken back in a click."""
