"""Complete MLflow's view of a result from DVC's outputs alone; repeated calls change nothing."""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.errors import DataError, LockstepError, TrackingError
from lockstep.evaluate.differences import test_rows_digest
from lockstep.results.result import Result
from lockstep.tracking.consultations import mark_consultation
from lockstep.tracking.live_file import LIVE, LiveFile
from lockstep.tracking.logged_model import complete_model, delete_models
from lockstep.tracking.parent_run import artifact_differences, differences, must_be_recreated, repair
from lockstep.tracking.provenance import EXPERIMENT, Provenance, has_place, with_place
from lockstep.tracking.registry import register
from lockstep.tracking.run_content import complete_result, trials_of
from lockstep.tracking.store import display_uri, open_store, store_lock, tracking_errors
from lockstep.tracking.trial_runs import RESULT, all_runs, complete_trials, delete_with_trials

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.exceptions import MlflowException

# If a store takes longer, `lockstep sync` logs the rest.
MOST_SECONDS = 180.0
# Attempts after conflicts with another machine.
ATTEMPTS = 5
# After a longer wait for other processes a line says so.
QUIET_SECONDS, LOOK_SECONDS = 10.0, 0.1
# Errors of: a deleted run; a row that another process has just written; the version of a deleted model, on a server; a
# model that was deleted before the digest of its files was logged.
CONFLICTS = ("'active' state", "IntegrityError", "500 error responses", "Failed to get logged model")


@dataclass(frozen=True)
class Publication:
    """The outcome of publishing a result.

    Attributes:
        run_id: The result's run.
        changed: Whether anything was written.
        champion: A sentence about the registered model; empty if none is registered.
    """

    run_id: str
    changed: bool
    champion: str


def publish_or_warn() -> None:
    """Publish the working directory's result; if MLflow cannot take it, print one line and go on.

    DVC's outputs are the result; MLflow is a view of it that `lockstep sync` can create at any time.
    """
    try:
        published = publish(complete_result(), Provenance.here(), MOST_SECONDS)
    except LockstepError as error:
        if not _warned_in_tune():
            print(
                f"evaluate: warning: {error}; the result is complete in DVC, `lockstep sync` logs it to MLflow later",
                file=sys.stderr,
            )
        return
    if published.champion:
        print(f"evaluate: {published.champion}")


def _warned_in_tune() -> bool:
    try:
        return LiveFile(Result().search["study_key"]).take_warning(display_uri())
    except (DataError, OSError):  # there is no search, or .lockstep is not writable, which may be the cause
        return False


def publish(result: Result, place: Provenance, most_seconds: float | None = None) -> Publication:
    """Complete MLflow's view of a result.

    Args:
        result: The result in DVC's outputs.
        place: Provenance of the result.
        most_seconds: Stop after this time; what is written remains.

    Raises:
        TrackingError: with one line without secrets, for any error of the store.
    """
    check_deadline = _deadline(most_seconds)
    with tracking_errors("did not take the result"), _publish_lock(check_deadline):
        client, experiment_id = open_store(result.dataset)
        view = _View(client, experiment_id, result, place, check_deadline)
        return _retry_on_conflict(view.complete, check_deadline)


@contextmanager
def _publish_lock(check_deadline: Callable[[], None]) -> Iterator[None]:
    """Serialise processes, such as queue workers that finish together: each finds what the one before has written."""
    start, warned = time.monotonic(), False
    while True:
        with store_lock("publish", wait=False) as free:
            if free:
                yield
                return
        if not warned and time.monotonic() > start + QUIET_SECONDS:
            warned = True
            print(f"MLflow at {display_uri()}: another process is logging its result; waiting for it", file=sys.stderr)
        check_deadline()
        time.sleep(LOOK_SECONDS)


def _retry_on_conflict(complete: Callable[[], Publication], check_deadline: Callable[[], None]) -> Publication:
    """Retry if another machine that logs the same result at the same time has deleted a copy in use."""
    from mlflow.exceptions import MlflowException

    for attempt in range(1, ATTEMPTS):
        try:
            return complete()
        except MlflowException as error:
            if not _is_conflict(error):
                raise
            check_deadline()
            time.sleep(attempt * (1 + secrets.randbelow(1000) / 1000))
    return complete()


