"""The final model: its training, its intervals, and how it is saved."""
