"""The standard table: columns of every type, as the stage clean writes them, on which examples are checked."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lockstep.features.arrays import Numbers

# The types of the standard table's columns, as in a dataset file.
TYPES: Mapping[str, str] = {
    "artist": "category",
    "genre": "category",
    "title": "text",
    "tags": "text",
    "latitude": "number",
    "longitude": "number",
    "a": "number",
    "b": "number",
    "flag": "boolean",
    "day": "date",
    "rooms": "integer",
}


def standard_table(rows: int = 120, seed: int = 0) -> pd.DataFrame:
    """The table; all columns but rooms have missing values, and several rows share a place.

    Args:
        rows: Number of rows.
        seed: Seed of the values; another one gives other rows of the same kind.
    """
    random = np.random.default_rng(seed)

    def texts(values: list[str], p: float = 0.1) -> pd.Series:
        drawn = pd.Series(random.choice(values, rows), dtype="str")
        return drawn.mask(random.random(rows) < p)

    def numbers(values: Numbers, p: float = 0.1) -> Numbers:
        return np.where(random.random(rows) < p, np.nan, values)

    days = np.datetime64("2000-01-01") + random.integers(0, 9000, rows).astype("timedelta64[D]")
    tags = [";".join(random.choice(["rock", "pop", "a[1]", "a<1]", "jazz", "été"], 2)) for _ in range(rows)]
    return pd.DataFrame(
        {
            "artist": texts([f"artist {number}" for number in range(max(rows // 4, 2))]),
            "genre": texts(["rock", "pop", "jazz"]),
            "title": texts(["one", "one two", "três palavras aqui", "", "one two three four"]),
            "tags": texts(tags),
            "latitude": numbers(37 + random.integers(0, 10, rows) / 8),
            "longitude": numbers(-122 + random.integers(0, 10, rows) / 8),
            "a": numbers(random.integers(-5, 5, rows).astype(np.float64)),
            "b": numbers(random.normal(size=rows)),
            "flag": numbers(random.integers(0, 2, rows).astype(np.float64)),
            "day": pd.Series(days.astype("datetime64[s]")).mask(random.random(rows) < 0.1),
            "rooms": random.integers(1, 9, rows),
        }
    )


def standard_target(frame: pd.DataFrame, n_classes: int = 0, seed: int = 1) -> Numbers:
    """A target that depends on the table's columns a and genre.

    Args:
        frame: Rows of the standard table.
        n_classes: Number of classes, of which each has about the same number of rows; 0 for a number.
        seed: Seed of the noise.

    Returns:
        Numbers, or class numbers as floats, shape (rows,).
    """
    random = np.random.default_rng(seed)
    y = frame["a"].fillna(0).to_numpy() + 3 * (frame["genre"] == "pop").to_numpy() + random.normal(size=len(frame))
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
