"""What the other methods get: Lockstep's training and test rows, as plain tables that need no Lockstep to read."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockstep.check.config import Config, load_config
from lockstep.features.features_block import start_of
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import final_rows, training_masks
from lockstep.model.trained import Predictions
from lockstep.project import paths
from lockstep.storage.tables import read_table
from lockstep.table.target import Target

# Steps that take a text apart. Columns that no other step reads are left out: not every method reads texts.
TEXT_STEPS = ("text", "words", "missing_indicator", "multi_value")
TARGET, WEIGHT, EXPOSURE, FOLD = "__target", "__weight", "__exposure", "__fold"


def write_rows(project: Path, folder: Path) -> None:
    """Write x_train.parquet, x_test.parquet, folds.parquet and facts.json from the split of a project.

    Numbers, whole numbers and truth values become doubles, missing ones NaN; dates stay moments; everything else stays
    text. The columns are those that the recipes `raw` and `full` read, without those that only text steps read.
    """
    config, target = load_config(project), Target.of(load_config(project).dataset)
    train, test = read_table(project / paths.TRAIN), read_table(project / paths.TEST)
    masks = training_masks(train, config.split.cross_fitting.forward)
    final = np.zeros(len(train), dtype=np.bool_)
    final[np.asarray(train.index.get_indexer(final_rows(train).index))] = True
    columns = columns_for_others(config)
    fitting = config.booster.fitting_of(train, target, config.dataset.metric, paths.DATASETS)
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"x_train": train, "x_test": test}
    for name, frame in tables.items():
        plain = pd.DataFrame({column: _plain(frame[column]) for column in columns})
        plain[TARGET] = target.values(frame)
        for key, values in ((WEIGHT, target.weights(frame)), (EXPOSURE, target.exposures(frame))):
            if values is not None:
                plain[key] = values
        plain.to_parquet(folder / f"{name}.parquet")
    folds = pd.DataFrame({f"trains_{number}": mask for number, mask in enumerate(masks)})
    folds.assign(fold=train["fold"].to_numpy(), final=final).to_parquet(folder / "folds.parquet")
    facts = {
        "classes": target.labels,
        "fitting": fitting.to_json(),
        "objective": fitting.objective,
        "variance_power": 1.0 if fitting.objective == "poisson" else fitting.variance_power,
        "columns": columns,
        "rows": [len(train), len(test)],
        "digest": _digest(project),
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def columns_for_others(config: Config) -> list[str]:
    """The columns that the other methods get, in the order in which the recipes name them."""
    recipes = config.dataset.features
    steps = [step for name in ("raw", "full") if name in recipes for step in start_of(recipes[name])]
    read = [column for step in steps if step.kind_name() not in TEXT_STEPS for column in step.reads()]
    return list(dict.fromkeys(read))


def score(facts: dict[str, Any], actual: pd.DataFrame, predicted: Predictions) -> float:
    """A method's score on rows, by the metric that scores Lockstep's folds.

    Args:
        facts: Content of facts.json.
        actual: The rows, of x_train.parquet or x_test.parquet.
        predicted: Predictions of shape (rows,), or probabilities (rows, classes).
    """
    weight = actual[WEIGHT].to_numpy() if WEIGHT in actual else None
    value = Fitting.from_json(facts["fitting"]).value(actual[TARGET].to_numpy(), predicted, weight)
    return float("nan") if value is None else value


def error_of(metric_is_greater_better: bool, value: float) -> float:
    """A score as an error: what is missing to 1 where a greater score is better."""
    return 1 - value if metric_is_greater_better else value


def _plain(values: pd.Series) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(values):
        return values
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan), index=values.index)
    return values.astype(object).where(values.notna(), None).map(lambda value: None if value is None else str(value))


def _digest(project: Path) -> str:
    """A short hash of the rows: cells are compared only where they have the same."""
    digest = hashlib.sha256()
    for path in (paths.TRAIN, paths.TEST):
        digest.update((project / path).read_bytes())
    return digest.hexdigest()[:12]
