"""What a lesson file may say: its fields, expressions and templates."""
