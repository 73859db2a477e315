"""What it costs to keep trials: in the study file, in MLflow and in trials.csv; and to make a study anew."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.trial_search import MEASURED, N_FOLDS, SIZES, results_in
from lockstep.check.config import load_config
from lockstep.fitting.fitting import Fitting
from lockstep.search.evaluation_log import EvaluationLog
from lockstep.search.space import SearchSpace
from lockstep.search.study_file import StudyFile
from lockstep.search.trials_file import trials_table
from lockstep.storage.tables import write_csv
from lockstep.tracking.live import runs_of
from lockstep.tracking.store import TRACKING_URI, open_store
from lockstep.tracking.trial_runs import TrialRun, nested_runs
from lockstep.workers.trial import TrialResult


def measured(folder: Path) -> dict[str, Any]:
    """Everything but the search, on the results that it left in the folder."""
    results = results_in(folder)
    sizes = [size for size in SIZES if size <= len(results)]
    study, store, log = folder / "study.db", folder / "mlflow.db", folder / "evaluations.db"
    study.unlink(missing_ok=True)
    # Optuna takes seconds to make a new file, once for all searches of a project.
    _study_file(study, results[:1])
    return {
        "trials_csv": {str(size): _seconds(partial(_trials_csv, folder, results[:size])) / size for size in sizes},
        "study_file": {str(size): _seconds(partial(_study_file, study, results[:size])) / size for size in sizes},
        "study_file_bytes": study.stat().st_size / len(results),
        "log_opened": _seconds(lambda: EvaluationLog(log).__exit__(None, None, None)),
        **_tracking(store, results, sizes),
        "mlflow_bytes": store.stat().st_size / len(results),
    }


def _seconds(work: Callable[[], None]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _trials_csv(folder: Path, results: list[TrialResult]) -> None:
    write_csv(trials_table(results, N_FOLDS, Fitting()), folder / "trials.csv")


def _study_file(path: Path, results: list[TrialResult]) -> None:
    """Replaces the smaller study that is there, as a restarted search does."""
    with StudyFile(path, "trials", SearchSpace(load_config().space).distributions(), {}) as study:
        for result in results:
            study.finished(result)


def _tracking(store: Path, results: list[TrialResult], sizes: list[int]) -> dict[str, Any]:
    """CPU seconds per trial of writing the last runs before each size, and of reading all runs again."""
    store.unlink(missing_ok=True)
    os.environ[TRACKING_URI] = f"sqlite:///{store}"
    client, experiment_id = open_store("trials")
    parent = client.create_run(experiment_id).info.run_id
    runs = runs_of(results[: 2 * MEASURED], load_config().space, N_FOLDS, Fitting())
    for trial in runs[:MEASURED]:
        trial.log(client, experiment_id, parent)
    there, written, read = MEASURED, dict[str, float](), dict[str, float]()
    for size in sizes:
        while there + MEASURED < size:
            _copied(store, parent, there // MEASURED)
            there += MEASURED
        log = partial(_log, runs[MEASURED:], client, experiment_id, parent)
        written[str(size)] = _seconds(log) / MEASURED
        there += MEASURED
        read[str(size)] = _seconds(lambda: _read(client, experiment_id, parent)) / size
    return {"mlflow": written, "mlflow_read": read}


def _log(runs: list[TrialRun], client: Any, experiment_id: str, parent: str) -> None:
    for trial in runs:
        trial.log(client, experiment_id, parent)


def _copied(store: Path, parent: str, time: int) -> None:
    """The first runs once more, under other ids: MLflow itself would take minutes for 10,000."""
    with closing(sqlite3.connect(store)) as database, database:
        firsts = "SELECT run_uuid FROM runs WHERE run_uuid != ? ORDER BY rowid LIMIT ?"
        ids = [run_id for (run_id,) in database.execute(firsts, (parent, MEASURED))]
        for table in ("runs", "tags", "params", "metrics", "latest_metrics"):
            columns = [name for _, name, *_ in database.execute(f"PRAGMA table_info({table})") if name != "run_uuid"]
            names = ", ".join(columns)
            copy = f"INSERT INTO {table} (run_uuid, {names}) SELECT ?, {names} FROM {table} WHERE run_uuid = ?"  # noqa: S608
            database.executemany(copy, [(f"{run_id[:24]}{time:08x}", run_id) for run_id in ids])


def _read(client: Any, experiment_id: str, parent: str) -> None:
    nested_runs(client, experiment_id, parent)
