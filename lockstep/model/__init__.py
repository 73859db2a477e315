"""The final model: its training, its intervals, its files."""
