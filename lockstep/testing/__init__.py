"""Checks that every step, rule and metric must pass, the project's own included."""
