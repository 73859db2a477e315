"""The MLflow run to which a search writes while it runs, for the search, a restarted one and evaluate to find."""

import json
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Self

from lockstep.project.paths import local_state
from lockstep.storage.locks import held
from lockstep.storage.tables import read_json, write_json
from lockstep.tracking.trial_runs import RESULT, all_runs, delete_with_trials

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

FOLDER = "live"
LIVE = "lockstep.live"


class LiveFile:
    """`.lockstep/live/STUDY_KEY.json`: a token that is also the run's tag `lockstep.live`.

    A token, not a run id: it exists before the run, so a search killed in between does not create a second run.

    Args:
        study_key: Key of the search.
    """

    def __init__(self, study_key: str) -> None:
        self._path = local_state() / FOLDER / f"{study_key}.json"
        self._key = study_key

    @classmethod
    def all(cls) -> Iterator[Self]:
        """The files of all searches without a result."""
        for path in sorted((local_state() / FOLDER).glob("*.json")):
            yield cls(path.stem)

    def lock(self) -> AbstractContextManager[bool]:
        """Held by the search that writes, and by evaluate as it adopts the run; false if another process holds it."""
        return held(local_state() / "locks" / f"live-{self._key}", wait=False, passing=True)

    def run_in(self, client: "MlflowClient", experiment_id: str) -> "Run | None":
        """The run of the search, unless it has become a result's run.

        MLflow's client retries when an answer is lost and so may create a run twice: the copies are deleted.
        """
        token = self._read().get("token")
        runs = all_runs(client, experiment_id, LIVE, token) if token else []
        open_ones = [run for run in runs if RESULT not in run.data.tags]
        if runs and not open_ones:
            self.forget()
        for copy in open_ones[1:]:
            delete_with_trials(client, copy)
        return open_ones[0] if open_ones else None

    def begin(self, dataset: str) -> str:
        """The token, created if there is none."""
        with self._file_lock():
            content = self._read()
            if "token" not in content:
                content = {**content, "token": uuid.uuid4().hex, "dataset": dataset}
                write_json(content, self._path)
            return str(content["token"])

    @property
    def dataset(self) -> str | None:
        """The dataset of the search that has begun."""
        return self._read().get("dataset")

    def forget(self) -> None:
        """Delete the file, as the run has become a result's."""
        self._path.unlink(missing_ok=True)

    def warned(self, store: str) -> None:
        """Record that a warning about a store was printed."""
        with self._file_lock():
            write_json({**self._read(), "warned": store}, self._path)

    def forget_warning(self) -> None:
        """Delete an earlier search's warning."""
        if self._read().get("warned"):
            self.take_warning("")

    def take_warning(self, store: str) -> bool:
        """Whether the search has already warned about this store; the record is removed."""
        with self._file_lock():
            content = self._read()
            warned = content.pop("warned", None)
            if warned is not None and content:
                write_json(content, self._path)
            elif warned is not None:
                self.forget()
            return bool(warned == store)

    def _file_lock(self) -> AbstractContextManager[bool]:
        """Held while the file is read and written: concurrent searches of one study share it."""
        return held(local_state() / "locks" / "live-files")

    def _read(self) -> dict[str, Any]:
        try:
            content = read_json(self._path)
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return content if isinstance(content, dict) else {}
