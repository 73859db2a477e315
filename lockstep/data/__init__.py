"""Sources, cleaning, splitting and deterministic table I/O."""
