"""Fits of a real search, recorded once, and the same for parameters that it did not try: a Gaussian process."""

import json
import math
import random
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from threadpoolctl import threadpool_limits

from lockstep.fitting.booster import FoldScore
from lockstep.search.tune_blocks import Space
from lockstep.storage.tables import significant
from lockstep.workers.trial import Evaluation, FoldTask, TrialResult

RECORDED = Path(__file__).with_name("recorded_fits.json")
DIGITS = 4


def record(results: list[TrialResult], seconds: dict[tuple[int, int], float], path: Path = RECORDED) -> None:
    """Write the folds' scores and CPU seconds of complete trials; a search without pruning has no others."""
    rows = [
        {
            "params": dict(result.params),
            "scores": [significant(fold.score, 7) for fold in result.folds],
            "seconds": [significant(seconds[result.number, fold], DIGITS) for fold in range(len(result.folds))],
        }
        for result in results
    ]
    path.write_text("[\n" + ",\n".join(json.dumps(row, sort_keys=True) for row in rows) + "\n]\n", encoding="utf-8")


@dataclass(frozen=True)
class RecordedFits:
    """What a fold's fit scores and how long it takes, anywhere in a space.

    Attributes:
        space: The numeric parameters' ranges.
        scores: Predicts the logarithms of the folds' scores.
        seconds: Predicts the logarithms of their seconds.
        noise: What the first cannot tell: standard deviation of a fold's logarithm.
    """

    space: Space
    scores: GaussianProcessRegressor
    seconds: GaussianProcessRegressor
    noise: float

    @classmethod
    def read(cls, space: Space, path: Path = RECORDED) -> Self:
        """Learn from the recorded trials."""
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
        numeric = {name: limits for name, limits in space.items() if limits.choices is None}
        x = np.array([_position(numeric, row["params"]) for row in rows])
        scores = _fitted(x, np.log([row["scores"] for row in rows]))
        seconds = _fitted(x, np.log([row["seconds"] for row in rows]))
        left = np.log([row["scores"] for row in rows]) - scores.predict(x)
        return cls(numeric, scores, seconds, float(left.std()))

    def run(self, task: FoldTask) -> Evaluation:
        """The fold's evaluation: the same for the same parameters, fold and seed."""
        x = np.array([_position(self.space, task.params)])
        luck = random.Random(f"{task.seed} {task.fold} {sorted(task.params.items())}").gauss(0, self.noise)  # noqa: S311
        score = significant(float(np.exp(self.scores.predict(x)[0, task.fold] + luck)), 10)
        took = float(np.exp(self.seconds.predict(x)[0, task.fold]))
        metrics = {"rmse": score, "mse": score**2, "mae": None, "r2": None}
        return Evaluation(FoldScore(score, metrics, 1), "", took, took)


def _position(space: Space, params: Any) -> list[float]:
    """Parameters on a scale of 0 to 1 over each range."""
    shares = []
    for name, limits in sorted(space.items()):
        scale: Callable[[float], float] = math.log if limits.log else float
        low, high = scale(float(limits.low or 0)), scale(float(limits.high or 0))
        shares.append((scale(float(params[name])) - low) / (high - low))
    return shares


def _fitted(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> GaussianProcessRegressor:
    kernel = ConstantKernel() * RBF(np.ones(x.shape[1]), (0.05, 50)) + WhiteKernel(0.1, (1e-6, 1))
    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianProcessRegressor(kernel, normalize_y=True, random_state=0).fit(x, y)
