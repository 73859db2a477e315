"""What every contestant prints as its last line, measured the same way for all."""

import json
import resource
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

import benchmarks
from benchmarks.rows import Vector


@dataclass(frozen=True)
class Result:
    """One contestant's outcome.

    cv_rmse is the mean over the folds of each fold's RMSE; seconds is the wall time of the search alone, without
    imports and the final fit; curve holds [seconds since the process started, cv_rmse of the best so far].
    """

    name: str
    cv_rmse: float
    test_rmse: float
    test_r2: float
    seconds: float
    curve: list[tuple[float, float]]
    trials: int
    pruned: int
    best: dict[str, Any]
    details: dict[str, Any] = field(default_factory=dict)

    def print(self) -> None:
        """Print one line of JSON; cpu_seconds are those of the whole process and of its children."""
        fields = asdict(self)
        details = fields.pop("details")
        print(json.dumps({**fields, "cpu_seconds": round(cpu_seconds(), 2), **details}, default=float), flush=True)


def rmse(actual: Vector, predicted: npt.ArrayLike) -> float:
    """Root mean squared error, in double precision."""
    return float(np.sqrt(np.mean((actual - np.asarray(predicted, dtype=np.float64)) ** 2)))


def r2(actual: Vector, predicted: npt.ArrayLike) -> float:
    """Share of the variance explained."""
    return 1 - (rmse(actual, predicted) / float(np.std(actual))) ** 2


def falling(points: Iterable[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """The curve of a search from (seconds, loss, cv_rmse) of its trials: cv_rmse whenever the loss fell."""
    curve: list[tuple[float, float]] = []
    best = float("inf")
    for at, loss, cv_rmse in sorted(points):
        if loss < best:
            best = loss
            curve.append((round(at, 2), cv_rmse))
    return curve


def since_start() -> float:
    """Seconds since the process started."""
    return time.perf_counter() - benchmarks.STARTED


def cpu_seconds() -> float:
    """User and system time of this process and its finished children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)
