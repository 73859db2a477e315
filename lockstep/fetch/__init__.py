"""Fetch: a table from its source, unchanged."""
