"""Folds, boosters, the saved model and metrics."""
