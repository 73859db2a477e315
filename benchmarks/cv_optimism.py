"""How optimistic the cross-validated score of the best trial is, and how much of that its estimate takes away.

Real searches of made tables whose explained share is known: `python -m benchmarks.cv_optimism` prints a row per table.
R² here is 1 - mean squared error / variance of the target in all rows there could be, because a fold's own variance
makes R² of small folds too low.
"""

import argparse
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb

from benchmarks.made_search import made_plan
from benchmarks.trial_search import AtOnce
from lockstep.features.steps.columns import Columns
from lockstep.fitting.booster import fit_rounds
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.matrices import row_matrix
from lockstep.search.evaluation_log import NoLog
from lockstep.search.ordered import search
from lockstep.search.report import best_params
from lockstep.search.reselection import reselected
from lockstep.search.tune_blocks import Range
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.workers.worker import FoldCache, evaluate

Numbers = npt.NDArray[np.float64]

NAMES = tuple(f"x{number}" for number in range(8))
FOLDS, TEST_ROWS, N_MODELS = 5, 3000, 5
SPACE = {
    "max_leaves": Range(low=2, high=12, log=True),
    "grow_policy": Range(choices=("lossguide",)),
    "max_depth": Range(choices=(0,)),
    "learning_rate": Range(low=0.04, high=0.3, log=True),
    "min_child_weight": Range(low=3.0, high=30.0, log=True),
    "subsample": Range(low=0.5, high=1.0),
    "colsample_bynode": Range(low=0.2, high=1.0),
    "reg_lambda": Range(low=0.01, high=30.0, log=True),
}


class Outcome(TypedDict):
    """R² of one search: as cross-validation reports it, corrected, and of the final model on many new rows."""

    cv: float
    corrected: float
    test: float


def searched(seed: int, signal: float, rows: int, n_trials: int) -> Outcome:
    """A search of a made table.

    Args:
        seed: Seed of the table and the search.
        signal: Size of what the features say; with 0 the target is noise.
        rows: Training rows.
        n_trials: Trials.
    """
    random = np.random.default_rng(seed)
    (x, y), (x_test, y_test) = _rows(random, rows, signal), _rows(random, TEST_ROWS, signal)
    table = pd.DataFrame(x, columns=list(NAMES)).assign(y=y, row_id=range(rows), fold=random.permutation(rows) % FOLDS)
    folds = make_folds(table, Target("y"), (Columns(columns=NAMES),), CrossFitting(), seed)
    plan, cache = made_plan(SPACE, n_trials, seed, stopping=30, max_rounds=500), FoldCache(folds)
    fitting = plan.fitting
    fits = (lambda task: evaluate(task, cache), AtOnce())
    results = search(plan, folds.summaries(), *fits, NoLog())
    best, honest = best_params(results, plan), reselected(plan, results, *fits)
    if honest is None:
        raise ValueError(f"seed {seed}: a fold could not be scored")
    variance = float(np.var(y_test))
    squared = [score.metrics["mse"] or 0.0 for score in results[best["trial"]].folds]
    matrix, test = (_matrix(x, y), xgb.DMatrix(x_test, feature_names=list(NAMES)))
    boosters = [
        fit_rounds(matrix, best["params"], best["n_rounds"], seed + number, fitting) for number in range(N_MODELS)
    ]
    predicted = np.mean([booster.predict(test) for booster in boosters], axis=0)
    return {
        "cv": 1 - float(np.mean(squared)) / variance,
        "corrected": 1 - honest["metrics"]["mse"] / variance,
        "test": 1 - float(np.mean((y_test - predicted) ** 2)) / variance,
    }


def _rows(random: np.random.Generator, rows: int, signal: float) -> tuple[npt.NDArray[np.float32], Numbers]:
    x = random.random((rows, len(NAMES)))
    effect = 2 * x[:, 0] + np.sin(6 * x[:, 1]) + 2 * x[:, 2] * x[:, 3]
    return x.astype(np.float32), signal * effect + random.normal(size=rows)


def _matrix(x: npt.NDArray[np.float32], y: Numbers) -> xgb.DMatrix:
    return row_matrix(x, y, None, NAMES, ("float",) * len(NAMES), 256, "in_core")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--searches", type=int, default=60)
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--trials", type=int, default=15)
    chosen = parser.parse_args()
    print("| signal | R² in cross-validation | above 0 | corrected | above 0 | on new rows |")
    print("|---|---|---|---|---|---|")
    for signal in (0.0, 0.35, 1.0):
        outcomes = [searched(seed, signal, chosen.rows, chosen.trials) for seed in range(chosen.searches)]
        table = pd.DataFrame(outcomes)
        mean, above = table.mean(), (table > 0).mean()
        print(
            f"| {signal:g} | {mean['cv']:.3f} | {above['cv']:.0%} | {mean['corrected']:.3f} |"
            f" {above['corrected']:.0%} | {mean['test']:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
