"""Trials in MLflow while the search runs, written by a thread of their own."""

import contextlib
import io
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from lockstep.errors import LockstepError
from lockstep.fitting.fitting import Fitting
from lockstep.search.trials_file import read_trials, trials_table
from lockstep.storage.tables import csv_text
from lockstep.tracking.live_file import LIVE, LiveFile
from lockstep.tracking.store import display_uri, open_store, tracking_errors
from lockstep.tracking.trial_runs import TrialRun, nested_runs, trial_runs
from lockstep.workers.trial import TrialResult

if TYPE_CHECKING:
    from mlflow import MlflowClient

# No store is opened for a shorter search; evaluate logs its trials.
PATIENCE_SECONDS = 1.0
BATCH_SECONDS = 0.5
RETRY_SECONDS = 20.0
CLOSING_SECONDS = 20.0
STOPPING_SECONDS = 1.0


class LiveTrials:
    """Logs each finished trial to MLflow as a nested run of one parent run, which evaluate turns into the result's run.

    The search neither waits for it nor fails with it: if a store does not answer, one line says so once and the thread
    retries now and then; evaluate logs what is still missing. Of two concurrent searches of one study only the first
    one logs its trials.

    Args:
        dataset: Name of the dataset, which is also the experiment's in MLflow.
        study_key: Key of the search.
        as_runs: Converts results to runs.
    """

    def __init__(self, dataset: str, study_key: str, as_runs: Callable[[list[TrialResult]], list[TrialRun]]) -> None:
        self._dataset, self._study_key, self._as_runs = dataset, study_key, as_runs
        self._file = LiveFile(study_key)
        self._results: queue.SimpleQueue[TrialResult] = queue.SimpleQueue()
        self._trials: list[TrialRun] = []
        self._parent: tuple[MlflowClient, str, str] | None = None
        self._runs_by_number: dict[int, list[tuple[str, TrialRun]]] = {}
        self._closing, self._stopped, self._warned = threading.Event(), False, False
        self._thread = threading.Thread(target=self._run, name="live-trials", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Log the remaining trials within a time limit; the run of a stopped search is marked as killed."""
        self._stopped = kind is not None
        self._closing.set()
        self._thread.join(STOPPING_SECONDS if self._stopped else CLOSING_SECONDS)

    def finished(self, result: TrialResult) -> None:
        """Queue one result."""
        self._results.put(result)

    def _run(self) -> None:
        self._attempt(self._file.forget_warning)
        if not self._closing.wait(PATIENCE_SECONDS):
            self._attempt(self._while_first)

    def _while_first(self) -> None:
        """Log trials while no other process logs the same study or adopts its run."""
        while not self._closing.is_set():
            with self._file.lock() as first:
                if first:
                    self._show_until_the_end()
            self._closing.wait(RETRY_SECONDS)

    def _show_until_the_end(self) -> None:
        while not self._closing.is_set():
            succeeded = self._attempt(self._show_new)
            self._closing.wait(BATCH_SECONDS if succeeded else RETRY_SECONDS)
        if self._parent is not None:
            self._attempt(self._close)

    def _attempt(self, work: Callable[[], None]) -> bool:
        """Do something that may fail; prints a warning the first time it does."""
        try:
            with tracking_errors("does not take the trials"):
                work()
        except LockstepError as error:
            self._parent = None
            if not self._warned and not self._stopped:
                self._warned = True
                print(
                    f"tune: warning: {error}; the search goes on; `lockstep sync` logs what is missing",
                    file=sys.stderr,
                )
                with contextlib.suppress(OSError):  # a full disk; evaluate then warns again
                    self._file.warned(display_uri())
            return False
        return True

    def _show_new(self) -> None:
        new = self._new_trials()
        if self._parent is None:
            client, experiment_id = open_store(self._dataset)
            if self._closing.is_set():
                return
            self._parent = (client, experiment_id, self._parent_run(client, experiment_id))
            self._runs_by_number, new = _finished_trials(*self._parent), self._trials
        client = self._parent[0]
        for trial in new:
            existing = self._runs_by_number.get(trial.number, [])
            if not any(written == trial for _, written in existing):
                for run_id, _ in existing:
                    client.delete_run(run_id)
                trial.log(*self._parent)

    def _new_trials(self) -> list[TrialRun]:
        results = []
        while not self._results.empty():
            results.append(self._results.get())
        new = self._as_runs(results) if results else []
        self._trials += new
        return new

    def _parent_run(self, client: "MlflowClient", experiment_id: str) -> str:
        run = self._file.run_in(client, experiment_id)
        if run is None:
            tags = {LIVE: self._file.begin(self._dataset), "lockstep.study_key": self._study_key}
            name = os.environ.get("DVC_EXP_NAME") or f"tune {self._study_key[:10]}"
            created = client.create_run(experiment_id, tags=tags, run_name=name)
            run = self._file.run_in(client, experiment_id) or created
        client.update_run(run.info.run_id, status="RUNNING")
        return str(run.info.run_id)

    def _close(self) -> None:
        if self._stopped and self._parent is not None:
            client, _, run_id = self._parent
            client.set_terminated(run_id, "KILLED")
        else:
            self._show_new()


def _finished_trials(client: "MlflowClient", experiment_id: str, parent: str) -> dict[int, list[tuple[str, TrialRun]]]:
    """Trials that a stopped search or a failed attempt has logged; unfinished runs are deleted."""
    finished = dict[int, list[tuple[str, TrialRun]]]()
    for run in nested_runs(client, experiment_id, parent):
        if run.info.status == "RUNNING":
            client.delete_run(run.info.run_id)
        else:
            trial = TrialRun.of_run(run)
            finished.setdefault(trial.number, []).append((run.info.run_id, trial))
    return finished


def runs_of(results: list[TrialResult], space: Iterable[str], n_folds: int, fitting: Fitting) -> list[TrialRun]:
    """The runs of some results, with exactly the numbers of trials.csv, and the time of their fits."""
    written = io.StringIO(csv_text(trials_table(results, n_folds, fitting)))
    runs = trial_runs(read_trials(written, space), space, fitting.score_name)
    return [replace(run, seconds=result.seconds) for run, result in zip(runs, results, strict=True)]
