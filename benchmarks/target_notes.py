"""What a reader of docs/studies/targets.md must know about each table."""

from collections.abc import Mapping

NOTES: Mapping[str, str] = {}
