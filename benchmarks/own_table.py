"""A table such as people bring: texts, categories, dates, numbers, whole numbers, truth values, gaps and copies."""

import hashlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

CITIES = np.array(["Berlin", "Hamburg", "München", "Köln", "Leipzig", "Dresden", "Ulm", "Castrop-Rauxel"])
WORDS = np.array(["fine", "late", "broken", "again", "never", "mostly", "thanks", "please"])
FACTS = """about: a made table
target: price
metric: null
weight: null
exposure: null
source: {{kind: {kind}, path: {path}, sha256: {sha256}}}
missing_values: [""]
columns:
  customer: {{type: text}}
  city: {{type: category, missing: true}}
  note: {{type: text}}
  day: {{type: date}}
  moment: {{type: date}}
  distance: {{type: number, min: 0}}
  weight: {{type: number, missing: true}}
  stars: {{type: integer, min: 1, max: 5}}
  visits: {{type: integer}}
  member: {{type: boolean, missing: true}}
  price: {{type: number}}
clean:
  - {{rule: drop_missing, columns: [city]}}
  - {{rule: drop_outside, column: distance, max: 30}}
  - {{rule: drop_duplicates, columns: [customer], by: visits, keep: highest, count_as: copies}}
  - {{rule: ratio, name: per_km, numerator: price, denominator: distance}}
  - {{rule: date_part, name: month, column: day, part: month}}
features:
  raw:
    - {{step: columns, columns: [distance, weight, stars, visits]}}
  full:
    - {{step: columns, columns: [distance, weight, stars, visits]}}
judging: {{slices: [], coordinates: null}}
"""


def write_own_table(file: Path, n_rows: int) -> None:
    """Write the table as CSV, gzipped CSV or Parquet, as the file's name says."""
    table = _table(n_rows)
    if file.suffix == ".parquet":
        pq.write_table(table, file)
    else:
        # a name that ends in .gz is packed
        with pa.output_stream(file) as sink:
            csv.write_csv(table, sink)


def describe(project: Path, name: str) -> None:
    """Write datasets/own.yaml for the file of a name inside a project."""
    with (project / name).open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    kind = "parquet" if name.endswith(".parquet") else "csv"
    facts = FACTS.format(kind=kind, path=project / name, sha256=sha256)
    (project / "datasets/own.yaml").write_text(facts, encoding="utf-8")


def _table(n_rows: int) -> pa.Table:
    random = np.random.default_rng(0)

    def with_gaps(values: np.ndarray, share: float) -> pa.Array:
        return pa.array(values, mask=random.random(n_rows) < share)

    distance, stars = np.round(random.gamma(2, 5, n_rows), 3), random.integers(1, 6, n_rows)
    note = np.strings.add(WORDS[random.integers(0, 8, n_rows)], " ")
    seconds = random.integers(0, 3650 * 86400, n_rows)
    moment = np.datetime64("2015-01-01T00:00:00") + seconds
    return pa.table(
        {
            "customer": np.strings.add("customer-", random.integers(0, n_rows, n_rows).astype(str)),
            "city": with_gaps(CITIES[random.integers(0, 8, n_rows)], 0.05),
            "note": np.strings.add(note, WORDS[random.integers(0, 8, n_rows)]),
            "day": pa.array(moment.astype("datetime64[D]")).cast(pa.string()),
            "moment": pa.array(moment).cast(pa.string()),
            "distance": distance,
            "weight": with_gaps(np.round(random.normal(20, 5, n_rows), 2), 0.1),
            "stars": stars,
            "visits": random.integers(0, 10_000, n_rows),
            "member": with_gaps(random.random(n_rows) < 0.5, 0.02),
            "price": np.round(5 + 0.8 * distance + 2 * stars + random.normal(0, 1, n_rows), 2),
        }
    )
