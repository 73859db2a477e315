"""What runs inside a worker: one fold of one trial."""

import multiprocessing
import multiprocessing.connection
import os
import re
import signal
import threading
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import xgboost as xgb
from xgboost.core import XGBoostError

from lockstep.errors import LockstepError, SearchError
from lockstep.fitting.booster import fit_fold, max_bin_of
from lockstep.fitting.fitting import Memory
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.matrices import FoldMatrices, quantised, row_matrix, set_pages_folder
from lockstep.workers.trial import Evaluation, FoldTask

# "[07:12:33] /path/to/source.cc:123: Check failed": the time would make a DVC output differ from run to run.
XGBOOST_PREFIX = re.compile(r"^\[\d\d:\d\d:\d\d\]\s+\S+:\d+:\s*")

MACHINE = "is there enough memory and disk?"
REMEDY = f"{MACHINE} Finished fits are kept, `dvc repro` goes on from here"


class FoldCache:
    """The quantised folds of one table: one per fold, since quantising costs as much as many rounds.

    Each thread has its own, because a Dask worker may run several and XGBoost's matrices are not made to be shared.

    Args:
        folds: The table's folds.
    """

    def __init__(self, folds: FoldSet) -> None:
        self._folds = folds
        self._kept: dict[tuple[int, int], tuple[tuple[int, Memory], FoldMatrices]] = {}

    def fold(self, number: int, max_bin: int, memory: Memory) -> FoldMatrices:
        """Fold `number`, quantised."""
        place = threading.get_ident(), number
        if place not in self._kept or self._kept[place][0] != (max_bin, memory):
            # The old one goes before the new one comes: never two of a fold.
            self._kept.pop(place, None)
            self._kept[place] = (max_bin, memory), quantised(self._folds[number], max_bin, memory)
        return self._kept[place][1]


_keeper: FoldCache | None = None


def initialise(folder: Path | None) -> None:
    """Tell this process where the folds' arrays lie, if its calls need any."""
    global _keeper
    if folder is not None:
        _keeper = FoldCache(FoldSet.open(folder))
        set_pages_folder(folder)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Ctrl-C reaches the whole process group; the search ends its workers itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """A search that is killed cannot end its workers; so they watch it."""
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def evaluate_in_worker(task: FoldTask) -> Evaluation:
    """Fit one fold of the folds given to `initialise`."""
    if _keeper is None:
        raise RuntimeError("initialise(folder) must be called first in this process")
    return evaluate(task, _keeper)


def evaluate(task: FoldTask, keeper: FoldCache) -> Evaluation:
    """Fit one fold; a fit that raises, as when XGBoost refuses its parameters, leaves its message.

    Raises:
        SearchError: if it is the machine that fails (memory, disk), not the parameters: a trial that failed on one
            machine alone would make another best model.
    """
    started, cpu_started = time.perf_counter(), time.thread_time()
    score, message = None, ""
    try:
        matrices = keeper.fold(task.fold, max_bin_of(task.params), task.fitting.memory)
    except Exception as error:
        raise SearchError(f"fold {task.fold} cannot be prepared ({failure_message(error)}); {REMEDY}") from error
    try:
        score = fit_fold(matrices, task.params, task.budget, task.seed, task.fitting)
    except LockstepError:
        raise
    except Exception as error:
        message = failure_message(error)
        if _is_the_machines(error, task.fitting.memory):
            raise SearchError(f"trial {task.number}, fold {task.fold}: {message}; {REMEDY}") from error
    return Evaluation(score, message, time.perf_counter() - started, time.thread_time() - cpu_started)


def on_fold(function: Callable[..., Any], number: int, max_bin: int, memory: Memory, args: tuple[Any, ...]) -> Any:
    """`function(matrices, *args)` of one fold of those given to `initialise`.

    Raises:
        SearchError: if it fails, as when memory is short.
    """
    if _keeper is None:
        raise RuntimeError("initialise(folder) must be called first in this process")
    try:
        return function(_keeper.fold(number, max_bin, memory), *args)
    except LockstepError:
        raise
    except Exception as error:
        raise SearchError(f"{function.__name__}, fold {number}: {failure_message(error)}; {MACHINE}") from error


def on_all_rows(function: Callable[..., Any], folder: Path, max_bin: int, memory: Memory, args: tuple[Any, ...]) -> Any:
    """`function(matrix, *args)` of all rows of the table that a FoldSet left in `folder`.

    Raises:
        SearchError: if it fails, as when memory is short.
    """
    try:
        return function(_all_rows(folder, max_bin, memory), *args)
    except LockstepError:
        raise
    except Exception as error:
        raise SearchError(f"{function.__name__}: {failure_message(error)}; {MACHINE}") from error


@lru_cache(maxsize=1)
def _all_rows(folder: Path, max_bin: int, memory: Memory) -> xgb.DMatrix:
    fold = FoldSet.open(folder)[0]
    return row_matrix(fold.x, fold.y, None, fold.names, fold.types, max_bin, memory)


def _is_the_machines(error: Exception, memory: Memory) -> bool:
    if isinstance(error, OSError | MemoryError) or "bad_alloc" in str(error):
        return True
    # With rows in files XGBoost words a full disk in many ways, and refused parameters in one.
    return memory == "external" and isinstance(error, XGBoostError) and "Parameter" not in str(error)


def failure_message(error: Exception) -> str:
    """The first line of an error, without XGBoost's time and source path."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {XGBOOST_PREFIX.sub('', lines[0]) if lines else 'no message'}"
