"""Checks that every step, rule and metric must pass, built in or a project's own; for tests."""
