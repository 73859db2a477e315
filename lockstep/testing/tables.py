"""The standard table: houses, with columns of every type as the stage clean writes them, and two targets."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers

# The types of the columns without row_id, as in a dataset file.
TYPES: Mapping[str, str] = {
    "area": "number",
    "rooms": "number",
    "change": "number",
    "floors": "integer",
    "garden": "boolean",
    "kind": "category",
    "street": "category",
    "title": "text",
    "tags": "text",
    "day": "date",
    "latitude": "number",
    "longitude": "number",
    "y": "number",
    "label": "category",
}


def standard_table(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """The table: row_id, then the columns of TYPES; the same bytes each time.

    All columns but area, floors and the targets have missing values; rooms contains 0, change has both signs, and
    several houses share a place. `y` is a numeric target, `label` has two classes.

    Args:
        rows: Number of rows.
        seed: Seed of the values; another one gives other rows of the same kind.
    """
    random = np.random.default_rng(seed)

    def texts(values: list[str]) -> pd.Series:
        return pd.Series(random.choice(values, rows), dtype="str").mask(random.random(rows) < 0.1)

    def numbers(values: Numbers) -> Numbers:
        return np.where(random.random(rows) < 0.1, np.nan, values)

    tags = [";".join(random.choice(["new", "old", "a[1]", "a<1]", "view", "été"], 2)) for _ in range(rows)]
    days = np.datetime64("2000-01-01") + random.integers(0, 9000, rows).astype("timedelta64[D]")
    frame = pd.DataFrame(
        {
            "row_id": np.arange(rows),
            "area": np.round(random.uniform(20.0, 200.0, rows), 1),
            "rooms": numbers(random.integers(0, 9, rows).astype(np.float64)),
            "change": numbers(random.normal(size=rows)),
            "floors": random.integers(1, 5, rows),
            "garden": numbers(random.integers(0, 2, rows).astype(np.float64)),
            "kind": texts(["flat", "house", "hut"]),
            "street": texts([f"street {number}" for number in range(max(rows // 4, 2))]),
            "title": texts(["house", "old house", "três quartos aqui", "", "a house by the lake"]),
            "tags": texts(tags),
            "day": pd.Series(days.astype("datetime64[s]")).mask(random.random(rows) < 0.1),
            "latitude": numbers(37 + random.integers(0, 10, rows) / 8),
            "longitude": numbers(-122 + random.integers(0, 10, rows) / 8),
        }
    )
    label = pd.Series(np.where(standard_target(frame, 2) == 1, "high", "low"), dtype="str")
    return frame.assign(y=standard_target(frame), label=label)


def standard_target(frame: pd.DataFrame, n_classes: int = 0, seed: int = 1) -> Numbers:
    """A target that depends on the columns rooms and kind.

    Args:
        frame: Rows of the standard table.
        n_classes: Number of classes, of which each has about the same number of rows; 0 for a number.
        seed: Seed of the noise.

    Returns:
        Numbers, or class numbers as floats, shape (rows,).
    """
    random = np.random.default_rng(seed)
    y = frame["rooms"].fillna(4).to_numpy() + 3 * (frame["kind"] == "house").to_numpy() + random.normal(size=len(frame))
    if not n_classes:
        return np.asarray(y, dtype=np.float64)
    classes = np.digitize(y, np.quantile(y, np.arange(1, n_classes) / n_classes))
    return np.asarray(classes, dtype=np.float64)


def unseen_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Two rows with values that no row of the frame has, and two rows in which every value is missing."""
    columns = {}
    for name in frame:
        values = frame[name]
        if pd.api.types.is_datetime64_any_dtype(values):
            columns[name] = pd.Series(["1800-02-28", "2199-12-31", None, None], dtype="datetime64[s]")
        elif pd.api.types.is_numeric_dtype(values):
            columns[name] = pd.Series([1e6, -1e6, np.nan, np.nan])
        else:
            columns[name] = pd.Series(["never seen", "[<];", None, None], dtype="str")
    return pd.DataFrame(columns)
