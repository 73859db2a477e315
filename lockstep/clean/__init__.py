"""Clean: column types, rules, the target."""
