"""The objectives, one class in each file."""
