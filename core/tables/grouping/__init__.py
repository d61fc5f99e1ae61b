"""How rows are grouped: usable rows, cells of several factors, columns of the design."""
