"""Running one cell: Lockstep by the command that new-dataset prints, another method in its own environment."""

import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import measure
from benchmarks.tables import ROOT, run
from benchmarks.yardstick.cells import LOCKSTEP, METHODS, Cell, Key
from benchmarks.yardstick.project import make_project, make_split, settings_version, with_settings
from benchmarks.yardstick.rows import error_of, score, write_rows
from lockstep.metrics.metric import METRICS
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.storage.tables import read_json, read_table

HERE = Path(__file__).parent
CACHE = ROOT / ".lockstep/yardstick"
# FLAML's environment has LightGBM.
REQUIREMENTS = {
    "catboost": HERE / "catboost-requirements.txt",
    "lightgbm": HERE.parent / "flaml-requirements.txt",
    "flaml": HERE.parent / "flaml-requirements.txt",
    "autogluon": HERE / "autogluon-requirements.txt",
}
LEAST_SECONDS = 30.0
THREADS = 2
TIMES = 5


@dataclass(frozen=True)
class Bench:
    """What all cells of a run share: the folder of the tables, and how many rows of a file at most."""

    folder: Path | None
    row_limit: int | None


def versions() -> dict[str, str]:
    """What each method would run with today, as a short hash."""
    found = {LOCKSTEP: settings_version()}
    for method, file in REQUIREMENTS.items():
        digest = hashlib.sha256(file.read_bytes() + (HERE / "contestant.py").read_bytes())
        found[method] = digest.hexdigest()[:12]
    return {method: found[method] for method in METHODS}


