"""Split: training, validation and test rows."""
