"""Clean: column types and cleaning rules."""
