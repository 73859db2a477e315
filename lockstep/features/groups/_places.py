"""The places of a table, for the groups that are made of them."""

from lockstep.features.group import TrainingRows
from lockstep.features.place_columns import PlaceColumns, find_place_columns


def places(rows: TrainingRows) -> list[PlaceColumns]:
    """The pairs of columns that are a place."""
    return find_place_columns({column: rows.largest(column) for column in rows.numbers()})


def others(rows: TrainingRows) -> list[str]:
    """Columns of numbers that are no coordinate."""
    coordinates = {column for place in places(rows) for column in (place.x, place.y)}
    return [column for column in rows.numbers() if column not in coordinates]


def stem(place: PlaceColumns) -> str:
    """The first part of the names of a place's features."""
    return f"{place.y}_{place.x}"
