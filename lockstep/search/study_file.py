"""The study as an Optuna SQLite file that optuna-dashboard opens while the search runs; written, never read."""

import contextlib
import queue
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import optuna
from optuna.distributions import BaseDistribution
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from lockstep.errors import one_line
from lockstep.search.cache_limit import WAIT_SECONDS, delete_study, drop_studies, make_shrinkable
from lockstep.search.study_rows import add_trials
from lockstep.storage.locks import held
from lockstep.workers.trial import State, TrialResult

CLOSING_SECONDS = 60.0
# So that a writer that is slow shows that it is at work.
MOST_AT_ONCE = 250


class StudyFile:
    """Adds finished trials to one study of the file, from a thread of its own, up to 250 in one transaction.

    The study is made anew when the search starts, so that a restarted search does not add its trials twice. Of two
    searches with the same name that run at once, the first one writes.

    Args:
        path: The file; other studies in it stay, but for the limit.
        name: The study's name: its study key.
        distributions: The space as params.yaml states it.
        notes: Kept as the study's user attributes.
        limit: In bytes; when the search ends, the oldest studies go until the file has no more. None: no limit.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        distributions: Mapping[str, BaseDistribution],
        notes: Mapping[str, Any],
        limit: int | None = None,
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._path, self._name, self._notes, self._limit = path, name, notes, limit
        self._distributions, self._locks = distributions, path.parent / "locks"
        self._results: queue.SimpleQueue[tuple[TrialResult, datetime] | None] = queue.SimpleQueue()
        self._ended, self._complete, self._written = False, False, 0
        self._thread = threading.Thread(target=self._write_all, name="study-file", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        """Wait until everything is written, while something is; after an error do not wait."""
        self._results.put(None)
        if kind is None:
            written = -1
            while self._thread.is_alive() and written < self._written:
                written = self._written
                self._thread.join(CLOSING_SECONDS)
            # What is left to do may be the limit, which the next search keeps as well.
            if self._thread.is_alive() and not self._complete:
                print(
                    f"tune: warning: {self._path}: nothing written for a minute; some trials are missing there",
                    file=sys.stderr,
                )

    def finished(self, result: TrialResult) -> None:
        """Queue one result."""
        self._results.put((result, datetime.now()))

    def _write_all(self) -> None:
        try:
            with self._only_writer() as first:
                if not first:
                    return
                # Setting up a new file takes seconds of CPU, which the first fits need more.
                finished = self._waiting()
                if not finished:
                    return
                storage, study_id = self._new_study()
                while finished:
                    add_trials(storage, study_id, [self._frozen(*each) for each in finished])
                    self._written += len(finished)
                    finished = self._waiting()
                storage.engine.dispose()
                self._complete = True
                if self._limit is not None:
                    with held(self._locks / self._path.stem):
                        drop_studies(self._path, self._name, self._limit, self._locks)
        # Whatever SQLAlchemy or the disk raises: the file is a view for people, the search does not need it.
        except Exception as error:
            warning = f"{self._path}: {one_line(error, 200)}; the study is not kept there"
            print(f"tune: warning: {warning}", file=sys.stderr)

    @contextlib.contextmanager
    def _only_writer(self) -> Iterator[bool]:
        with contextlib.ExitStack() as mine:
            # Whoever drops old studies tries their locks meanwhile.
            with held(self._locks / self._path.stem):
                first = mine.enter_context(held(self._locks / self._name, wait=False, passing=True))
            yield first

    def _waiting(self) -> list[tuple[TrialResult, datetime]]:
        """The next results, as many as there are; none when the search has ended."""
        if self._ended:
            return []
        first = self._results.get()
        found = [first, *(self._results.get() for _ in range(min(self._results.qsize(), MOST_AT_ONCE - 1)))]
        self._ended = None in found
        return [each for each in found if each is not None]

    def _new_study(self) -> tuple[RDBStorage, int]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Two searches that set up one new file at once would break it.
        with held(self._locks / self._path.stem):
            make_shrinkable(self._path)
            patient = {"connect_args": {"timeout": WAIT_SECONDS}}
            storage = RDBStorage(f"sqlite:///{self._path}", engine_kwargs=patient)
            delete_study(self._path, self._name)
            study = optuna.create_study(study_name=self._name, storage=storage, direction="minimize")
        for key, value in self._notes.items():
            study.set_user_attr(key, value)
        return storage, storage.get_study_id_from_name(self._name)

    def _frozen(self, result: TrialResult, when: datetime) -> FrozenTrial:
        trial = create_trial(
            state=TrialState[result.state],
            value=result.reports[-1] if result.state is not State.FAIL else None,
            params=dict(result.params),
            distributions=dict(self._distributions),
            intermediate_values=dict(enumerate(result.reports, start=1)),
            user_attrs={"message": result.message} if result.message else {},
        )
        trial.number = result.number
        trial.datetime_complete = when
        trial.datetime_start = when - timedelta(seconds=result.seconds)
        return trial
