"""A small table, its folds and models, for the tests of lockstep.model and lockstep.evaluate."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lockstep.features.recipe import Features
from lockstep.features.steps.columns import Columns
from lockstep.fitting.booster import fit_rounds, max_bin_of
from lockstep.fitting.final_rows import AllRowsCall
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.folds import FoldSet
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.matrices import quantise, row_matrix
from lockstep.model.saved import SavedModel
from lockstep.model.training import Training
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target

RECIPE = (Columns(columns=("a", "word")),)
PARAMS: dict[str, Value] = {"max_depth": 3, "subsample": 0.7}
NUMBER = Fitting()
CLASSES = {n: Fitting(objective="classes", metric="log_loss", n_classes=n) for n in (2, 3)}


def table(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    """y depends on a and on word; two and three are y as classes."""
    random = np.random.default_rng(seed)
    a, word = random.random(rows), random.choice(list("xyz"), rows)
    y = 3 * a + (word == "x") + 0.1 * random.normal(size=rows)
    made = pd.DataFrame({"row_id": range(rows), "fold": np.arange(rows) % 3, "a": a, "word": word, "y": y})
    return made.assign(two=np.where(y > 2, "high", "low"), three=np.digitize(y, [1, 2.5]))


def target_of(n_classes: int = 0) -> Target:
    """The target of a fitting with so many classes."""
    return {0: Target("y"), 2: Target("two", ("low", "high")), 3: Target("three", (0, 1, 2))}[n_classes]


def folds_of(rows: pd.DataFrame, folder: Path | None = None) -> FoldSet:
    return make_folds(rows, target_of(), RECIPE, CrossFitting(), 5, folder)


def model(n_models: int = 1, n_classes: int = 0, rows: pd.DataFrame | None = None, rounds: int = 30) -> SavedModel:
    """A model fitted in this process."""
    train, target = table() if rows is None else rows, target_of(n_classes)
    fitting = CLASSES.get(n_classes, NUMBER)
    features, y = Features(RECIPE, 5, n_classes), target.values(train)
    x = features.fit_transform(train, y)
    matrix = row_matrix(x, y, None, tuple(features.names), tuple(features.types), max_bin_of(PARAMS), "in_core")
    boosters = [fit_rounds(matrix, PARAMS, rounds, 5 + number, fitting) for number in range(n_models)]
    return SavedModel(boosters, features, target, fitting, Training(dict(PARAMS), rounds, 0.2))


class HereWorkers:
    """lockstep.model.final.Workers in this process."""

    def __init__(self, rows: pd.DataFrame, n_classes: int = 0) -> None:
        self.target = target_of(n_classes)
        self.folds = make_folds(rows, self.target, RECIPE, CrossFitting(), 5)
        features, self.y = Features(RECIPE, 5, n_classes), self.target.values(rows)
        self.x = features.fit_transform(rows, self.y)
        self.features = features

    def on_folds(self, function: Any, max_bin: int, *args: Any) -> list[Any]:
        (transform,) = [each.transform for each in args if isinstance(each, Fitting)]
        return [function(quantise(fold, max_bin, "in_core", transform), *args) for fold in self.folds]

    def on_all_rows(self, function: Any, calls: Sequence[AllRowsCall]) -> list[Any]:
        names, types = tuple(self.features.names), tuple(self.features.types)
        results = []
        for call in calls:
            rows = None if call.fold is None else self.folds.training[call.fold]
            matrix = row_matrix(self.x, self.y, rows, names, types, call.max_bin, "in_core")
            results.append(function(matrix, *call.args))
        return results


def with_interval(coverage: float, rows: pd.DataFrame) -> SavedModel:
    from lockstep.model.final import fit_interval

    made = model(rows=rows)
    return replace(made, interval=fit_interval(made.training, coverage, NUMBER, 5, HereWorkers(rows)))
