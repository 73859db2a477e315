"""Metrics: scores of predictions."""
