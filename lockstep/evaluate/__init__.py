"""Judging a model on rows it has never seen: metrics and how sure they are, baselines, slices, importance, gates."""
