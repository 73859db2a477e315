"""Limits and parsers for untrusted input: text in text/, tables in tables/, models in models/."""
