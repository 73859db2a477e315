"""Folds and boosters: one fit, and what it is fitted on."""
