"""Checks that every step, rule and metric passes: the built-in ones, and the project's own in its tests."""
