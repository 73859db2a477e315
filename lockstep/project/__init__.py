"""Settings as raw blocks, where files lie, the target."""
