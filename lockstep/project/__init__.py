"""Where things lie, and what all settings have in common."""
