"""The cost of finding and of using each result, and the gain of the more expensive search."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa

from lockstep.compare.document import Block, ReportTable, Section, text
from lockstep.compare.numbers import change, milliseconds, number, relative, seconds
from lockstep.compare.pair import Pair, Side
from lockstep.model.example import example_rows
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.report.templates import UNKNOWN
from lockstep.results.result import byte_size

ROWS = 1000
# Rounds of timing, the first of which is discarded; none begins after so many seconds.
MAX_TURNS, MAX_SECONDS = 25, 3.0
COUNTS = {"fold_fits": "fold fits", "boosting_rounds": "boosting rounds"}


@dataclass(frozen=True)
class InferenceTime:
    """Median seconds from raw rows to predictions, on one thread.

    Attributes:
        one_row: For a single row.
        thousand_rows: For 1,000 rows at once.
    """

    one_row: float
    thousand_rows: float


Times = tuple[InferenceTime, InferenceTime]


def cost(pair: Pair, times: Times | None, *, with_times: bool) -> Section:
    """Counts, times and sizes.

    Args:
        pair: Both results.
        times: Times of inference, if they could be measured.
        with_times: Whether to show measured times.
    """
    rows = [_row("trials", *(len(side.result.trials) for side in pair))]
    rows += [_row(name, *(int(side.result.cost[key]) for side in pair)) for key, name in COUNTS.items()]
    if with_times:
        rows += [_timed("search, wall time †", *_walls(pair)), _timed("search, CPU time †", *_cpus(pair))]
    a, b = (side.result.model_bytes for side in pair)
    rows.append(("model size", byte_size(a), byte_size(b), relative(a, b)))
    rows.append(_row("trees", *(side.result.n_trees for side in pair)))
    rows.append(_row("features", *(len(side.features) for side in pair)))
    if with_times:
        rows += _inference(times)
    blocks: list[Block] = [ReportTable("Cost", ("cost", "A", "B", "change"), tuple(rows))]
    if with_times:
        blocks.append(text(_about_times(pair, times)))
    return Section("Cost and gain", (*blocks, *(text(line) for line in per_gain(pair, with_times=with_times))))


def per_gain(pair: Pair, *, with_times: bool) -> list[str]:
    """The cost per percent of the score, or that nothing was gained; in fold fits, and in CPU time if known."""
    if not pair.verdict.comparable:
        return ["The gain for the cost is unknown, because the scores cannot be compared."]
    lines = [_gained(pair, (int(pair.a.result.cost["fold_fits"]), int(pair.b.result.cost["fold_fits"])), "fold fits")]
    a, b = _cpus(pair)
    if with_times and a is not None and b is not None and a != b:
        lines.append(_gained(pair, (a, b), "CPU seconds"))
    return lines


def _gained(pair: Pair, spent: tuple[float, float], unit: str) -> str:
    """The gain of the more expensive search for its additional cost."""
    more = abs(spent[1] - spent[0])
    costlier = pair.b if spent[1] > spent[0] else pair.a
    much = f"{number(more, 3)} {unit} more ({relative(min(spent), max(spent))})"
    winner = pair.verdict.winner
    if winner is None and not more:
        return f"Both searches took {number(spent[0], 3)} {unit}."
    if winner is None:
        return f"{costlier.letter}'s {much} brought no gain that these test rows can show."
    percents = 100 * pair.lead
    if percents <= 0:
        return f"{winner}'s lead is too small to relate to its cost."
    if not more:
        return f"{winner}'s lead of {percents:.3g}% cost no {unit} more."
    if winner != costlier.letter:
        return f"{winner} leads by {percents:.3g}%; {costlier.letter}'s {much} gained nothing."
    price = f"{number(more / percents, 3)} {unit} per 1% of the {pair.score_name}"
    return f"{winner}'s lead of {percents:.3g}% cost {much}: {price}."


def _row(name: str, a: int, b: int) -> tuple[str, ...]:
    return name, number(a), number(b), f"{change(a, b)} ({relative(a, b)})" if a and a != b else change(a, b)


def _timed(name: str, a: float | None, b: float | None) -> tuple[str, ...]:
    return name, seconds(a), seconds(b), relative(a, b)


def _walls(pair: Pair) -> tuple[float | None, float | None]:
    return _wall(pair.a), _wall(pair.b)


def _wall(side: Side) -> float | None:
    return side.time.wall_seconds if side.time else None


def _cpus(pair: Pair) -> tuple[float | None, float | None]:
    a, b = (side.time.cpu_seconds if side.time else None for side in pair)
    return a, b


def _inference(times: Times | None) -> list[tuple[str, ...]]:
    columns = ("one row", f"{ROWS:,} rows")
    if times is None:
        return [(f"inference, {name} †", UNKNOWN, UNKNOWN, UNKNOWN) for name in columns]
    pairs = ((time_of.one_row for time_of in times), (time_of.thousand_rows for time_of in times))
    return [
        (f"inference, {name} †", milliseconds(a), milliseconds(b), relative(a, b))
        for name, (a, b) in zip(columns, pairs, strict=True)
    ]


def _about_times(pair: Pair, times: Times | None) -> str:
    parts = ["† Depends on the machine."]
    if times is not None:
        parts.append(
            "Inference was measured now: both models in turn, from raw rows to predictions, one thread, median."
        )
    if None in (*_walls(pair), *_cpus(pair)):
        parts.append(
            "A search's times are known where it ran and in exported folders; its wall time is unknown if it reused"
            " folds of an earlier search."
        )
    return " ".join(parts)


def inference_times(roots: tuple[Path, Path]) -> Times:
    """Time the models in two folders of outputs, on the rows of each one's example.json, repeated.

    Raises:
        DataError: if a model cannot be read.
    """
    calls = [_inference_calls(root / paths.MODEL) for root in roots]
    one = _medians([one_row for one_row, _ in calls])
    many = _medians([many_rows for _, many_rows in calls])
    return InferenceTime(one[0], many[0]), InferenceTime(one[1], many[1])


def _inference_calls(folder: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """Functions that predict one row and many rows."""
    model = SavedModel.load(folder)
    example = example_rows(folder)
    tiled = pd.concat([example] * -(-ROWS // len(example)), ignore_index=True).head(ROWS)
    one, many = (pa.Table.from_pandas(rows, preserve_index=False) for rows in (tiled.head(1), tiled))
    return lambda: model.predict_raw(one), lambda: model.predict_raw(many)


def _medians(calls: list[Callable[[], object]]) -> list[float]:
    durations: list[list[float]] = [[] for _ in calls]
    began = time.perf_counter()
    for turn in range(MAX_TURNS):
        for place, call in enumerate(calls):
            started = time.perf_counter()
            call()
            durations[place].append(time.perf_counter() - started)
        if turn and time.perf_counter() - began > MAX_SECONDS:
            break
    return [statistics.median(times[1:]) for times in durations]
