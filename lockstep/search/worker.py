"""What runs inside a worker process: one trial, fold by fold."""

import multiprocessing
import multiprocessing.connection
import os
import re
import signal
import threading
import time
from pathlib import Path

import optuna

from lockstep.model.booster import FoldMatrices, FoldScore, fit_fold, max_bin_of, quantised
from lockstep.model.folds import Fold
from lockstep.search.pruning import Judge
from lockstep.search.trial import Result, State, Task, running_means

# "[07:12:33] /path/to/source.cc:123: Check failed": the time would make a DVC output differ from run to run.
XGBOOST_PREFIX = re.compile(r"^\[\d\d:\d\d:\d\d\]\s+\S+:\d+:\s*")

_folder: Path | None = None
_kept: dict[int, tuple[int, FoldMatrices]] = {}


def initialise(folder: Path) -> None:
    """Tell this process where the folds' matrices lie."""
    global _folder
    _folder = folder
    _kept.clear()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Ctrl-C reaches the whole process group; the search ends its workers itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """A search that is killed cannot end its workers; so they watch it."""
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def run_trial(task: Task) -> Result:
    """Fit the folds of one trial until it is complete, pruned or failed.

    A trial that raises, as when XGBoost refuses its parameters, is FAIL with its message; the search goes on.
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
    except Exception as error:
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


def _matrices(fold: int, max_bin: int) -> FoldMatrices:
    """The quantised fold; one per fold is kept, since quantising costs as much as many rounds."""
    if fold not in _kept or _kept[fold][0] != max_bin:
        _kept[fold] = max_bin, quantised(Fold.open(_given_folder() / f"fold_{fold}"), max_bin)
    return _kept[fold][1]


def _given_folder() -> Path:
    if _folder is None or not _folder.is_dir():
        raise RuntimeError("initialise(folder) must be called first in this process, and the folder must stay")
    return _folder
