"""How often test rows were consulted: the results in MLflow that were scored on them.

This depends on the store's history, so it is in no output of DVC.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from lockstep.errors import TrackingError
from lockstep.tracking.store import existing_store, tracking_errors
from lockstep.tracking.trial_runs import RESULT, all_runs

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

# The digest of a result's test rows, and the number of results on them when this one was logged, itself included.
TEST_ROWS = "lockstep.test_rows_sha256"
CONSULTED = "lockstep.test_rows_consulted"


def results_on(client: "MlflowClient", experiment_id: str, digest: str) -> set[str]:
    """The keys of all results on the same test rows; those of deleted runs too, as their scores were seen."""
    runs = all_runs(client, experiment_id, TEST_ROWS, digest, deleted=True)
    return {run.data.tags[RESULT] for run in runs if RESULT in run.data.tags}


def mark_consultation(client: "MlflowClient", run: "Run", digest: str) -> None:
    """Tag a result's run with how many results its test rows have scored, once: a later sync keeps the number."""
    if CONSULTED not in run.data.tags:
        client.set_tag(run.info.run_id, CONSULTED, len(results_on(client, run.info.experiment_id, digest)))


def count_results_on(digest: str, datasets: Collection[str]) -> int | None:
    """The number of results that the store in use has of these test rows; None if it cannot be read.

    Args:
        digest: Of the test rows, from test_rows_digest.
        datasets: Names of the datasets whose results count.
    """
    keys = set[str]()
    try:
        with tracking_errors("could not be read"):
            for dataset in sorted(set(datasets)):
                if store := existing_store(dataset):
                    keys |= results_on(*store, digest)
    except TrackingError:
        return None
    return len(keys)
