"""The standard table of the checks: 60 houses with columns of every type, missing values and two targets."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

ROWS = 60
# Types of the columns without row_id, as in a dataset file.
TYPES: Mapping[str, str] = {
    "area": "number",
    "rooms": "number",
    "floors": "integer",
    "garden": "boolean",
    "kind": "category",
    "title": "text",
    "tags": "text",
    "day": "date",
    "latitude": "number",
    "longitude": "number",
    "y": "number",
    "label": "category",
}


def standard_table() -> pd.DataFrame:
    """The table as clean writes it: row_id first, then the columns of TYPES; the same bytes each time.

    rooms, kind, tags and day have missing values; rooms contains 0. `y` is a numeric target, `label` has two classes.
    """
    random = np.random.default_rng(0)
    row = np.arange(ROWS)
    area = np.round(random.uniform(20.0, 200.0, ROWS), 1)
    floors = 1 + row * 7 % 5 % 4
    y = np.round(area / 10 + 3.0 * floors + random.normal(0.0, 2.0, ROWS), 2)
    return pd.DataFrame(
        {
            "row_id": row,
            "area": area,
            "rooms": np.where(row % 9 == 4, np.nan, row % 5).astype(np.float64),
            "floors": floors,
            "garden": (row % 3 == 0).astype(np.float64),
            "kind": pd.Series([None if at % 20 == 7 else ("flat", "house", "hut")[at % 3] for at in row], dtype="str"),
            "title": pd.Series([f"House {at % 7} by the {('sea', 'lake')[at % 2]}" for at in row], dtype="str"),
            "tags": pd.Series([None if at % 10 == 3 else f"new;old {at % 4}" for at in row], dtype="str"),
            "day": pd.Series(
                np.where(row % 15 == 8, np.datetime64("NaT", "s"), np.datetime64("2024-01-30", "s") + row * 86400 * 9)
            ),
            "latitude": np.round(47.0 + random.uniform(0.0, 3.0, ROWS), 4),
            "longitude": np.round(8.0 + random.uniform(0.0, 5.0, ROWS), 4),
            "y": y,
            "label": pd.Series(np.where(y > np.median(y), "high", "low"), dtype="str"),
        }
    )
