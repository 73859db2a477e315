"""The baselines, one class in each file."""
