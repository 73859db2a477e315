"""How long two models take to answer, measured here and now, in turns in one process."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.tracking.signature import example_rows

ROWS = 1000
# Turns, of which the first is not counted; no more begin after so many seconds.
MOST_TURNS, ENOUGH_SECONDS = 25, 3.0


@dataclass(frozen=True)
class InferenceTime:
    """Median seconds from raw rows to predictions, on one thread.

    Attributes:
        one_row: For a single row.
        thousand_rows: For 1,000 rows at once.
    """

    one_row: float
    thousand_rows: float


def inference_times(roots: tuple[Path, Path]) -> tuple[InferenceTime, InferenceTime]:
    """Time the models in two folders of outputs, on the rows of each one's example.json, repeated.

    Raises:
        DataError: if a model cannot be read.
    """
    asked = [_asked(root / paths.MODEL) for root in roots]
    one = _medians([few for few, _ in asked])
    many = _medians([all_ for _, all_ in asked])
    return InferenceTime(one[0], many[0]), InferenceTime(one[1], many[1])


def _asked(folder: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """Calls that ask the model for one row and for many."""
    model = SavedModel.load(folder)
    example = example_rows(folder, model)
    tiled = pd.concat([example] * -(-ROWS // len(example)), ignore_index=True).head(ROWS)
    one, many = (pa.Table.from_pandas(rows, preserve_index=False) for rows in (tiled.head(1), tiled))
    return lambda: model.predict_raw(one), lambda: model.predict_raw(many)


def _medians(calls: list[Callable[[], object]]) -> list[float]:
    taken: list[list[float]] = [[] for _ in calls]
    began = time.perf_counter()
    for turn in range(MOST_TURNS):
        for number, call in enumerate(calls):
            started = time.perf_counter()
            call()
            taken[number].append(time.perf_counter() - started)
        if turn and time.perf_counter() - began > ENOUGH_SECONDS:
            break
    return [statistics.median(times[1:]) for times in taken]
