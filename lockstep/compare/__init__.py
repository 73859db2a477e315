"""Two results of the pipeline, side by side."""
