"""Every kind of target, weight and decision: the same bytes anywhere, the same doubles from every way to predict."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow.pyfunc.model import PythonModelContext

from lockstep.model.saved import SavedModel
from lockstep.predict.predict import predict_file
from lockstep.project.paths import local_state
from lockstep.testing.processes import OLDER_CPU
from lockstep.tracking.serving import LockstepModel
from tests.conftest import ROOT, OwnTable

STAGES = ("tune", "train_best", "evaluate")
RUN = """
import sys
from importlib import import_module
from lockstep.stage import run_stage
for stage in sys.argv[1:]:
    run_stage(stage, import_module(f"stages.{stage}").main)
"""
SMALL = {
    "n_trials: 60": "n_trials: 3",
    "folds: 5": "folds: 3",
    "max_rounds: 2000": "max_rounds: 12",
    "n_models: 5": "n_models: 2",
    "bootstrap_samples: 1000": "bootstrap_samples: 100",
    "permutation_repeats: 5": "permutation_repeats: 1",
}
COSTS = "{false_positive: 1, false_negative: 10}"


class Case(NamedTuple):
    """A target with the settings that it needs.

    Attributes:
        settings: Keys of params.yaml with their values.
        classes: Number of classes; 0 for a number.
        weighing: Keys weight and exposure of the dataset file, with their columns.
        rows: Rows of the table.
    """

    settings: dict[str, str]
    classes: int = 0
    weighing: tuple[str, ...] = ()
    rows: int = 150


CASES = {
    "sigmoid-costs-weight": Case({"calibration": "sigmoid", "threshold": COSTS}, 2, ("weight",)),
    "squared_error-weight": Case({}, 0, ("weight",)),
    "absolute_error-weight": Case({"objective": "absolute_error"}, 0, ("weight",)),
    "pseudo_huber": Case({"objective": "pseudo_huber"}),
    "quantile": Case({"objective": "quantile", "quantile": "0.8"}),
    "log1p-interval": Case({"target_transform": "log1p", "interval": "0.8"}),
    "poisson-exposure-weight": Case({"objective": "poisson"}, 0, ("weight", "exposure")),
    "gamma": Case({"objective": "gamma"}),
    "gamma-exposure": Case({"objective": "gamma"}, 0, ("exposure",)),
    "tweedie": Case({"objective": "tweedie", "variance_power": "1.3"}),
    "tweedie-exposure": Case({"objective": "tweedie"}, 0, ("exposure",)),
    "balanced-max_f1": Case({"class_weight": "balanced", "threshold": "max_f1"}, 2),
    "isotonic-max_mcc": Case({"calibration": "isotonic", "threshold": "max_mcc"}, 2, (), 1500),
    "three-sigmoid-weight": Case({"calibration": "sigmoid"}, 3, ("weight",)),
}
DAILY = "sigmoid-costs-weight"


def _table(case: Case) -> pd.DataFrame:
    random = np.random.default_rng(case.rows)
    a, word, e = random.random(case.rows), random.choice(list("xyz"), case.rows), random.uniform(0.1, 2, case.rows)
    mean = np.exp(a + (word == "x")) * (e if "exposure" in case.weighing else 1)
    objective = case.settings.get("objective", "")
    y = mean * random.gamma(4, 0.25, case.rows)
    if objective == "poisson":
        y = random.poisson(mean).astype(np.float64)
    elif objective == "tweedie":
        y = np.where(random.random(case.rows) < 0.4, 0, y)
    table = pd.DataFrame({"a": a, "word": word, "e": e, "w": random.uniform(0.2, 4, case.rows), "y": y}).round(4)
    if case.classes:
        table["y"] = np.digitize(table["y"], np.quantile(table["y"], [0.6, 0.8][: case.classes - 1]))
    return table


def _write(own_table: OwnTable, case: Case) -> None:
    table = _table(case)
    own_table.write(table.to_csv(index=False))
    columns = {name: {"type": "category" if name == "word" else "number"} for name in table}
    target = {"column": "y", "classes": list(range(case.classes))}
    facts: dict[str, Any] = {
        "about": "made by a test",
        "target": target if case.classes else "y",
        "metric": None,
        "weight": "w" if "weight" in case.weighing else None,
        "exposure": "e" if "exposure" in case.weighing else None,
        "source": {
            "kind": "csv",
            "path": "own.csv",
            "sha256": hashlib.sha256(Path("own.csv").read_bytes()).hexdigest(),
        },
        "missing_values": [""],
        "columns": columns | ({"y": {"type": "integer"}} if case.classes else {}),
        "clean": [],
        "features": {
            "full": [
                {"step": "columns", "columns": ["a", "word"]},
                {"step": "target_encode", "columns": ["word"]},
                {"step": "linear", "columns": ["a"]},
            ]
        },
        "judging": {"slices": [], "coordinates": None},
    }
    Path("datasets/own.yaml").write_text(yaml.safe_dump(facts), encoding="utf-8")
    for old, new in SMALL.items():
        own_table.edit_params(old, new)
    lines = Path("params.yaml").read_text(encoding="utf-8").splitlines()
    for key, value in case.settings.items():
        (place,) = [number for number, line in enumerate(lines) if line.startswith(f"  {key}:")]
        lines[place] = f"  {key}: {value}"
    Path("params.yaml").write_text("\n".join(lines), encoding="utf-8")


def _outputs() -> dict[str, bytes]:
    """All files that the stages from tune on wrote and DVC keeps; times are none of these."""
    files = [file for folder in ("models", "reports", "data/predictions") for file in Path(folder).rglob("*")]
    return {str(file): file.read_bytes() for file in sorted(files) if file.is_file()}


def _again(stages: Sequence[str], settings: Mapping[str, str]) -> dict[str, bytes]:
    """The outputs after a fresh process for which the evaluation log keeps nothing."""
    shutil.rmtree(local_state())
    environment = os.environ | {"LOCKSTEP_WORKERS": "1", "PYTHONPATH": str(ROOT)} | dict(settings)
    command = [sys.executable, "-c", RUN, *stages]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return _outputs()


def _same_doubles_from_every_way_to_predict() -> None:
    expected = pd.read_parquet("data/predictions/test.parquet")
    model, raw = SavedModel.load(Path("models/model")), pd.read_csv("own.csv").loc[expected["row_id"]]
    answers = expected[model.prediction_columns]
    raw.to_csv("new.csv", index=False)
    predict_file("new.csv", "out.parquet", model)
    pd.testing.assert_frame_equal(pd.read_parquet("out.parquet"), answers, check_exact=True)
    served, context = LockstepModel(), PythonModelContext({"model": "models/model"}, None)
    served.load_context(context)
    inputs = [name for name in ("a", "word", "e") if name != "e" or model.target.exposure]
    found = served.predict(context, raw[inputs].reset_index(drop=True))
    found = found if isinstance(found, pd.DataFrame) else pd.DataFrame({"predicted": found})
    pd.testing.assert_frame_equal(found, answers, check_exact=True)
    assert answers.iloc[:, -1].nunique() > 3, "a constant would be the same anywhere"


def _totals_are_those_of_the_targets_out_of_fold(case: Case) -> None:
    model, out = SavedModel.load(Path("models/model")), pd.read_parquet("data/predictions/train_oof.parquet")
    if case.settings.get("objective") not in ("gamma", "tweedie"):
        assert "target_transform" in case.settings or model.mean_correction == 1
        return
    assert model.mean_correction == pytest.approx(out["actual"].sum() / out["predicted"].sum(), rel=1e-5)
    assert model.mean_correction != 1


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name == DAILY else pytest.mark.nightly) for name in CASES]
)
def test_the_bytes_are_the_same_anywhere_and_the_doubles_from_every_way_to_predict(
    name: str, own_table: OwnTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKSTEP_WORKERS", "1")
    _write(own_table, CASES[name])
    own_table.run("fetch", "clean", "split", *STAGES)
    _same_doubles_from_every_way_to_predict()
    _totals_are_those_of_the_targets_out_of_fold(CASES[name])
    first, workers = _outputs(), {"LOCKSTEP_WORKERS": "3"}
    assert {"models/best_params.json", "models/model/model.json", "reports/metrics.json"} < set(first)
    assert {"data/predictions/train_oof.parquet", "data/predictions/test.parquet"} < set(first)
    # daily both at once, and without evaluate, which takes the longest
    stages, machines = (STAGES[:2], [workers | OLDER_CPU]) if name == DAILY else (STAGES, [workers, OLDER_CPU])
    for settings in machines:
        again = _again(stages, settings)
        assert [file for file in {*first, *again} if first.get(file) != again.get(file)] == []
