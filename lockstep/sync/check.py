"""The differences between DVC's outputs and MLflow: every number, text and byte of a result."""

from typing import TYPE_CHECKING

from lockstep.results.result import Result
from lockstep.tracking.logged_model import model_differences, ready_models
from lockstep.tracking.parent_run import NOTHING, RunDifference, artifact_differences, differences, mapping_differences
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import result_runs
from lockstep.tracking.registry import is_registered
from lockstep.tracking.run_content import trials_of
from lockstep.tracking.store import existing_store, tracking_errors
from lockstep.tracking.trial_runs import TrialRun, nested_runs

if TYPE_CHECKING:
    from mlflow import MlflowClient


def check(result: Result, place: Provenance) -> list[RunDifference]:
    """Compare a result with MLflow.

    Returns:
        All differences; none if MLflow has the result exactly once, with every trial exactly once.

    Raises:
        TrackingError: with one line, if the store cannot be read.
    """
    with tracking_errors("could not be compared"):
        store = existing_store(result.dataset)
        if store is None:
            return [RunDifference("result", result.key[:10], "one", NOTHING)]
        client, experiment_id = store
        runs = result_runs(client, experiment_id, result.key)
        if len(runs) != 1:
            return [RunDifference("result", result.key[:10], "one", f"{len(runs)} runs" if runs else NOTHING)]
        (run,) = runs
        run_id = run.info.run_id
        different = differences(result, place, run)
        if run.info.status != "FINISHED":
            different.append(RunDifference("status", "of the run", "FINISHED", run.info.status))
        different += _trial_differences(client, experiment_id, run_id, result)
        different += artifact_differences(client, result, place, run_id)
        return different + _model_differences(client, experiment_id, run_id, result, place)


def _trial_differences(client: "MlflowClient", experiment_id: str, parent: str, result: Result) -> list[RunDifference]:
    different: list[RunDifference] = []
    expected = {trial.number: trial for trial in trials_of(result)}
    counts = dict.fromkeys(expected, 0)
    for run in nested_runs(client, experiment_id, parent):
        trial = TrialRun.of_run(run)
        if trial.number not in expected:
            different.append(RunDifference("trial", f"run {run.info.run_id}", NOTHING, "a run"))
            continue
        counts[trial.number] += 1
        different += _differences_of_trial(expected[trial.number], trial)
    for number, count in counts.items():
        if count != 1:
            different.append(RunDifference("trial", str(number), "one", f"{count} runs" if count else NOTHING))
    return different


def _differences_of_trial(dvc: TrialRun, mlflow: TrialRun) -> list[RunDifference]:
    name = f"of trial {dvc.number}"
    status = [] if dvc.status == mlflow.status else [RunDifference("status", name, dvc.status, mlflow.status)]
    return [
        *status,
        *mapping_differences(f"tag {name}", dvc.tags, mlflow.tags),
        *mapping_differences(f"parameter {name}", dvc.params, mlflow.params),
        *mapping_differences(f"metric {name}", dvc.metrics, mlflow.metrics),
    ]


def _model_differences(
    client: "MlflowClient", experiment_id: str, run_id: str, result: Result, place: Provenance
) -> list[RunDifference]:
    models = ready_models(client, experiment_id, run_id)
    if len(models) != 1:
        return [RunDifference("model", "of the run", "one", f"{len(models)} models" if models else NOTHING)]
    different = [
        RunDifference("model", name, "the file", "other bytes") for name in model_differences(result, models[0])
    ]
    if place.workspace and not is_registered(client, models[0], result):
        different.append(RunDifference("registered model", result.dataset, "a version", NOTHING))
    return different
