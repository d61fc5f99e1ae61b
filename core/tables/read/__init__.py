"""A file comes in: formats, text, spreadsheets, records, in a bounded process where it matters."""
