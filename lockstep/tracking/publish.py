"""Showing a result in MLflow: once, however often it is called, and from DVC's outputs alone."""

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lockstep import paths
from lockstep.errors import LockstepError, TrackingError
from lockstep.locks import held
from lockstep.paths import local_state
from lockstep.secrets import masked
from lockstep.tracking.logged_model import log_model
from lockstep.tracking.result import PipelineResult
from lockstep.tracking.store import artifact_location, shown_uri, tracking_uri

if TYPE_CHECKING:
    from mlflow import MlflowClient

COMPLETE = "lockstep.complete"
# A trial that a pruner stopped was ended from outside, which is what MLflow calls KILLED.
STATUS = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}


def publish_or_warn() -> None:
    """Publish the working directory's result; if MLflow cannot take it, say so in one line and go on.

    DVC's outputs are the result; MLflow is a view of it that `lockstep sync` can make at any time.
    """
    try:
        publish()
    except LockstepError as error:
        print(
            f"evaluate: warning: {error}; the result stands in DVC, `lockstep sync` shows it to MLflow later",
            file=sys.stderr,
        )


def publish() -> str:
    """Make MLflow's view of the working directory's result complete.

    Returns:
        The id of the result's run; an existing complete run is left as it is.

    Raises:
        DataError: if an output of the pipeline is missing.
        TrackingError: in one line, without secrets, for whatever the store raises.
    """
    result = PipelineResult.read()
    try:
        # Queue workers finish together; two processes that set up one new store at once would break it.
        with held(local_state() / "locks" / "mlflow"):
            return _complete_run(result)
    except Exception as error:
        reason = " ".join(masked(str(error)).split())[:200]
        raise TrackingError(
            f"MLflow at {shown_uri()} did not take the result ({type(error).__name__}: {reason})"
        ) from error


def _complete_run(result: PipelineResult) -> str:
    client = _client()
    run_id = _parent_run(client, result)
    if COMPLETE not in client.get_run(run_id).data.tags:
        _log_trials(client, result, run_id)
        _log_result(client, result, run_id)
        log_model(client, paths.MODEL, run_id, result.search["settings"]["versions"])
        client.set_tag(run_id, COMPLETE, "true")
        client.set_terminated(run_id)
    return run_id


def _client() -> "MlflowClient":
    # Set before mlflow is imported: it reports usage home, and retries a dead server for minutes.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    import mlflow

    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    uri = tracking_uri()
    if uri.startswith("sqlite:///"):
        Path(uri.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    mlflow.set_tracking_uri(uri)
    return mlflow.MlflowClient()


def _parent_run(client: "MlflowClient", result: PipelineResult) -> str:
    """The result's run, found by its key, or a new one."""
    experiment = str(result.params["dataset"])
    known = client.get_experiment_by_name(experiment)
    experiment_id = (
        known.experiment_id
        if known
        else client.create_experiment(experiment, artifact_location=artifact_location(tracking_uri()))
    )
    found = client.search_runs([experiment_id], f"tags.`lockstep.result` = '{result.key}'", max_results=1)
    if found:
        return str(found[0].info.run_id)
    name = os.environ.get("DVC_EXP_NAME") or result.key[:10]
    return str(client.create_run(experiment_id, run_name=name, tags=result.tags()).info.run_id)


def _log_trials(client: "MlflowClient", result: PipelineResult, parent: str) -> None:
    """One nested run per trial; those an interrupted call left unfinished are made again."""
    experiment_id = client.get_run(parent).info.experiment_id
    done = set()
    token = None
    while True:
        page = client.search_runs([experiment_id], f"tags.`mlflow.parentRunId` = '{parent}'", page_token=token)
        for run in page:
            if run.info.status == "RUNNING":
                client.delete_run(run.info.run_id)
            else:
                done.add(run.data.tags["lockstep.trial"])
        token = page.token
        if not token:
            break
    for _, trial in result.trials.iterrows():
        if str(trial["number"]) not in done:
            _log_trial(client, experiment_id, parent, result, trial)


def _log_trial(
    client: "MlflowClient", experiment_id: str, parent: str, result: PipelineResult, trial: pd.Series
) -> None:
    from mlflow.entities import Metric, Param

    tags = {
        "mlflow.parentRunId": parent,
        "lockstep.trial": str(trial["number"]),
        "lockstep.state": str(trial["state"]),
    }
    if isinstance(trial["message"], str):
        tags["lockstep.message"] = trial["message"]
    run = client.create_run(experiment_id, run_name=f"trial {trial['number']}", tags=tags)
    score = result.search["score"]
    metrics = [Metric(score, float(trial[score]), 0, 0)] if pd.notna(trial[score]) else []
    for column in trial.index:
        if column.startswith("fold_") and pd.notna(trial[column]):
            _, fold, name = column.split("_", 2)
            metrics.append(Metric(f"fold_{name}", float(trial[column]), 0, int(fold)))
    params = [Param(name, str(trial[name])) for name in result.best["params"]]
    client.log_batch(run.info.run_id, metrics=metrics, params=params)
    client.set_terminated(run.info.run_id, STATUS[str(trial["state"])])


def _log_result(client: "MlflowClient", result: PipelineResult, run_id: str) -> None:
    from mlflow.entities import Metric, Param

    metrics = {name: value for name, value in result.metrics.items() if value is not None}
    metrics |= {f"cost.{name}": value for name, value in result.search["cost"].items()}
    client.log_batch(
        run_id,
        metrics=[Metric(name, float(value), 0, 0) for name, value in sorted(metrics.items())],
        params=[Param(name, str(value)) for name, value in sorted(result.chosen().items())],
    )
    for figure in result.figures():
        client.log_artifact(run_id, str(figure), "figures")
    for file in (*result.reports(), paths.TRIALS, paths.BEST_PARAMS, paths.SEARCH, paths.INDEX, paths.PARAMS):
        if file.exists():
            client.log_artifact(run_id, str(file), "reports")
