"""What the nested run of a trial holds: made from a row of trials.csv, by a live search and afterwards alike."""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import pandas as pd

from lockstep.metrics.metrics import DIGITS
from lockstep.storage.tables import significant

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# The tag by which the run of a result is found.
RESULT = "lockstep.result"
PARENT = "mlflow.parentRunId"
NOTE = "mlflow.note.content"
PASSES = 5
# MLflow's texts may be no longer; longer ones are cut the same way every time, with a digest of the whole.
PARAM_CHARACTERS = 6000
TAG_CHARACTERS = 5000
# A trial that a pruner stopped was ended from outside, which is what MLflow calls KILLED.
STATUS = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}


@dataclass(frozen=True)
class TrialRun:
    """One trial as MLflow shows it; two are equal when every number and word is.

    Attributes:
        number: The trial.
        status: MLflow's word for how it ended.
        tags: lockstep.trial, lockstep.state (Optuna's word) and lockstep.message, if there is one.
        params: Booster parameters as trials.csv writes them.
        metrics: The score and cv_METRIC, means over all folds, of complete trials; fold_K_METRIC of fitted folds.
        seconds: Wall time of its fits, where the search saw them; no part of the comparison.
    """

    number: int
    status: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]
    seconds: float = field(default=0.0, compare=False)

    @classmethod
    def of_run(cls, run: "Run") -> Self:
        """What a run of MLflow holds."""
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
        """Write it as a nested run that ends now."""
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        tags = {PARENT: parent, **self.tags}
        if "lockstep.message" in tags:
            tags[NOTE] = tags["lockstep.message"]
        begun = now - int(self.seconds * 1000)
        run = client.create_run(experiment_id, begun, tags, f"trial {self.number}")
        client.log_batch(
            run.info.run_id,
            [Metric(name, value, now, 0) for name, value in self.metrics.items()],
            [Param(name, value) for name, value in self.params.items()],
        )
        client.set_terminated(run.info.run_id, self.status, now)


def trial_runs(trials: pd.DataFrame, space: Iterable[str], score: str) -> list[TrialRun]:
    """The runs of all trials.

    Args:
        trials: The content of trials.csv, as read_trials reads it.
        space: Names of the parameters.
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
    """cv_METRIC over the folds, computed as metrics.json's."""
    by_metric = dict[str, list[float]]()
    for name, value in folds.items():
        by_metric.setdefault(name.split("_", 2)[2], []).append(value)
    return {f"cv_{metric}": significant(sum(each) / len(each), DIGITS) for metric, each in by_metric.items()}


def truncated_param(text: str) -> str:
    """A parameter's value, cut to what every store takes."""
    return _fitting(text, PARAM_CHARACTERS)


def truncated_tag(text: str) -> str:
    """A tag's value, cut to what every store takes."""
    return _fitting(text, TAG_CHARACTERS)


def _fitting(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    note = f" ... (cut; sha256 of the whole: {hashlib.sha256(text.encode()).hexdigest()})"
    return text[: most - len(note)] + note


def complete_trials(
    client: "MlflowClient",
    experiment_id: str,
    parent: str,
    wanted: Iterable[TrialRun],
    *,
    check_deadline: Callable[[], None] = lambda: None,
) -> int:
    """Make the nested runs of a parent exactly the wanted ones: each once, unfinished and different ones made again.

    Args:
        client: The store.
        experiment_id: Of the parent.
        parent: The parent's run id.
        wanted: The trials.
        check_deadline: Called before each run is written; raises to stop there.

    Returns:
        How many runs were written.
    """
    by_number = {trial.number: trial for trial in wanted}
    written = 0
    # Once more after every change, for what a lost answer or another machine has doubled or deleted meanwhile: whoever
    # looks last finds nothing to do, and leaves each trial once.
    for _ in range(PASSES):
        there, changed = set[int](), False
        for run in nested_runs(client, experiment_id, parent):
            known = TrialRun.of_run(run)
            if known.number not in there and known == by_number.get(known.number):
                there.add(known.number)
            else:
                client.delete_run(run.info.run_id)
                changed = True
        missing = [trial for number, trial in by_number.items() if number not in there]
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


def all_runs(client: "MlflowClient", experiment_id: str, tag: str, value: str) -> "list[Run]":
    """All runs with a tag's value, the earliest first."""
    found: list[Run] = []
    token = None
    while True:
        page = client.search_runs([experiment_id], f"tags.`{tag}` = '{value}'", page_token=token)
        found += page
        token = page.token
        if not token:
            return sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))
