"""Rows per second of a bare booster and of `lockstep predict`'s work, in turn, in one process on one core.

`python -m benchmarks.predict_run FOLDER ROUNDS` reads what benchmarks.predictions made there and prints a line of JSON.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.model.saved import SavedModel
from lockstep.predict.predict import predict_file

WAYS = (("in.csv", "out.csv"), ("in.parquet", "out.parquet"), ("in.csv", "out.parquet"))
SINGLE_ROWS = 500


def main() -> None:
    """Measure and print: rows per second of each round, and milliseconds of single rows."""
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    model = SavedModel.load(folder / "model")
    (booster,) = model.boosters
    raw = pq.read_table(folder / "in.parquet")
    x = model.features.transform(model.raw_rows.frame(raw))
    booster.inplace_predict(x[:10])
    found: dict[str, list[float]] = {"booster": [], **{" to ".join(way): [] for way in WAYS}}
    for _ in range(rounds):
        found["booster"].append(len(x) / _seconds(booster.inplace_predict, x, validate_features=False))
        for source, target in WAYS:
            seconds = _seconds(predict_file, str(folder / source), str(folder / target), model, force=True)
            found[f"{source} to {target}"].append(len(x) / seconds)
    print(json.dumps({"rows": len(x), "rows_per_second": found, "single_row_ms": _single_row(model, raw)}))


def _seconds(work: Callable[..., object], *arguments: Any, **options: Any) -> float:
    started = time.perf_counter()
    work(*arguments, **options)
    return time.perf_counter() - started


def _single_row(model: SavedModel, raw: pa.Table) -> float:
    """Median milliseconds of one raw row's answer."""
    return 1000 * statistics.median(_seconds(model.predict_raw, raw.slice(row, 1)) for row in range(SINGLE_ROWS))


if __name__ == "__main__":
    main()
