"""Limits for what strangers send: YAML; what messages show of it."""
