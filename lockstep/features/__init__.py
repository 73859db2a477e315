"""Leak-safe features: transformers that learn from training rows only, one file each."""
