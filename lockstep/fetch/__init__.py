"""Fetch: a table as its source holds it, whatever served the bytes."""
