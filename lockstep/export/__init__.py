"""One result as a self-contained folder: to pass on, to archive, or to take out of a container."""
