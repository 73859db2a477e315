"""Packed files, CSV and Parquet: what they are, and limits to what they become."""
