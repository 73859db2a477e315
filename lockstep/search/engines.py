"""Where fits run: worker processes of this machine, or a Dask cluster; the results are the same."""

import importlib.util
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lockstep.errors import ConfigError
from lockstep.fitting.folds import FoldSet
from lockstep.search.ordered import Plan
from lockstep.search.tune_blocks import NoPruning
from lockstep.storage.scratch import scratch_folder
from lockstep.workers.local_engine import LocalEngine
from lockstep.workers.machine import SCHEDULER, scheduler_address, worker_count
from lockstep.workers.trial import Evaluation, FoldTask
from lockstep.workers.worker import evaluate_in_worker


@dataclass(frozen=True)
class Engine:
    """An executor for fold fits.

    Attributes:
        executor: Executes calls of `run`.
        run: Fits one fold.
        folds: The folds that `run` fits.
    """

    executor: Executor
    run: Callable[[FoldTask], Evaluation]
    folds: FoldSet


@contextmanager
def open_engine(make_folds: Callable[[Path | None], FoldSet], plan: Plan) -> Iterator[Engine]:
    """The cluster that LOCKSTEP_SCHEDULER names, or LOCKSTEP_WORKERS processes of this machine.

    Args:
        make_folds: Makes the folds' arrays, in a folder or (None) in memory.
        plan: Its number of trials in flight limits the number of useful processes.

    Raises:
        ConfigError: if a variable is wrong or Dask is not installed.
    """
    address = scheduler_address()
    if address is not None:
        if importlib.util.find_spec("distributed") is None:
            raise ConfigError(f"environment: {SCHEDULER} is set but Dask is not installed; pip install '.[cluster]'")
        # Imported here: Dask is an optional dependency.
        from lockstep.workers.cluster_engine import cluster_engine

        folds = make_folds(None)
        with cluster_engine(address, folds) as (executor, run):
            yield Engine(executor, run, folds)
        return
    with scratch_folder() as folder:
        folds = make_folds(folder)
        folds.save(folder)
        # Without pruning all folds of a trial may run side by side.
        n_useful = min(plan.tune.lag, plan.tune.n_trials) * (len(folds) if isinstance(plan.pruner, NoPruning) else 1)
        with LocalEngine(min(worker_count(), n_useful), folder) as executor:
            yield Engine(executor, evaluate_in_worker, folds)
