"""What the stages after fetch know of the table: its target, and the columns that clean left."""
