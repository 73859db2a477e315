"""What `make bench` measures, one function per section; each returns plain JSON values."""

import json
import shutil
import statistics
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Measured, measure
from benchmarks.tables import ROOT, configure, copy_repository, prepare, run

AUDIO = "danceability,energy,loudness,speechiness,acousticness,instrumentalness,liveness,valence,tempo"
FLAML = ROOT / ".lockstep" / "flaml"
STAGES = ("fetch", "clean", "split", "tune", "train_best", "evaluate")
PYTHON = sys.executable


def california(folder: Path) -> dict[str, Any]:
    """Seven parameters, 100 trials, five folds: the reference script, FLAML, Lockstep alike and by its defaults."""
    project = prepare("california", folder)
    rows = ("--train", "data/split/train.parquet", "--test", "data/split/test.parquet", "--target", "MedHouseVal")
    columns = "MedInc,HouseAge,AveRooms,AveBedrms,Population,AveOccup,Latitude,Longitude"
    told = (*rows, "--features", columns)
    same = _copy(project, folder / "same", {"tune.space": "housing7", "tune.n_trials": 100})
    return {
        "reference": _contestant(project, PYTHON, "-m", "benchmarks.reference_california", *told),
        "lockstep, same space": _lockstep(same),
        "flaml, all learners": _flaml(project, *told, "--estimators", "default"),
        "flaml, xgboost": _flaml(project, *told, "--estimators", "xgboost,xgb_limitdepth"),
        "lockstep, defaults": _lockstep(_copy(project, folder / "defaults", {})),
    }


def spotify(folder: Path) -> dict[str, Any]:
    """Nine parameters, a holdout, 50 trials: the reference script, Lockstep in the same space and by its defaults."""
    project = prepare("spotify_holdout", folder)
    told = ("--target", "track_popularity", "--features", AUDIO)
    same = _copy(project, folder / "same", {"tune.space": "spotify9", "tune.n_trials": 50})
    return {
        "reference": _contestant(project, PYTHON, "-m", "benchmarks.reference_spotify", *told),
        "lockstep, same space": _lockstep(same),
        "lockstep, defaults": _lockstep(_copy(project, folder / "defaults", {"tune.n_trials": 50})),
    }


def workers(folder: Path) -> dict[str, Any]:
    """The same search with one worker and with two, twice in turn; what the search costs beside its fits."""
    project = prepare("california", folder, tune__space="housing7")
    found: dict[str, list[Any]] = {"1": [], "2": []}
    for _ in range(2):
        for count, runs in found.items():
            runs.append(
                json.loads(run(project, PYTHON, "-m", "benchmarks.search_cost", "--workers", count, "--trials", "24"))
            )
    return found


def tracking(folder: Path) -> dict[str, Any]:
    """200 trials of about 4 CPU seconds with and without MLflow beside them; then everything brought back by sync."""
    project = prepare("california", folder, tune__space="housing7", tune__pruner="none")
    command = (PYTHON, "-m", "benchmarks.tracking_cost", "--trials", "200")
    return {"silent": json.loads(run(project, *command, "--silent")), "live": json.loads(run(project, *command))}


def noop(folder: Path) -> dict[str, Any]:
    """`dvc repro` with nothing to do, five times in turn: ours, DVC itself, a plain pipeline.

    DVC itself: the same dependencies, parameters and outputs with empty commands. Plain: one small file per stage.
    """
    ours, itself, plain = folder / "ours", folder / "itself", folder / "plain"
    copy_repository(ours)
    configure(ours, {"tune.n_trials": 2, "tune.max_rounds": 5})
    plain.mkdir()
    stages = "".join(
        f"  s{n}:\n    cmd: cp f{n} f{n + 1}\n    deps: [f{n}]\n    outs: [f{n + 1}]\n" for n in range(len(STAGES))
    )
    (plain / "dvc.yaml").write_text(f"stages:\n{stages}", encoding="utf-8")
    (plain / "f0").write_text("0\n", encoding="utf-8")
    run(plain, "git", "init", "-q")
    run(plain, "dvc", "init", "-q")
    run(ours, "dvc", "repro")
    run(plain, "dvc", "repro")
    shutil.copytree(ours, itself, symlinks=True)
    for file in (itself / "dvc.yaml", itself / "dvc.lock"):
        file.write_text(file.read_text(encoding="utf-8").replace("python3 -m stages.", "true "), encoding="utf-8")
    found: dict[str, list[float]] = {"ours": [], "itself": [], "plain": []}
    for _ in range(5):
        for name in found:
            found[name].append(measure("dvc", "repro", cwd=folder / name).wall)
    return found


