"""The groups of features that an automatic recipe tries, one file each."""
