"""Six made tables in the shapes of public ones, with signal that is known: nonlinear, interacting, per category, noisy.

`python -m tests.made_tables FOLDER [N_ROWS]` writes them; the same seed gives the same bytes.
"""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from tests.tables.bank_churn import bank_churn
from tests.tables.bike_rentals import bike_rentals
from tests.tables.crops import crops
from tests.tables.draws import Random
from tests.tables.house_sales import house_sales
from tests.tables.songs import songs
from tests.tables.used_cars import used_cars

N_ROWS = 20_000


def _csv(frame: pd.DataFrame, separator: str = ",", encoding: str = "utf-8") -> bytes:
    return frame.to_csv(index=False, sep=separator, lineterminator="\n").encode(encoding)


Maker = Callable[[int, Random], pd.DataFrame]
# name: (maker, target, file name)
TABLES: dict[str, tuple[Maker, str, str]] = {
    "house_sales": (house_sales, "price", "house_sales.csv"),
    "bank_churn": (bank_churn, "deposit", "bank_churn.csv"),
    "crops": (crops, "crop", "crops.csv"),
    "bike_rentals": (bike_rentals, "count", "bike_rentals.csv"),
    "used_cars": (used_cars, "asking_price", "used_cars.csv.gz"),
    "songs": (songs, "popularity", "songs.parquet"),
}


def write(name: str, folder: Path, n_rows: int = N_ROWS, seed: int = 0) -> Path:
    """Make one table and write its file; returns the file."""
    maker, _, file_name = TABLES[name]
    frame = maker(n_rows, np.random.default_rng([seed, list(TABLES).index(name)]))
    path = folder / file_name
    if name == "songs":
        frame.to_parquet(path, index=False)
    elif name == "used_cars":
        path.write_bytes(gzip.compress(_csv(frame, "\t", "latin-1"), mtime=0))
    elif name == "house_sales":
        path.write_bytes(b"\xef\xbb\xbf" + _csv(frame))
    else:
        path.write_bytes(_csv(frame, ";" if name == "crops" else ","))
    return path


def main() -> None:
    """Write all tables into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in TABLES:
        print(write(name, folder, int(sys.argv[2]) if len(sys.argv) > 2 else N_ROWS))


if __name__ == "__main__":
    main()
