"""The nested run of a trial, created from a row of trials.csv, both during the search and afterwards."""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import pandas as pd

from lockstep.metrics.metric import DIGITS
from lockstep.storage.tables import significant

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# The tag that identifies the run of a result.
RESULT = "lockstep.result"
PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
PASSES = 5
# MLflow's limits for texts; longer ones are cut deterministically, with a digest of the whole.
PARAM_CHARACTERS = 6000
TAG_CHARACTERS = 5000
# A pruned trial was ended from outside, for which MLflow's status is KILLED.
STATUS = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}


@dataclass(frozen=True)
class TrialRun:
    """One trial as MLflow shows it; two are equal if all numbers and texts are.

    Attributes:
        number: The trial.
        status: MLflow's status.
        tags: lockstep.trial, lockstep.state (Optuna's state) and lockstep.message, if there is one.
        params: Booster parameters as in trials.csv.
        metrics: The score and cv_METRIC, means over all folds, of complete trials; fold_K_METRIC of fitted folds.
        seconds: Wall time of its fits if the search measured it; ignored in comparisons.
    """

    number: int
    status: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    seconds: float = field(default=0.0, compare=False)

    @classmethod
    def of_run(cls, run: "Run") -> Self:
        """The trial of an MLflow run."""
        tags = {name: value for name, value in run.data.tags.items() if name.startswith("lockstep.")}
        number = tags.get("lockstep.trial", "")
        return cls(
            int(number) if number.isdecimal() else -1,
            run.info.status,
            tags,
            dict(run.data.params),
            dict(run.data.metrics),
        )

    def log(self, client: "MlflowClient", experiment_id: str, parent: str) -> None:
        """Log it as a nested run that ends now."""
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        tags = {PARENT: parent, **self.tags}
        if "lockstep.message" in tags:
            tags[NOTE] = tags["lockstep.message"]
        start = now - int(self.seconds * 1000)
        run = client.create_run(experiment_id, start, tags, f"trial {self.number}")
        client.log_batch(
            run.info.run_id,
            [Metric(name, value, now, 0) for name, value in self.metrics.items()],
            [Param(name, value) for name, value in self.params.items()],
        )
        client.set_terminated(run.info.run_id, self.status, now)


def trial_runs(trials: pd.DataFrame, space: Iterable[str], score: str) -> list[TrialRun]:
    """The runs of all trials.

    Args:
        trials: The content of trials.csv, from read_trials.
        space: Names of the hyperparameters.
        score: The column of the score.
    """
    names = list(space)
    return [_trial_run(row, names, score) for _, row in trials.iterrows()]


def _trial_run(row: pd.Series, space: list[str], score: str) -> TrialRun:
    state = str(row["state"])
    tags = {"lockstep.trial": str(row["number"]), "lockstep.state": state}
    if isinstance(row["message"], str) and row["message"]:
        tags["lockstep.message"] = truncated_tag(row["message"])
    cells = [str(name) for name in row.index if str(name).startswith("fold_")]
    folds = {name: float(row[name]) for name in cells if pd.notna(row[name])}
    means = {} if pd.isna(row[score]) else {**_means(folds), score: float(row[score])}
    params = {name: truncated_param(str(row[name])) for name in space if pd.notna(row[name])}
    return TrialRun(int(row["number"]), STATUS[state], tags, params, {**folds, **means})


def _means(folds: dict[str, float]) -> dict[str, float]:
    """cv_METRIC, the mean over the folds, computed as in metrics.json."""
    by_metric = dict[str, list[float]]()
    for name, value in folds.items():
        by_metric.setdefault(name.split("_", 2)[2], []).append(value)
    return {f"cv_{metric}": significant(sum(values) / len(values), DIGITS) for metric, values in by_metric.items()}


def truncated_param(text: str) -> str:
    """A parameter's value, cut to the limit of every store."""
    return _truncated(text, PARAM_CHARACTERS)


def truncated_tag(text: str) -> str:
    """A tag's value, cut to the limit of every store."""
    return _truncated(text, TAG_CHARACTERS)


def _truncated(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    note = f" ... (cut; sha256 of the whole: {hashlib.sha256(text.encode()).hexdigest()})"
    return text[: limit - len(note)] + note


def complete_trials(
    client: "MlflowClient",
    experiment_id: str,
    parent: str,
    trials: Iterable[TrialRun],
    *,
    check_deadline: Callable[[], None] = lambda: None,
) -> int:
    """Make the nested runs of a parent match the trials: each exactly once; incomplete or different runs are replaced.

    Args:
        client: The store.
        experiment_id: The parent's experiment.
        parent: The parent's run id.
        trials: The trials.
        check_deadline: Called before each run is written; raises to stop.

    Returns:
        The number of runs written.
    """
    by_number = {trial.number: trial for trial in trials}
    written = 0
    # Repeat after every change, as a lost answer or another machine may have duplicated or deleted runs meanwhile: the
    # last pass finds nothing to do, and each trial is there once.
    for _ in range(PASSES):
        complete, changed = set[int](), False
        for run in nested_runs(client, experiment_id, parent):
            existing = TrialRun.of_run(run)
            if existing.number not in complete and existing == by_number.get(existing.number):
                complete.add(existing.number)
            else:
                client.delete_run(run.info.run_id)
                changed = True
        missing = [trial for number, trial in by_number.items() if number not in complete]
        for trial in missing:
            check_deadline()
            trial.log(client, experiment_id, parent)
        written += len(missing)
        if not missing and not changed:
            break
    return written


def delete_with_trials(client: "MlflowClient", run: "Run") -> None:
    """Delete a run and the nested runs under it."""
    for nested in nested_runs(client, run.info.experiment_id, run.info.run_id):
        client.delete_run(nested.info.run_id)
    client.delete_run(run.info.run_id)


def nested_runs(client: "MlflowClient", experiment_id: str, parent: str) -> "list[Run]":
    """All runs under a parent."""
    return all_runs(client, experiment_id, PARENT, parent)


def all_runs(client: "MlflowClient", experiment_id: str, tag: str, value: str, *, deleted: bool = False) -> "list[Run]":
    """All runs with a tag's value, the earliest first; deleted ones too if asked for."""
    from mlflow.entities import ViewType

    runs: list[Run] = []
    token, view = None, ViewType.ALL if deleted else ViewType.ACTIVE_ONLY
    while True:
        page = client.search_runs([experiment_id], f"tags.`{tag}` = '{value}'", view, page_token=token)
        runs += page
        token = page.token
        if not token:
            return sorted(runs, key=lambda run: (run.info.start_time, run.info.run_id))
