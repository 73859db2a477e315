"""Judging a model on rows it has never seen: metrics and their intervals, baselines, slices, importance, gates."""
