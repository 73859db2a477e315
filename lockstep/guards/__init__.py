"""Limits and parsers for what strangers send: text in text/, tables in tables/, models in models/."""
