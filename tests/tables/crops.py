"""Fields and what grows best on them: six crops, one of them rare. Semicolons."""

from typing import Any

import numpy as np
import pandas as pd

from tests.tables.draws import Random, pick, some_missing


def crops(n_rows: int, random: Random) -> pd.DataFrame:
    """Fields and what grows best on them: six crops, one of them rare. Semicolons."""
    names = ["rice", "maize", "chickpea", "coffee", "grapes", "saffron"]
    label = random.choice(6, n_rows, p=[0.25, 0.25, 0.2, 0.15, 0.13, 0.02])
    centre = random.normal(0, 1.0, (6, 12))
    measures = centre[label] + random.normal(0, 1.3, (n_rows, 12))
    measures[:, 1] += 0.8 * measures[:, 0] * (label % 2)
    soil = np.where(random.random(n_rows) < 0.5, np.array(["clay", "sand", "loam"])[label % 3], "silt")
    station = pick(random, [f"station {number}" for number in range(150)], n_rows)
    columns: dict[str, Any] = {
        f"{name} (mg/kg)" if index < 3 else name: (measures[:, index] * scale + level).round(3)
        for index, (name, level, scale) in enumerate(
            [
                *[("N", 60, 15), ("P", 50, 12), ("K", 48, 14), ("temperature", 25, 4), ("humidity", 70, 9)],
                *[("ph", 6.4, 0.5), ("rainfall", 110, 30), ("sun hours", 7, 1.5), ("altitude", 300, 90)],
                *[("slope", 8, 2), ("organic", 3, 0.6), ("salinity<1m", 1.5, 0.4)],
            ]
        )
    }
    columns["humidity"] = some_missing(random, columns["humidity"], 0.05, "-")
    return pd.DataFrame(
        columns
        | {
            "soil": soil,
            "station": station,
            "irrigated": random.choice(["TRUE", "FALSE"], n_rows),
            "surveyed": [f"20{year:02d}-{month:02d}" for year, month in random.integers([5, 1], [24, 13], (n_rows, 2))],
            "fold": random.integers(0, 5, n_rows),
            "crop code": label * 10 + 100,
            "crop": np.array(names)[label],
        }
    )
