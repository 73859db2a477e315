"""`lockstep sync`: log results to MLflow, or compare them with it."""

from collections.abc import Callable
from dataclasses import replace

from lockstep.errors import DataError, LockstepError, TrackingError
from lockstep.results.result import Result
from lockstep.sync.check import check
from lockstep.sync.places import open_result
from lockstep.tracking.live_file import LiveFile
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import publish
from lockstep.tracking.repository import Revision, experiments, revision
from lockstep.tracking.store import display_uri, existing_store, tracking_errors

Print = Callable[[str], None]
WORKSPACE = "workspace"


def sync(rev: str | None, all_experiments: bool, only_check: bool, print_line: Print) -> str:
    """Complete MLflow, or list its differences from DVC's outputs.

    Args:
        rev: A commit, tag, branch or experiment; None: the workspace.
        all_experiments: The workspace and every experiment of the repository.
        only_check: Write nothing.
        print_line: Called with one line per result and difference.

    Returns:
        A summary line.

    Raises:
        LockstepError: if a result cannot be read or logged, or differs; with `all_experiments` after all others.
    """
    visit = _Visit(only_check, print_line)
    if not only_check:
        _mark_stopped_searches(print_line)
    if not all_experiments:
        n_changes = visit.place(revision(rev) if rev else None)
        return _summary(1, n_changes, only_check)
    places = experiments()
    n_changes, n_failed = visit.workspace(), 0
    for place in places:
        try:
            n_changes += visit.place(place)
        except TrackingError:
            raise
        except LockstepError as error:
            print_line(f"{place}: {error}")
            n_failed += 1
    if n_failed:
        raise DataError(f"{n_failed} of {len(places)} experiments could not be read; see above")
    return _summary(len(places) + 1, n_changes, only_check)


class _Visit:
    """Visits places and completes MLflow, or compares it."""

    def __init__(self, only_check: bool, print_line: Print) -> None:
        self._only_check, self._print = only_check, print_line
        self._workspace_key: str | None = None

    def workspace(self) -> int:
        """Visit the workspace, which need not contain a result."""
        try:
            return self.place(None)
        except DataError as error:
            self._print(f"{WORKSPACE}: left out: {error}")
            return 0

    def place(self, place: Revision | None) -> int:
        """Visit one place; returns the number of differences, or 1 if something was written."""
        with open_result(place) as (result, provenance):
            if place is None:
                self._workspace_key = result.key
            elif result.key == self._workspace_key:  # an experiment that was applied: the page is the workspace's
                provenance = replace(provenance, own_page=False)
            work = self._compare if self._only_check else self._complete
            return work(str(place or WORKSPACE), result, provenance)

    def _complete(self, name: str, result: Result, provenance: Provenance) -> int:
        publication = publish(result, provenance)
        state = "complete now" if publication.changed else "complete already"
        champion = f"; {publication.champion}" if publication.champion else ""
        self._print(f"{name}: {state}, run {publication.run_id}{champion}")
        return int(publication.changed)

    def _compare(self, name: str, result: Result, provenance: Provenance) -> int:
        differences = check(result, provenance)
        for difference in differences:
            self._print(f"{name}: {difference}")
        return len(differences)


def _summary(places: int, n_changes: int, only_check: bool) -> str:
    results = "1 result" if places == 1 else f"{places} results"
    if not only_check:
        return f"lockstep: MLflow at {display_uri()} has {results}, {n_changes} of them updated now"
    if n_changes:
        differences = "1 point" if n_changes == 1 else f"{n_changes} points"
        raise TrackingError(
            f"DVC and MLflow at {display_uri()} differ in {differences}; `lockstep sync` completes MLflow"
        )
    return f"lockstep: DVC and MLflow at {display_uri()} agree on {results}"


def _mark_stopped_searches(print_line: Print) -> None:
    """Mark the runs of killed searches as killed; a restarted search continues them."""
    for live in LiveFile.all():
        try:
            with live.lock() as stopped, tracking_errors("could not be read"):
                store = existing_store(live.dataset) if stopped and live.dataset else None
                run = live.run_in(*store) if store else None
                if store and run is not None and run.info.status == "RUNNING":
                    store[0].set_terminated(run.info.run_id, "KILLED")
                    print_line(f"run {run.info.run_id}: its search was stopped; marked KILLED")
        except TrackingError as error:  # one search must not prevent the others
            print_line(f"a stopped search of {live.dataset}: {error}")
