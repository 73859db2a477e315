"""Lockstep: a reproducible DVC pipeline that tunes gradient-boosted trees, byte for byte the same everywhere."""
