"""`lockstep sync`: results brought to MLflow, or compared with it."""

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

Say = Callable[[str], None]
WORKSPACE = "workspace"


def sync(rev: str | None, all_experiments: bool, only_check: bool, say: Say) -> str:
    """Make MLflow complete, or tell how it differs.

    Args:
        rev: A commit, tag, branch or experiment; None: the workspace.
        all_experiments: The workspace and every experiment of the repository.
        only_check: Write nothing.
        say: Is told one line per result and difference.

    Returns:
        A line that sums it up.

    Raises:
        LockstepError: if a result cannot be read or shown, or differs; with `all_experiments` after all others.
    """
    visit = _Visit(only_check, say)
    if not only_check:
        _end_stopped_searches(say)
    if not all_experiments:
        found = visit.place(revision(rev) if rev else None)
        return _summed_up(1, found, only_check)
    places = experiments()
    found, failed = visit.workspace(), 0
    for place in places:
        try:
            found += visit.place(place)
        except TrackingError:
            raise
        except LockstepError as error:
            say(f"{place}: {error}")
            failed += 1
    if failed:
        raise DataError(f"{failed} of {len(places)} experiments could not be read; see above")
    return _summed_up(len(places) + 1, found, only_check)


class _Visit:
    """Goes to places and makes MLflow complete, or compares it."""

    def __init__(self, only_check: bool, say: Say) -> None:
        self._only_check, self._say = only_check, say
        self._workspace_key: str | None = None

    def workspace(self) -> int:
        """The workspace among others: it need not hold a result."""
        try:
            return self.place(None)
        except DataError as error:
            self._say(f"{WORKSPACE}: left out: {error}")
            return 0

    def place(self, place: Revision | None) -> int:
        """One place; the differences found, or 1 if something was written."""
        with open_result(place) as (result, provenance):
            if place is None:
                self._workspace_key = result.key
            elif result.key == self._workspace_key:  # an experiment that was applied: the page is the workspace's
                provenance = replace(provenance, own_page=False)
            work = self._compare if self._only_check else self._complete
            return work(str(place or WORKSPACE), result, provenance)

    def _complete(self, name: str, result: Result, provenance: Provenance) -> int:
        done = publish(result, provenance)
        state = "complete now" if done.changed else "complete already"
        champion = f"; {done.champion}" if done.champion else ""
        self._say(f"{name}: {state}, run {done.run_id}{champion}")
        return int(done.changed)

    def _compare(self, name: str, result: Result, provenance: Provenance) -> int:
        found = check(result, provenance)
        for difference in found:
            self._say(f"{name}: {difference}")
        return len(found)


def _summed_up(places: int, found: int, only_check: bool) -> str:
    results = "1 result" if places == 1 else f"{places} results"
    if not only_check:
        return f"lockstep: MLflow at {display_uri()} holds {results}, {found} of them brought up to date"
    if found:
        points = "1 point" if found == 1 else f"{found} points"
        raise TrackingError(
            f"DVC and MLflow at {display_uri()} differ in {points}; `lockstep sync` makes MLflow complete"
        )
    return f"lockstep: DVC and MLflow at {display_uri()} tell the same of {results}"


def _end_stopped_searches(say: Say) -> None:
    """Searches that were killed could not say so; their runs stay, and a restarted search goes on with them."""
    for live in LiveFile.all():
        try:
            with live.lock() as stopped, tracking_errors("could not be read"):
                store = existing_store(live.dataset) if stopped and live.dataset else None
                run = live.run_in(*store) if store else None
                if store and run is not None and run.info.status == "RUNNING":
                    store[0].set_terminated(run.info.run_id, "KILLED")
                    say(f"run {run.info.run_id}: its search was stopped; marked KILLED")
        except TrackingError as error:  # of one dataset's search, which must not keep the others from MLflow
            say(f"a stopped search of {live.dataset}: {error}")
