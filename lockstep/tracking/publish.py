"""Making MLflow's view of a result complete: once, however often it is called, and from DVC's outputs alone."""

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockstep.errors import LockstepError, TrackingError
from lockstep.project import paths
from lockstep.results.result import Result
from lockstep.storage.tables import read_json
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

# A store that takes longer gets the rest from `lockstep sync`.
MOST_SECONDS = 180.0
# How often to go on from what another machine has left there.
ATTEMPTS = 5
# Whoever waits longer for others is told.
QUIET_SECONDS, LOOK_SECONDS = 10.0, 0.1
# Of a deleted run; of a row that somebody else has just written; a server's of a deleted model's version; of a model
# that was deleted before its files' digest was noted.
OF_OTHERS = ("'active' state", "IntegrityError", "500 error responses", "Failed to get logged model")


@dataclass(frozen=True)
class Publication:
    """What was done.

    Attributes:
        run_id: The result's run.
        changed: Whether anything was written.
        champion: What became of the registered model, in a sentence; empty where none is registered.
    """

    run_id: str
    changed: bool
    champion: str


def publish_or_warn() -> None:
    """Publish the working directory's result; if MLflow cannot take it, say so in one line and go on.

    DVC's outputs are the result; MLflow is a view of it that `lockstep sync` can make at any time.
    """
    try:
        published = publish(complete_result(), Provenance.here(), MOST_SECONDS)
    except LockstepError as error:
        if not _told_in_tune():
            print(
                f"evaluate: warning: {error}; the result stands in DVC, `lockstep sync` shows it to MLflow later",
                file=sys.stderr,
            )
        return
    if published.champion:
        print(f"evaluate: {published.champion}")


def _told_in_tune() -> bool:
    try:
        return LiveFile(read_json(paths.SEARCH)["study_key"]).take_warning(display_uri())
    except OSError:  # .lockstep cannot be written, which may be the trouble
        return False


def publish(result: Result, place: Provenance, most_seconds: float | None = None) -> Publication:
    """Make MLflow's view of a result complete.

    Args:
        result: What DVC's outputs say.
        place: Where the result stands.
        most_seconds: Stop after this long; what is written stays.

    Raises:
        TrackingError: in one line, without secrets, for whatever the store raises.
    """
    check_deadline = _deadline(most_seconds)
    with tracking_errors("did not take the result"), _alone(check_deadline):
        client, experiment_id = open_store(result.dataset)
        view = _View(client, experiment_id, result, place, check_deadline)
        return _in_spite_of_others(view.complete, check_deadline)


@contextmanager
def _alone(check_deadline: Callable[[], None]) -> Iterator[None]:
    """Queue workers finish together; what one of them has written the next one finds."""
    began, told = time.monotonic(), False
    while True:
        with store_lock("publish", wait=False) as free:
            if free:
                yield
                return
        if not told and time.monotonic() > began + QUIET_SECONDS:
            told = True
            print(f"MLflow at {display_uri()}: another process shows its result there; waiting for it", file=sys.stderr)
        check_deadline()
        time.sleep(LOOK_SECONDS)


def _in_spite_of_others(complete: Callable[[], Publication], check_deadline: Callable[[], None]) -> Publication:
    """Go on from what is there when another machine, which shows the same result now, has deleted a copy in use."""
    from mlflow.exceptions import MlflowException

    for attempt in range(1, ATTEMPTS):
        try:
            return complete()
        except MlflowException as error:
            if not _is_of_others(error):
                raise
            check_deadline()
            time.sleep(attempt * (1 + secrets.randbelow(1000) / 1000))
    return complete()


def _is_of_others(error: "MlflowException") -> bool:
    """Whether MLflow says that something was deleted, or made, since it was looked for."""
    if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"):
        return True
    return any(words in str(error) for words in OF_OTHERS)


def result_runs(client: "MlflowClient", experiment_id: str, key: str) -> "list[Run]":
    """The runs of a result, the earliest first; more than one only if two machines made it at once."""
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
        # A search of the same study that runs now keeps its run.
        with live.lock() as free:
            run, changed = self._run(live if free else None)
            changed |= self._fill(run)
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
        """The result's run, and whether one had to be deleted or made."""
        kept, changed = self._kept()
        shown = live.run_in(self.client, self.experiment_id) if live else None
        if kept is not None:
            if shown is not None:  # a search that was run again found the same
                delete_with_trials(self.client, shown)
            return kept, changed or shown is not None
        if shown is not None:
            self.client.update_run(shown.info.run_id, name=self._name())
            return shown, True
        made = self.client.create_run(self.experiment_id, tags={RESULT: self.result.key}, run_name=self._name())
        # Another machine, or MLflow's client when an answer was lost, may have made it too: all keep the earliest.
        return self._kept()[0] or made, True

    def _kept(self) -> "tuple[Run | None, bool]":
        """The first run of the result that is right as far as it goes, and whether others were deleted."""
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
        """Give a run a further experiment's name, as its tag gets it; a name that a person gave stays."""
        tag, name = run.data.tags.get(EXPERIMENT), self.place.exp_name
        if name and not has_place(tag, name) and run.info.run_name in (tag, self.result.key[:10]):
            self.client.update_run(run.info.run_id, name=with_place(tag, name))

    def _fill(self, run: "Run") -> bool:
        """Write what the run lacks; returns whether anything was."""
        client, result, run_id, check = self.client, self.result, run.info.run_id, self.check_deadline
        written = complete_trials(client, self.experiment_id, run_id, trials_of(result), check_deadline=check)
        found = differences(result, self.place, run)
        if found:
            self._name_after_dvc(run)
            repair(client, result, self.place, run_id, found)
        artifacts = artifact_differences(client, result, self.place, run_id)
        for each in artifacts:
            check()
            client.log_artifact(run_id, str(result.root / each.name), Path(each.name).parent.as_posix())
        self.check_deadline()
        return bool(written or found or artifacts)


def _deadline(most_seconds: float | None) -> Callable[[], None]:
    if most_seconds is None:
        return lambda: None
    until = time.monotonic() + most_seconds

    def check_deadline() -> None:
        if time.monotonic() > until:
            raise TrackingError(f"MLflow at {display_uri()} has not taken the whole result in {most_seconds:.0f} s")

    return check_deadline
