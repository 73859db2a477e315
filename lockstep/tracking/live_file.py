"""Which MLflow run a search writes to while it runs: known to the search, to a restarted one, and to evaluate."""

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
    """`.lockstep/live/STUDY_KEY.json`: a token that the run carries as its tag `lockstep.live`.

    A token, not a run id: it is there before the run is, so a search killed between the two makes no second run.

    Args:
        study_key: Of the search.
    """

    def __init__(self, study_key: str) -> None:
        self._path = local_state() / FOLDER / f"{study_key}.json"
        self._key = study_key

    @classmethod
    def all(cls) -> Iterator[Self]:
        """Those of every search that was not brought to a result."""
        for path in sorted((local_state() / FOLDER).glob("*.json")):
            yield cls(path.stem)

    def lock(self) -> AbstractContextManager[bool]:
        """Held by the search that writes, and by who adopts its run; false if another process holds it."""
        return held(local_state() / "locks" / f"live-{self._key}", wait=False, passing=True)

    def run_in(self, client: "MlflowClient", experiment_id: str) -> "Run | None":
        """The run of the search, unless it has become a result's.

        MLflow's client asks again when an answer is lost, and so may make one run twice: the copies are deleted.
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
        """The token, made if there is none."""
        with self._alone():
            known = self._read()
            if "token" not in known:
                known = {**known, "token": uuid.uuid4().hex, "dataset": dataset}
                write_json(known, self._path)
            return str(known["token"])

    @property
    def dataset(self) -> str | None:
        """The dataset of the search that has begun."""
        return self._read().get("dataset")

    def forget(self) -> None:
        """The run has become a result's."""
        self._path.unlink(missing_ok=True)

    def warned(self, store: str) -> None:
        """Remember that the person was told of a store that does not answer."""
        with self._alone():
            write_json({**self._read(), "warned": store}, self._path)

    def forget_warning(self) -> None:
        """A search begins."""
        if self._read().get("warned"):
            self.take_warning("")

    def take_warning(self, store: str) -> bool:
        """Whether the search has told of this store already, which holds for one evaluation."""
        with self._alone():
            known = self._read()
            told = known.pop("warned", None)
            if told is not None and known:
                write_json(known, self._path)
            elif told is not None:
                self.forget()
            return bool(told == store)

    def _alone(self) -> AbstractContextManager[bool]:
        """Held while the file is read and written: searches of one study that run at once share it."""
        return held(local_state() / "locks" / "live-files")

    def _read(self) -> dict[str, Any]:
        try:
            known = read_json(self._path)
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return known if isinstance(known, dict) else {}
