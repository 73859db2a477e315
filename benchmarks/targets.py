"""Real tables with counts, costs, weights, rare classes and time, beside generalised linear models of scikit-learn.

`python -m benchmarks.targets FOLDER` reads FOLDER/NAME.csv, makes a dataset file with `lockstep new-dataset`, runs one
experiment of 12 trials for each and writes benchmarks/targets.json and docs/studies/targets.md. Predictions of both
sides are of the same test rows. `--page` only writes the page again.
"""

import argparse
import json
import re
import shutil
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV, TweedieRegressor
from sklearn.metrics import log_loss, mean_tweedie_deviance
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.measure import measure
from benchmarks.study_run import start_project
from benchmarks.tables import ROOT, copy_repository, run
from benchmarks.target_page import page
from benchmarks.target_tables import BUDGET, TABLES, TargetTable
from lockstep.check.config import Config, load_config
from lockstep.evaluate.paired import as_scored, paired_difference
from lockstep.evaluate.rows import new_rows, training_rows, weights_in
from lockstep.features.features_block import start_of
from lockstep.features.recipe import Features
from lockstep.fitting.folds import Matrix, Vector
from lockstep.model.saved import SavedModel
from lockstep.project import paths
from lockstep.storage.tables import read_json, read_table
from lockstep.table.row_weights import mean

FOUND = Path(__file__).with_name("targets.json")
CONFIDENCE, SEED = 0.95, 1
ALPHAS = tuple(10.0**exponent for exponent in range(-3, 6))
# Of the mean loss (log link), and of the sum of losses (logistic regression).
PENALTIES = (1e-4, 1e-3, 1e-2, 0.1, 1.0), (0.1, 1.0, 10.0, 100.0, 1000.0)
Numbers = npt.NDArray[np.float64]


def main() -> None:
    """Run the tables asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.targets", description=__doc__)
    parser.add_argument("folder", type=Path, help="where NAME.csv of every table lies")
    parser.add_argument("table", nargs="*", help=f"of {', '.join(TABLES)}; all if none is named")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    told = parser.parse_args()
    found = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    for name in [] if told.page else told.table or list(TABLES):
        folder = Path(tempfile.mkdtemp(prefix="lockstep-target-"))
        try:
            found[name] = _from_file_to_page(name, TABLES[name], told.folder, folder / "project")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        FOUND.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(name, json.dumps(found[name]), flush=True)
    (ROOT / "docs/studies/targets.md").write_text(page(found), encoding="utf-8")


def _from_file_to_page(name: str, table: TargetTable, folder: Path, project: Path) -> dict[str, Any]:
    copy_repository(project)
    start_project(project)
    (project / "tables").mkdir()
    shutil.copyfile(folder / f"{table.file}.csv", project / f"tables/{table.file}.csv")
    run(project, *table.describe(name).split())
    file = project / f"datasets/{name}.yaml"
    text = file.read_text(encoding="utf-8")
    for pattern, new in table.edits.items():
        text, times = re.subn(pattern, new, text)
        if not times:
            raise SystemExit(f"targets: {name}: nothing in datasets/{name}.yaml matches {pattern}")
    file.write_text(text, encoding="utf-8")
    cost = measure(*table.command(name), *BUDGET, cwd=project)
    return {**_compared(project, table), "wall": cost.wall}


def _compared(project: Path, table: TargetTable) -> dict[str, Any]:
    """The model's scores beside those of linear models on the table's columns and on the model's features."""
    config, model = load_config(project), SavedModel.load(project / paths.MODEL)
    ours = read_table(project / paths.PREDICTIONS)
    fitting, weight = replace(model.fitting, metric=table.metric), weights_in(ours)
    actual, predicted = as_scored(model.target, ours)
    scored: dict[str, dict[str, Any]] = {}
    for columns, other in _linear(project, config, model, ours).items():
        difference = paired_difference(fitting, model.target, ours, other, confidence=CONFIDENCE)
        value = fitting.value(actual, as_scored(model.target, other)[1], weight)
        scored[columns] = {"value": value, "gain": difference.gain, "low": difference.low, "high": difference.high}
        if table.costs is not None:
            scored[columns]["cost"] = _cost(table.costs, other, model, sum(table.costs))
    gates = read_json(project / paths.GATES)
    return {
        "metric": table.metric,
        "ours": fitting.value(actual, predicted, weight),
        "mean_predicted": float(np.mean(predicted if predicted.ndim == 1 else predicted[:, 1])),
        "spread_predicted": float(np.std(predicted if predicted.ndim == 1 else predicted[:, 1])),
        "mean_actual": float(np.mean(actual)),
        "cost": None if table.costs is None else _cost(table.costs, ours, model, None),
        "found": None if table.costs is None else _found(ours, model),
        "threshold": model.fitting.threshold,
        "linear": scored,
        "best": min(scored, key=lambda columns: scored[columns]["gain"]),
        "rows": [len(read_table(project / paths.TRAIN)), len(ours)],
        "gates": gates,
        "test": read_json(project / paths.METRICS)["test"],
        "baselines": (project / paths.EVALUATE / "baselines.csv").read_text(encoding="utf-8"),
        "rounds": read_json(project / paths.BEST_PARAMS),
    }


