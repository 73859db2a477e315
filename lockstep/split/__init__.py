"""Split: which rows train, validate and test."""
