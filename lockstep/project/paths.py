"""Paths of the pipeline's files, and the anchor of relative paths."""

import os
from pathlib import Path

from lockstep.errors import ConfigError

PARAMS = Path("params.yaml")
DATASETS = Path("datasets")

RAW = Path("data/raw/table.parquet")
CLEAN = Path("data/clean/table.parquet")
COLUMNS = Path("data/clean/columns.json")
TRAIN = Path("data/split/train.parquet")
TEST = Path("data/split/test.parquet")
PREDICTIONS = Path("data/predictions/test.parquet")
OUT_OF_FOLD = Path("data/predictions/train_oof.parquet")

BEST_PARAMS = Path("models/best_params.json")
SEARCH = Path("models/search.json")
RECIPE = Path("models/recipe.yaml")
FEATURE_CHOICE = Path("models/feature_choice.json")
MODEL = Path("models/model")

REPORTS = Path("reports")
DATA_QUALITY = REPORTS / "data_quality.json"
FEATURES = REPORTS / "tune/features.csv"
TRIALS = REPORTS / "tune/trials.csv"
LEARNING_CURVE = REPORTS / "train_best/learning_curve.csv"
EVALUATE = REPORTS / "evaluate"
BASELINES = EVALUATE / "baselines.csv"
REPEATED = EVALUATE / "repeated.json"
UNCERTAINTY = EVALUATE / "uncertainty.json"
ALL_METRICS = EVALUATE / "all_metrics.json"
FINDINGS = EVALUATE / "findings.json"
METRICS = REPORTS / "metrics.json"
GATES = REPORTS / "gates.json"
INDEX = REPORTS / "index.html"

# Inside local_state()
EVALUATIONS = Path("evaluations.db")
STUDY = Path("optuna_study.db")
SEARCH_TIMES = Path("search_times.json")


def project_root() -> Path:
    """The repository: DVC_ROOT when a DVC stage runs, else the working directory.

    Under ``dvc exp run --temp`` and ``--queue`` the working directory is a temporary copy, while DVC_ROOT names the
    repository; files that must outlive a run are anchored here.
    """
    return Path(os.environ.get("DVC_ROOT") or Path.cwd())


def anchored(path: str | Path) -> Path:
    """A path from the user made absolute: relative paths start at the repository, not at a temporary copy."""
    try:
        return project_root() / Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(f"{path}: names the home of a user who does not exist; correct the path") from None


def local_state() -> Path:
    """The git-ignored folder `.lockstep/` of the repository: caches and timings, safe to delete."""
    return project_root() / ".lockstep"