def _is_conflict(error: "MlflowException") -> bool:
    """Whether MLflow's error means that something was deleted or created since the last look."""
    if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"):
        return True
    return any(words in str(error) for words in CONFLICTS)


def result_runs(client: "MlflowClient", experiment_id: str, key: str) -> "list[Run]":
    """The runs of a result, the earliest first; more than one only if two machines logged it at the same time."""
    return all_runs(client, experiment_id, RESULT, key)


@dataclass(frozen=True)
class _View:
    client: "MlflowClient"
    experiment_id: str
    result: Result
    place: Provenance
    check_deadline: Callable[[], None]

    def complete(self) -> Publication:
        live = LiveFile(self.result.search["study_key"])
        # A running search of the same study keeps its run.
        with live.lock() as free:
            run, changed = self._run(live if free else None)
            changed |= self._fill(run)
            mark_consultation(self.client, run, test_rows_digest(self.result.predictions))
            if free:
                live.forget()
                if LIVE in run.data.tags:
                    self.client.delete_tag(run.info.run_id, LIVE)
        model, logged = complete_model(self.client, self.experiment_id, run.info.run_id, self.result)
        if changed or logged or run.info.status != "FINISHED":
            self.client.set_terminated(run.info.run_id)
        self.check_deadline()
        registered, champion = register(self.client, model, self.result, new=self.place.workspace)
        return Publication(run.info.run_id, changed or logged or registered, champion)

    def _run(self, live: LiveFile | None) -> "tuple[Run, bool]":
        """The result's run, and whether a run was deleted or created."""
        usable, changed = self._usable_run()
        live_run = live.run_in(self.client, self.experiment_id) if live else None
        if usable is not None:
            if live_run is not None:  # a repeated search with the same result
                delete_with_trials(self.client, live_run)
            return usable, changed or live_run is not None
        if live_run is not None:
            self.client.update_run(live_run.info.run_id, name=self._name())
            return live_run, True
        created = self.client.create_run(self.experiment_id, tags={RESULT: self.result.key}, run_name=self._name())
        # Another machine, or MLflow's client after a lost answer, may have created it too: all keep the earliest.
        return self._usable_run()[0] or created, True

    def _usable_run(self) -> "tuple[Run | None, bool]":
        """The first run of the result without wrong content, and whether others were deleted."""
        runs = result_runs(self.client, self.experiment_id, self.result.key)
        right = [run for run in runs if not must_be_recreated(differences(self.result, self.place, run))][:1]
        for run in runs:
            if run not in right:
                delete_models(self.client, self.experiment_id, run.info.run_id)
                delete_with_trials(self.client, run)
        return (right[0] if right else None), len(runs) > len(right)

    def _name(self) -> str:
        return self.place.exp_name or self.result.key[:10]

    def _name_after_dvc(self, run: "Run") -> None:
        """Add a further experiment's name to the run's name, as to its tag; a user's own name stays."""
        tag, name = run.data.tags.get(EXPERIMENT), self.place.exp_name
        if name and not has_place(tag, name) and run.info.run_name in (tag, self.result.key[:10]):
            self.client.update_run(run.info.run_id, name=with_place(tag, name))

    def _fill(self, run: "Run") -> bool:
        """Write what the run lacks; returns whether anything was missing."""
        client, result, run_id, check = self.client, self.result, run.info.run_id, self.check_deadline
        written = complete_trials(client, self.experiment_id, run_id, trials_of(result), check_deadline=check)
        missing = differences(result, self.place, run)
        if missing:
            self._name_after_dvc(run)
            repair(client, result, self.place, run_id, missing)
        artifacts = artifact_differences(client, result, self.place, run_id)
        for artifact in artifacts:
            check()
            client.log_artifact(run_id, str(result.root / artifact.name), Path(artifact.name).parent.as_posix())
        self.check_deadline()
        return bool(written or missing or artifacts)


def _deadline(most_seconds: float | None) -> Callable[[], None]:
    if most_seconds is None:
        return lambda: None
    until = time.monotonic() + most_seconds

    def check_deadline() -> None:
        if time.monotonic() > until:
            raise TrackingError(f"MLflow at {display_uri()} did not take the whole result within {most_seconds:.0f} s")

    return check_deadline
