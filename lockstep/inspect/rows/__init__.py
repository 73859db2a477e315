"""How the rows of a table are related: copies, order in time, groups, places."""
