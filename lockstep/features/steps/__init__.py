"""The built-in feature steps, one class in each file."""
