"""Packed files, CSV and Parquet: recognising them, and limits to their unpacked size."""
