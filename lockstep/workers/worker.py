"""The code of a worker process: it fits one fold of one trial."""

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
from lockstep.fitting.fitting import Fitting, Memory
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.matrices import FoldMatrices, quantise, set_pages_folder, training_matrix
from lockstep.fitting.transform import Transform
from lockstep.workers.trial import Evaluation, FoldTask

# "[07:12:33] /path/to/source.cc:123: Check failed": the time would make a DVC output differ from run to run.
XGBOOST_PREFIX = re.compile(r"^\[\d\d:\d\d:\d\d\]\s+\S+:\d+:\s*")

MACHINE_REMEDY = "is there enough memory and disk?"
SEARCH_REMEDY = f"{MACHINE_REMEDY} Finished fits are kept, `dvc repro` continues from here"


class FoldCache:
    """The quantised folds of one table, which are kept since quantising takes as long as many rounds.

    Each thread has its own: a Dask worker may run several threads, and XGBoost's matrices are not thread-safe.

    Args:
        folds: The table's folds.
    """

    def __init__(self, folds: FoldSet) -> None:
        self._folds = folds
        self._matrices: dict[tuple[int, int], tuple[tuple[Any, ...], FoldMatrices]] = {}

    def fold(self, number: int, max_bin: int, fitting: Fitting) -> FoldMatrices:
        """Fold `number`, quantised."""
        key, settings = (threading.get_ident(), number), (max_bin, fitting.memory, fitting.transform)
        if key not in self._matrices or self._matrices[key][0] != settings:
            # The old matrices are freed first, so that a fold is never twice in memory.
            self._matrices.pop(key, None)
            self._matrices[key] = settings, quantise(self._folds[number], *settings)
        return self._matrices[key][1]


_cache: FoldCache | None = None


def initialise(folder: Path | None) -> None:
    """Prepare this process for the folds in `folder`; None for calls that need no folds."""
    global _cache
    if folder is not None:
        _cache = FoldCache(FoldSet.open(folder))
        set_pages_folder(folder)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Ctrl-C reaches the whole process group; the search kills its workers itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    """End this process when the search ends: a killed search cannot end its workers."""
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def evaluate_in_worker(task: FoldTask) -> Evaluation:
    """Fit one of the folds given to `initialise`."""
    if _cache is None:
        raise RuntimeError("initialise(folder) must be called first in this process")
    return evaluate(task, _cache)


def evaluate(task: FoldTask, cache: FoldCache) -> Evaluation:
    """Fit one fold; if the fit fails, for example because XGBoost refuses its parameters, return the error's message.

    Raises:
        SearchError: if the machine fails (memory, disk) and not the parameters: a trial that fails on one machine only
            would lead to a different best model.
        ConfigError: if one of the project's own metrics has a mistake, or was changed since the search began.
    """
    started, cpu_started = time.perf_counter(), time.thread_time()
    score, message = None, ""
    try:
        matrices = cache.fold(task.fold, max_bin_of(task.params), task.fitting)
    except Exception as error:
        raise SearchError(f"fold {task.fold} cannot be prepared ({failure_message(error)}); {SEARCH_REMEDY}") from error
    try:
        score = fit_fold(matrices, task.params, task.budget, task.seed, task.fitting)
        # the score is kept under the code that the search began with
        task.fitting.check_metric_code()
    except LockstepError:
        raise
    except Exception as error:
        message = failure_message(error)
        if _is_machine_failure(error, task.fitting.memory):
            raise SearchError(f"trial {task.number}, fold {task.fold}: {message}; {SEARCH_REMEDY}") from error
    return Evaluation(score, message, time.perf_counter() - started, time.thread_time() - cpu_started)


def on_fold(function: Callable[..., Any], number: int, max_bin: int, fitting: Fitting, args: tuple[Any, ...]) -> Any:
    """`function(matrices, *args)` of one of the folds given to `initialise`.

    Raises:
        SearchError: if it fails, for example for lack of memory.
    """
    if _cache is None:
        raise RuntimeError("initialise(folder) must be called first in this process")
    try:
        return function(_cache.fold(number, max_bin, fitting), *args)
    except LockstepError:
        raise
    except Exception as error:
        raise SearchError(f"{function.__name__}, fold {number}: {failure_message(error)}; {MACHINE_REMEDY}") from error


def on_all_rows(
    function: Callable[..., Any], folder: Path, number: int, max_bin: int, fitting: Fitting, args: tuple[Any, ...]
) -> Any:
    """`function(matrix, *args)` of the training rows of fold `number` of the FoldSet that was saved in `folder`.

    Raises:
        SearchError: if it fails, for example for lack of memory.
    """
    try:
        return function(_all_rows(folder, number, max_bin, fitting.memory, fitting.transform), *args)
    except LockstepError:
        raise
    except Exception as error:
        raise SearchError(f"{function.__name__}: {failure_message(error)}; {MACHINE_REMEDY}") from error


@lru_cache(maxsize=1)
def _all_rows(folder: Path, number: int, max_bin: int, memory: Memory, transform: Transform | None) -> xgb.DMatrix:
    return training_matrix(FoldSet.open(folder)[number], max_bin, memory, transform)


def _is_machine_failure(error: Exception, memory: Memory) -> bool:
    if isinstance(error, OSError | MemoryError) or "bad_alloc" in str(error):
        return True
    # With rows in files XGBoost has many messages for a full disk, and one for refused parameters.
    return memory == "external" and isinstance(error, XGBoostError) and "Parameter" not in str(error)


def failure_message(error: Exception) -> str:
    """The first line of an error, without XGBoost's time and source path."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {XGBOOST_PREFIX.sub('', lines[0]) if lines else 'no message'}"
