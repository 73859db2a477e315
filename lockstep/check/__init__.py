"""Validate all settings of an experiment together, and its local table."""
