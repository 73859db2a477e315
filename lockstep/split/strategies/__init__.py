"""Split strategies: one class in one file, which has the strategy's name."""
