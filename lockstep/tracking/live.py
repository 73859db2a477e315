"""Trials in MLflow while the search runs, written by one thread beside it."""

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

# A search that is over sooner is not worth opening a store for; evaluate shows its trials.
PATIENCE_SECONDS = 1.0
BATCH_SECONDS = 0.5
RETRY_SECONDS = 20.0
CLOSING_SECONDS = 20.0
STOPPING_SECONDS = 1.0


class LiveTrials:
    """Shows each finished trial to MLflow as a nested run of one parent, which evaluate makes the result's.

    The search neither waits for it nor fails with it: a store that does not answer is told of once, in one line, and
    asked again now and then; what is missing in the end comes with evaluate. Of two searches of one study that run at
    once, the first one shows its trials.

    Args:
        dataset: Its name, the experiment's in MLflow.
        study_key: Of the search.
        as_runs: Makes the runs of some results.
    """

    def __init__(self, dataset: str, study_key: str, as_runs: Callable[[list[TrialResult]], list[TrialRun]]) -> None:
        self._dataset, self._study_key, self._as_runs = dataset, study_key, as_runs
        self._file = LiveFile(study_key)
        self._results: queue.SimpleQueue[TrialResult] = queue.SimpleQueue()
        self._trials: list[TrialRun] = []
        self._parent: tuple[MlflowClient, str, str] | None = None
        self._there: dict[int, list[tuple[str, TrialRun]]] = {}
        self._ending, self._stopped, self._told = threading.Event(), False, False
        self._thread = threading.Thread(target=self._run, name="live-trials", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Write what is left, but not for long; a search that was stopped leaves a run that says so."""
        self._stopped = kind is not None
        self._ending.set()
        self._thread.join(STOPPING_SECONDS if self._stopped else CLOSING_SECONDS)

    def finished(self, result: TrialResult) -> None:
        """Queue one result."""
        self._results.put(result)

    def _run(self) -> None:
        self._attempt(self._file.forget_warning)
        if not self._ending.wait(PATIENCE_SECONDS):
            self._attempt(self._while_first)

    def _while_first(self) -> None:
        """Show trials while no other process shows the same study's, or makes its run a result's."""
        while not self._ending.is_set():
            with self._file.lock() as first:
                if first:
                    self._show_until_the_end()
            self._ending.wait(RETRY_SECONDS)

    def _show_until_the_end(self) -> None:
        while not self._ending.is_set():
            shown = self._attempt(self._show_new)
            self._ending.wait(BATCH_SECONDS if shown else RETRY_SECONDS)
        if self._parent is not None:
            self._attempt(self._close)

    def _attempt(self, work: Callable[[], None]) -> bool:
        """Do something that may fail; says so the first time."""
        try:
            with tracking_errors("does not take the trials"):
                work()
        except LockstepError as error:
            self._parent = None
            if not self._told and not self._stopped:
                self._told = True
                print(
                    f"tune: warning: {error}; the search goes on, `lockstep sync` shows what is missing",
                    file=sys.stderr,
                )
                with contextlib.suppress(OSError):  # a full disk; evaluate then says it once more
                    self._file.warned(display_uri())
            return False
        return True

    def _show_new(self) -> None:
        new = self._new_trials()
        if self._parent is None:
            client, experiment_id = open_store(self._dataset)
            if self._ending.is_set():
                return
            self._parent = (client, experiment_id, self._parent_run(client, experiment_id))
            self._there, new = _finished_trials(*self._parent), self._trials
        client = self._parent[0]
        for trial in new:
            there = self._there.get(trial.number, [])
            if not any(known == trial for _, known in there):
                for run_id, _ in there:
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
        known = self._file.run_in(client, experiment_id)
        if known is None:
            tags = {LIVE: self._file.begin(self._dataset), "lockstep.study_key": self._study_key}
            name = os.environ.get("DVC_EXP_NAME") or f"tune {self._study_key[:10]}"
            made = client.create_run(experiment_id, tags=tags, run_name=name)
            known = self._file.run_in(client, experiment_id) or made
        client.update_run(known.info.run_id, status="RUNNING")
        return str(known.info.run_id)

    def _close(self) -> None:
        if self._stopped and self._parent is not None:
            client, _, run_id = self._parent
            client.set_terminated(run_id, "KILLED")
        else:
            self._show_new()


def _finished_trials(client: "MlflowClient", experiment_id: str, parent: str) -> dict[int, list[tuple[str, TrialRun]]]:
    """What a search that was stopped, or an attempt that failed, has shown; what it began and left is deleted."""
    there = dict[int, list[tuple[str, TrialRun]]]()
    for run in nested_runs(client, experiment_id, parent):
        if run.info.status == "RUNNING":
            client.delete_run(run.info.run_id)
        else:
            trial = TrialRun.of_run(run)
            there.setdefault(trial.number, []).append((run.info.run_id, trial))
    return there


def runs_of(results: list[TrialResult], space: Iterable[str], n_folds: int, fitting: Fitting) -> list[TrialRun]:
    """The runs of some results, with the very numbers that trials.csv will hold, and the time their fits took."""
    written = io.StringIO(csv_text(trials_table(results, n_folds, fitting)))
    runs = trial_runs(read_trials(written, space), space, fitting.score_name)
    return [replace(run, seconds=result.seconds) for run, result in zip(runs, results, strict=True)]
