"""The inspection of a new table by `lockstep new-dataset`, and the dataset file that it writes."""
