"""The built-in metrics, one class in each file."""
