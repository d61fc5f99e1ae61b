"""A table comes in: readers, doctor, roles, examples, simulation, GroupedData."""
