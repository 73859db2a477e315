"""Limits of a spreadsheet's file, a zip archive of XML, before it is read."""

from pathlib import Path

from lockstep.errors import SourceError
from lockstep.guards.tables.unpacking import LARGE, MAX_EXPANSION, zip_members

WORKBOOK = "xl/workbook.xml"
# A cell takes some 100 bytes while a sheet is read, and at least 20 in its XML.
BYTES_PER_CELL = 8


def refuse_workbook_bomb(path: Path) -> None:
    """Refuse a file that unpacks to far more than its bytes.

    Raises:
        SourceError: above 256 MiB that are more than 200 times the file's size, or if it is damaged.
    """
    packed, unpacked = path.stat().st_size, sum(zip_members(path).values())
    if unpacked > max(LARGE, MAX_EXPANSION * packed):
        raise SourceError(f"unpacks to more than {MAX_EXPANSION} times its size, as no sheet does; save it as CSV")


def most_cells(path: Path) -> int:
    """The number of cells, empty ones between others included, that a sheet may have."""
    return max(LARGE, MAX_EXPANSION * path.stat().st_size) // BYTES_PER_CELL