def _linear(project: Path, config: Config, model: SavedModel, ours: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables like `ours` with the predictions of linear models, by the columns that they use."""
    train, test = read_table(project / paths.TRAIN), read_table(project / paths.TEST)
    rows, new = training_rows(model, train, config.split.cross_fitting), new_rows(model, test)
    raw = Features(start_of(config.dataset.features["raw"]), n_classes=model.target.n_classes)
    x = raw.fit_transform(train, rows.y)
    inputs = {
        "the table's columns": (x, raw.transform(test), raw.types),
        "Lockstep's features": (rows.x, new.x, _types(model)),
    }
    tables = {}
    for name, (known, unknown, types) in inputs.items():
        encoded, encoded_new = _encoded(known, unknown, types)
        table = ours.copy()
        if model.target.classes:
            weight = np.ones(len(rows)) if rows.weight is None else rows.weight
            logistic = _penalised(_logistic, log_loss, encoded, rows.y, weight)
            shares = logistic.predict_proba(encoded_new)
            table[[f"probability_{label}" for label in model.target.labels]] = shares
        elif rows.exposure is None or new.exposure is None:
            table["predicted"] = RidgeCV(ALPHAS).fit(encoded, rows.y).predict(encoded_new)
        else:
            power = model.fitting.variance_power if model.fitting.objective == "tweedie" else 1.0
            table["predicted"] = new.exposure * _rates(encoded, rows.y, rows.exposure, encoded_new, power)
        tables[name] = table
    return tables


def _types(model: SavedModel) -> list[str]:
    """Types of the model's features, c where a linear model needs one-hot columns: categories, weekdays and months."""
    named = zip(model.features.names, model.features.types, strict=True)
    return ["c" if name.endswith(("_weekday", "_month")) else kind for name, kind in named]


def _rates(x: Numbers, y: Vector, exposure: Vector, new: Numbers, power: float) -> Numbers:
    """Predicted targets per unit; with weights of exposure^(2 - power) the deviance of rates is that of the targets."""
    # The mean rate as unit: the penalty then does not depend on the currency.
    unit = float(y.sum() / exposure.sum())

    def of_penalty(penalty: float) -> TweedieRegressor:
        return TweedieRegressor(power=power, link="log", alpha=penalty, solver="newton-cholesky", max_iter=200)

    def deviance(actual: Vector, predicted: Numbers, sample_weight: Vector) -> float:
        return float(mean_tweedie_deviance(actual, predicted, sample_weight=sample_weight, power=power))

    model = _penalised(of_penalty, deviance, x, y / exposure / unit, exposure ** (2 - power))
    return np.asarray(model.predict(new) * unit, dtype=np.float64)


def _logistic(penalty: float) -> LogisticRegression:
    return LogisticRegression(C=1 / penalty, solver="newton-cholesky", max_iter=200)


def _penalised(make: Callable[[float], Any], loss: Callable[..., float], x: Numbers, y: Vector, weight: Vector) -> Any:
    """A linear model of all rows, whose penalty is the best of PENALTIES in five random folds of them."""

    def out_of_fold(penalty: float) -> float:
        predicted = np.zeros(len(y))
        for known, held_out in KFold(5, shuffle=True, random_state=SEED).split(x):
            model = make(penalty).fit(x[known], y[known], sample_weight=weight[known])
            of_class = hasattr(model, "predict_proba")
            predicted[held_out] = model.predict_proba(x[held_out])[:, 1] if of_class else model.predict(x[held_out])
        return loss(y, predicted, sample_weight=weight)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return make(min(PENALTIES[make is _logistic], key=out_of_fold)).fit(x, y, sample_weight=weight)


def _encoded(known: Matrix, new: Matrix, types: list[str]) -> tuple[Numbers, Numbers]:
    """Numbers with medians for gaps and standardised, categories as one-hot columns of at most 50 values."""
    categories = np.array([kind == "c" for kind in types])
    numbers = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    one_hot = OneHotEncoder(handle_unknown="ignore", max_categories=50)
    columns = ColumnTransformer([("n", numbers, ~categories), ("c", one_hot, categories)], sparse_threshold=0)
    return columns.fit_transform(known.astype(np.float64)), columns.transform(new.astype(np.float64))


def _cost(costs: tuple[float, float], table: pd.DataFrame, model: SavedModel, total: float | None) -> float:
    """Mean cost of the mistakes on the test rows; by the labels, or with `total` by the threshold of true shares."""
    positive = model.target.labels[1]
    truth = table["actual"].astype(str).to_numpy() == positive
    is_predicted = (
        table["predicted"].astype(str).to_numpy() == positive
        if total is None
        else table[f"probability_{positive}"].to_numpy() > costs[0] / total
    )
    per_row = np.where(truth & ~is_predicted, costs[1], np.where(~truth & is_predicted, costs[0], 0.0))
    return mean(per_row, weights_in(table))


def _found(table: pd.DataFrame, model: SavedModel) -> dict[str, int]:
    """Positives, rows predicted as such, and both."""
    positive = model.target.labels[1]
    truth = table["actual"].astype(str).to_numpy() == positive
    is_predicted = table["predicted"].astype(str).to_numpy() == positive
    return {
        "positives": int(truth.sum()),
        "predicted": int(is_predicted.sum()),
        "both": int((truth & is_predicted).sum()),
    }


if __name__ == "__main__":
    main()
