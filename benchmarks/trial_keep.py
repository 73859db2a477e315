"""What it costs to keep trials: in the study file, in MLflow and in trials.csv; and to make a study anew."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.trial_search import N_FOLDS, SIZES, at_sizes, results_in
from lockstep.config import load_config
from lockstep.data.tables import write_csv
from lockstep.model.fitting import Fitting
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.report import trials_table
from lockstep.search.space import SearchSpace
from lockstep.search.study_file import StudyFile
from lockstep.search.trial import Result
from lockstep.tracking.live import runs_of
from lockstep.tracking.store import TRACKING_URI, open_store
from lockstep.tracking.trial_runs import nested_runs


def measured(folder: Path) -> dict[str, Any]:
    """Everything but the search, on the results that it left in the folder."""
    results = results_in(folder)
    sizes = [size for size in SIZES if size <= len(results)]
    study, store, log = folder / "study.db", folder / "mlflow.db", folder / "evaluations.db"
    study.unlink(missing_ok=True)
    return {
        "trials_csv": {str(size): _seconds(partial(_trials_csv, folder, results[:size])) / size for size in sizes},
        "study_file": {str(size): _seconds(partial(_study_file, study, results[:size])) / size for size in sizes},
        "study_file_bytes": study.stat().st_size / len(results),
        "log_opened": _seconds(lambda: EvaluationLog(log).__exit__()),
        **_tracking(store, results, sizes),
        "mlflow_bytes": store.stat().st_size / len(results),
    }


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _trials_csv(folder: Path, results: list[Result]) -> None:
    write_csv(trials_table(results, N_FOLDS, Fitting()), folder / "trials.csv")


def _study_file(path: Path, results: list[Result]) -> None:
    """Replaces the smaller study that is there, as a restarted search does."""
    with StudyFile(path, "trials", SearchSpace(load_config().space).shown(), {}) as study:
        for result in results:
            study.finished(result)


def _tracking(store: Path, results: list[Result], sizes: list[int]) -> dict[str, Any]:
    """CPU seconds per trial of writing its run, and of reading all runs again."""
    store.unlink(missing_ok=True)
    os.environ[TRACKING_URI] = f"sqlite:///{store}"
    client, experiment_id = open_store("trials")
    parent = client.create_run(experiment_id).info.run_id
    written, read = list[float](), dict[str, float]()
    for trial in runs_of(results, load_config().space, N_FOLDS, Fitting()):
        written.append(_seconds(partial(trial.log, client, experiment_id, parent)))
        if len(written) in sizes:
            read[str(len(written))] = _seconds(lambda: _read(client, experiment_id, parent)) / len(written)
    return {"mlflow": at_sizes(written, sizes), "mlflow_read": read}


def _read(client: Any, experiment_id: str, parent: str) -> None:
    nested_runs(client, experiment_id, parent)
