"""Tables where they live: files larger than memory, databases and clusters, by way of Ibis."""
