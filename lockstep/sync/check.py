"""How DVC's outputs and MLflow differ: every number, word and byte of a result."""

from typing import TYPE_CHECKING

from lockstep.tracking.logged_model import model_differences, ready_models
from lockstep.tracking.parent_run import NOTHING, Mismatch, artifact_mismatches, mismatches, of_mapping
from lockstep.tracking.provenance import Provenance
from lockstep.tracking.publish import result_runs
from lockstep.tracking.registry import is_registered
from lockstep.tracking.result import PipelineResult
from lockstep.tracking.store import existing_store, trouble
from lockstep.tracking.trial_runs import TrialRun, nested_runs

if TYPE_CHECKING:
    from mlflow import MlflowClient


def check(result: PipelineResult, place: Provenance) -> list[Mismatch]:
    """Compare a result with MLflow.

    Returns:
        All differences; none if MLflow holds the result exactly once, with every trial exactly once.

    Raises:
        TrackingError: in one line, if the store cannot be read.
    """
    with trouble("could not be compared"):
        store = existing_store(result.dataset)
        if store is None:
            return [Mismatch("result", result.key[:10], "one", NOTHING)]
        client, experiment_id = store
        runs = result_runs(client, experiment_id, result.key)
        if len(runs) != 1:
            return [Mismatch("result", result.key[:10], "one", f"{len(runs)} runs" if runs else NOTHING)]
        (run,) = runs
        run_id = run.info.run_id
        found = mismatches(result, place, run)
        if run.info.status != "FINISHED":
            found.append(Mismatch("status", "of the run", "FINISHED", run.info.status))
        found += _trial_mismatches(client, experiment_id, run_id, result)
        found += artifact_mismatches(client, result, place, run_id)
        return found + _model_mismatches(client, experiment_id, run_id, result, place)


def _trial_mismatches(
    client: "MlflowClient", experiment_id: str, parent: str, result: PipelineResult
) -> list[Mismatch]:
    found: list[Mismatch] = []
    wanted = {trial.number: trial for trial in result.trials}
    seen = dict.fromkeys(wanted, 0)
    for run in nested_runs(client, experiment_id, parent):
        trial = TrialRun.of_run(run)
        if trial.number not in wanted:
            found.append(Mismatch("trial", f"run {run.info.run_id}", NOTHING, "a run"))
            continue
        seen[trial.number] += 1
        found += _between(wanted[trial.number], trial)
    for number, count in seen.items():
        if count != 1:
            found.append(Mismatch("trial", str(number), "one", f"{count} runs" if count else NOTHING))
    return found


def _between(dvc: TrialRun, mlflow: TrialRun) -> list[Mismatch]:
    name = f"of trial {dvc.number}"
    status = [] if dvc.status == mlflow.status else [Mismatch("status", name, dvc.status, mlflow.status)]
    return [
        *status,
        *of_mapping(f"tag {name}", dvc.tags, mlflow.tags),
        *of_mapping(f"parameter {name}", dvc.params, mlflow.params),
        *of_mapping(f"metric {name}", dvc.metrics, mlflow.metrics),
    ]


def _model_mismatches(
    client: "MlflowClient", experiment_id: str, run_id: str, result: PipelineResult, place: Provenance
) -> list[Mismatch]:
    models = ready_models(client, experiment_id, run_id)
    if len(models) != 1:
        return [Mismatch("model", "of the run", "one", f"{len(models)} models" if models else NOTHING)]
    found = [Mismatch("model", name, "the file", "other bytes") for name in model_differences(result, models[0])]
    if place.workspace and not is_registered(client, models[0], result):
        found.append(Mismatch("registered model", result.dataset, "a version", NOTHING))
    return found
