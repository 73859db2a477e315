"""What runs inside a worker process: one trial, fold by fold."""

import re
import signal
import time
from functools import lru_cache
from pathlib import Path

import optuna
from xgboost.core import XGBoostError

from lockstep.model.booster import FoldMatrices, FoldScore, fit_fold, max_bin_of, quantised
from lockstep.model.folds import Fold
from lockstep.search.pruning import Judge
from lockstep.search.trial import Result, State, Task, running_means

# "[07:12:33] /path/to/source.cc:123: Check failed": the time would make a DVC output differ from run to run.
XGBOOST_PREFIX = re.compile(r"^\[\d\d:\d\d:\d\d\]\s+\S+:\d+:\s*")

_folder: Path | None = None


def initialise(folder: Path) -> None:
    """Tell this process where the folds' matrices lie."""
    global _folder
    _folder = folder
    # Ctrl-C reaches the whole process group; the search ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    optuna.logging.set_verbosity(optuna.logging.WARNING)


def run_trial(task: Task) -> Result:
    """Fit the folds of one trial until it is complete, pruned or failed.

    Parameters that XGBoost refuses make the trial FAIL with XGBoost's message; the search goes on.
    """
    started = time.perf_counter()
    folds: list[FoldScore] = []
    n_folds = count_folds()
    judge = Judge(task.number, task.known, task.pruner, n_folds)
    state, message = State.COMPLETE, ""
    try:
        for fold in range(n_folds):
            matrices = _matrices(fold, max_bin_of(task.params))
            folds.append(fit_fold(task.params, matrices, task.budget, task.seed))
            mean = running_means([score.rmse for score in folds])[-1]
            if judge.prunes(mean, fold + 1) and fold + 1 < n_folds:
                state, message = State.PRUNED, f"pruned after fold {fold}"
                break
    except (XGBoostError, ValueError, MemoryError) as error:
        state, message = State.FAIL, failure_message(error)
    return Result(
        number=task.number,
        state=state,
        params=task.params,
        folds=tuple(folds),
        message=message,
        attrs=judge.attrs(),
        seconds=time.perf_counter() - started,
    )


def failure_message(error: Exception) -> str:
    """The first line of an error, without XGBoost's time and source path."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {XGBOOST_PREFIX.sub('', lines[0]) if lines else 'no message'}"


def count_folds() -> int:
    """Number of folds in the folder this process was given."""
    return len(list(_given_folder().glob("fold_*")))


@lru_cache(maxsize=64)
def _matrices(fold: int, max_bin: int) -> FoldMatrices:
    return quantised(Fold.open(_given_folder() / f"fold_{fold}"), max_bin)


def _given_folder() -> Path:
    if _folder is None:
        raise RuntimeError("initialise(folder) must be called first in this process")
    return _folder