def lockstep_cell(bench: Bench, key: Key) -> Cell:
    """Make the dataset file, run the experiment, and score it; its rows are kept for the other methods."""
    work = Path(tempfile.mkdtemp(prefix="lockstep-yardstick-"))
    try:
        project = work / "project"
        load = os.getloadavg()[0]
        command, described = make_project(project, key.table, bench.folder, bench.row_limit)
        command = with_settings(command, [f"seed={key.seed}"])
        cost = measure(*command, cwd=project)
        rows = rows_folder(bench, key)
        write_rows(project, rows)
        facts = json.loads((rows / "facts.json").read_text(encoding="utf-8"))
        model, test = SavedModel.load(project / paths.MODEL), read_table(project / paths.TEST)
        timings = read_json(project / ".lockstep/timings.json")
        return Cell(
            version=settings_version(),
            rows=facts["digest"],
            metric=facts["fitting"]["metric"],
            test=_error(facts, _table(rows, "x_test"), np.asarray(model.predict(test))),
            oof=_own_out_of_fold(project, facts, rows),
            wall=timings["tune"] + timings["train_best"],
            cpu=cost.cpu,
            peak_mib=cost.peak_mib,
            model_bytes=sum(file.stat().st_size for file in (project / paths.MODEL).rglob("*") if file.is_file()),
            us_per_row=_microseconds(model, test),
            details={
                "command": " ".join(command),
                "whole_wall": cost.wall + (described.wall if described else 0.0),
                "timings": timings,
                "best": read_json(project / paths.BEST_PARAMS),
                "n_trials": read_json(project / paths.SEARCH)["n_asked"],
                "workers": os.environ.get("LOCKSTEP_WORKERS", "default"),
                "load": load,
            },
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def other_cell(bench: Bench, key: Key, seconds: float) -> Cell:
    """Run another method on Lockstep's rows.

    Args:
        bench: What all cells share.
        key: The cell.
        seconds: What a search may take.
    """
    rows, out = rows_folder(bench, key), Path(tempfile.mkdtemp(prefix="lockstep-yardstick-"))
    try:
        load = os.getloadavg()[0]
        options = ("--seed", str(key.seed), "--threads", str(THREADS), "--seconds", str(round(seconds, 1)))
        module = ("-m", "benchmarks.yardstick.contestant", key.method, str(rows), "--out", str(out))
        cost = measure(interpreter(key.method), *module, *options, cwd=ROOT)
        printed = json.loads([line for line in cost.output.splitlines() if line.startswith("{")][-1])
        facts = json.loads((rows / "facts.json").read_text(encoding="utf-8"))
        oof = out / "out_of_fold.npy"
        return Cell(
            version=versions()[key.method],
            rows=facts["digest"],
            metric=facts["fitting"]["metric"],
            test=_error(facts, _table(rows, "x_test"), np.load(out / "predicted.npy")),
            oof=_error(facts, _table(rows, "x_train"), np.load(oof)) if oof.exists() else None,
            wall=printed.pop("fit_wall"),
            cpu=printed.pop("fit_cpu"),
            peak_mib=cost.peak_mib,
            model_bytes=printed.pop("model_bytes"),
            us_per_row=printed.pop("us_per_row"),
            details={**printed, "seconds": seconds, "threads": THREADS, "load": load},
        )
    finally:
        shutil.rmtree(out, ignore_errors=True)


def rows_folder(bench: Bench, key: Key) -> Path:
    """Where the rows of a table and a seed are kept for other methods."""
    limit = "" if bench.row_limit is None else f"-{bench.row_limit}"
    return CACHE / "rows" / f"{key.table}-{key.seed}{limit}"


def need_rows(bench: Bench, key: Key, expected: str | None) -> None:
    """Make the rows of a table and a seed by the stage split, unless the expected ones are there.

    Args:
        bench: What all cells share.
        key: A cell of the table and the seed.
        expected: The hash of Lockstep's rows; None: there is no such cell yet.
    """
    rows = rows_folder(bench, key)
    facts = rows / "facts.json"
    if expected is not None and facts.exists() and json.loads(facts.read_text(encoding="utf-8"))["digest"] == expected:
        return
    work = Path(tempfile.mkdtemp(prefix="lockstep-yardstick-"))
    try:
        command, _ = make_project(work / "project", key.table, bench.folder, bench.row_limit)
        make_split(work / "project", with_settings(command, [f"seed={key.seed}"]))
        write_rows(work / "project", rows)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def interpreter(method: str) -> str:
    """The Python of a method's own environment, made when it is first asked for."""
    file = REQUIREMENTS[method]
    folder = CACHE / file.stem.removesuffix("-requirements")
    python, stamp = folder / "bin/python", folder / "made-from.txt"
    if not stamp.exists() or stamp.read_bytes() != file.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        run(ROOT, sys.executable, "-m", "venv", str(folder))
        run(ROOT, str(python), "-m", "pip", "install", "--quiet", "--no-compile", "-r", str(file))
        stamp.write_bytes(file.read_bytes())
    return str(python)


def _table(rows: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(rows / f"{name}.parquet")


def _error(facts: dict[str, Any], actual: pd.DataFrame, predicted: Any) -> float:
    known = ~np.isnan(predicted if predicted.ndim == 1 else predicted[:, 0])
    value = score(facts, actual[known], predicted[known])
    return error_of(METRICS[facts["fitting"]["metric"]].greater_is_better, value)


def _own_out_of_fold(project: Path, facts: dict[str, Any], rows: Path) -> float:
    """The error of Lockstep's out-of-fold predictions, whose rows are found by row_id."""
    predicted = read_table(project / paths.OUT_OF_FOLD).set_index("row_id")
    order = read_table(project / paths.TRAIN)["row_id"]
    columns: Sequence[str] = [f"probability_{label}" for label in facts["classes"]] or ["predicted"]
    found = predicted[list(columns)].reindex(order).to_numpy(dtype=np.float64)
    return _error(facts, _table(rows, "x_train"), found if facts["classes"] else found[:, 0])


def _microseconds(model: SavedModel, test: pd.DataFrame) -> float:
    seconds = []
    for _ in range(TIMES):
        started = time.perf_counter()
        model.predict(test)
        seconds.append(time.perf_counter() - started)
    return 1e6 * statistics.median(seconds) / len(test)
