"""Made tables in the shapes of public ones, one file each."""
