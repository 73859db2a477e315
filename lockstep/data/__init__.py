"""Rows of files for predict, and what new-dataset finds in a table."""
