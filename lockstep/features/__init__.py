"""Leak-safe features: steps that learn from training rows only, one file each in steps/."""
