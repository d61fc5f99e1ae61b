"""Connections that answer Ibis expressions: DuckDB, PostgreSQL, Spark, and what else there is."""
