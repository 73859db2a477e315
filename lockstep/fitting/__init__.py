"""Folds and boosters: one fit and its data."""