def starts(folder: Path) -> dict[str, Any]:
    """Seconds that both settings files take to read once a stage's imports have ended; medians of five."""
    copy_repository(folder / "project")
    code = (
        "import stages.{0}, time; from lockstep.project.blocks import Blocks;"
        " t = time.perf_counter(); Blocks.read(); print(time.perf_counter() - t)"
    )
    return {
        stage: statistics.median(
            float(run(folder / "project", PYTHON, "-c", code.format(stage)).split()[-1]) for _ in range(5)
        )
        for stage in STAGES
    }


def _copy(project: Path, target: Path, settings: Mapping[str, int | str]) -> Path:
    shutil.copytree(project, target, symlinks=True)
    configure(target, settings)
    return target


def _contestant(project: Path, *command: str) -> dict[str, Any]:
    cost = measure(*command, cwd=project)
    return {**json.loads(cost.output.splitlines()[-1]), **_whole(cost)}


def flaml_python() -> str:
    """The interpreter of an environment with FLAML and LightGBM, made when it is first asked for."""
    if not (FLAML / "bin/python").exists():
        FLAML.parent.mkdir(exist_ok=True)
        run(ROOT, PYTHON, "-m", "venv", str(FLAML))
        pip = (str(FLAML / "bin/python"), "-m", "pip", "install", "--quiet", "--require-hashes", "-r")
        run(ROOT, *pip, str(ROOT / "benchmarks/flaml-requirements.txt"))
    return str(FLAML / "bin/python")


def _flaml(project: Path, *told: str) -> dict[str, Any]:
    return _contestant(project, flaml_python(), "-m", "benchmarks.flaml_run", *told, "--seconds", "60")


def _lockstep(project: Path) -> dict[str, Any]:
    """`dvc repro` from the split on: tune, train_best, evaluate, MLflow included."""
    cost = measure("dvc", "repro", cwd=project)
    metrics = json.loads((project / "reports/metrics.json").read_text(encoding="utf-8"))
    search = json.loads((project / "models/search.json").read_text(encoding="utf-8"))
    timings = json.loads((project / ".lockstep/timings.json").read_text(encoding="utf-8"))
    return {
        "name": "lockstep",
        "cv_rmse": metrics["cv"]["rmse"],
        "test_rmse": metrics["test"]["rmse"],
        "test_r2": metrics["test"]["r2"],
        "seconds": timings["tune"],
        "trials": search["n_trials"],
        "pruned": search["cost"]["trials_pruned"],
        "curve": _curve(project, cost.started),
        **_whole(cost),
    }


def _whole(cost: Measured) -> dict[str, float]:
    return {"wall": cost.wall, "cpu": cost.cpu, "peak_mib": cost.peak_mib}


def _curve(project: Path, started: float) -> Sequence[tuple[float, float]]:
    """[seconds since `dvc repro` was called, best CV RMSE so far], from the study's file."""
    import optuna

    address = f"sqlite:///{project / '.lockstep/optuna_study.db'}"
    (study,) = optuna.get_all_study_names(address)
    best, curve = float("inf"), []
    for trial in optuna.load_study(study_name=study, storage=address).trials:
        if trial.state.name == "COMPLETE" and trial.value is not None and trial.value < best:
            best = trial.value
            curve.append((_seconds(trial.datetime_complete) - started, best))
    return curve


def _seconds(when: datetime | None) -> float:
    return when.timestamp() if when else float("nan")
