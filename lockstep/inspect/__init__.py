"""What new-dataset finds in a table that Lockstep has not seen, and the dataset file it writes."""
