"""All settings of an experiment checked together, and its local table."""
