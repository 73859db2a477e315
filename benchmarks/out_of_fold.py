"""Training tables made in this process, and scores of their validation rows: what choices are decided on."""

import contextlib
import io
import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml

import stages.clean
import stages.fetch
import stages.split
from benchmarks.tables import ROOT, configure, copy_repository
from lockstep.check.config import Config, load_config
from lockstep.features.features_block import Recipe
from lockstep.fitting.booster import RoundBudget, fit_with_early_stopping, max_bin_of, validation_predictions
from lockstep.fitting.fitting import Fitting, Value
from lockstep.fitting.make_folds import make_folds
from lockstep.fitting.matrices import FoldMatrices, quantise
from lockstep.guards.text.yaml_file import read_yaml
from lockstep.project import paths
from lockstep.storage.tables import read_table
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target

Numbers = npt.NDArray[np.float64]
# The given configurations of params.yaml, medium, large and small trees; the best of most searches are near one.
_LEAFWISE: Mapping[str, Value] = {"grow_policy": "lossguide", "max_depth": 0, "reg_lambda": 1.0}
MEDIUM: Mapping[str, Value] = {
    **_LEAFWISE,
    **{"max_leaves": 32, "learning_rate": 0.05, "min_child_weight": 5.0, "subsample": 0.8, "colsample_bynode": 0.5},
}
LARGE: Mapping[str, Value] = {
    **_LEAFWISE,
    **{"max_leaves": 96, "learning_rate": 0.03, "min_child_weight": 5.0, "subsample": 0.8, "colsample_bynode": 0.3},
}
SMALL: Mapping[str, Value] = {
    **_LEAFWISE,
    **{"max_leaves": 8, "learning_rate": 0.05, "min_child_weight": 10.0, "subsample": 0.7, "colsample_bynode": 0.5},
}


@dataclass(frozen=True)
class TrainingTable:
    """A table as `split` leaves it, with its settings; the test rows are there for reports, never for a choice."""

    config: Config
    train: pd.DataFrame
    test: pd.DataFrame

    @property
    def target(self) -> Target:
        """The target."""
        return Target.of(self.config.dataset)

    @property
    def fitting(self) -> Fitting:
        """Objective and metric."""
        config = self.config
        return config.booster.fitting_of(self.train, self.target, config.dataset.metric, Path(config.dataset_name))


def training_table(project: Path, settings: Mapping[str, Any], facts: Mapping[str, Any] | None = None) -> TrainingTable:
    """Fetch, clean and split a table in a copy of the repository, by the stages themselves.

    Args:
        project: The copy's folder; it is made if it is not there, and keeps the dataset files that it has.
        settings: What differs from params.yaml, named as in `dvc exp run -S`.
        facts: What differs from the dataset file, by top-level key.
    """
    if not project.exists():
        copy_repository(project)
    (project / paths.PARAMS).write_bytes((ROOT / paths.PARAMS).read_bytes())
    configure(project, settings)
    file = project / f"datasets/{settings['dataset']}.yaml"
    before = file.read_text(encoding="utf-8")
    try:
        file.write_text(yaml.safe_dump({**read_yaml(file), **(facts or {})}, sort_keys=False), encoding="utf-8")
        with _inside(project), contextlib.redirect_stdout(io.StringIO()):
            for stage in (stages.fetch, stages.clean, stages.split):
                stage.main()
        return TrainingTable(load_config(project), read_table(project / paths.TRAIN), read_table(project / paths.TEST))
    finally:
        file.write_text(before, encoding="utf-8")


@dataclass(frozen=True)
class Scores:
    """Scores of the folds' validation rows, and what they rest on.

    Attributes:
        folds: The score of each fold.
        actual: Targets of all validation rows.
        predicted: Their predictions.
        rounds: Rounds of each fold.
    """

    folds: Sequence[float]
    actual: Numbers
    predicted: Numbers
    rounds: Sequence[int]

    @property
    def mean(self) -> float:
        """The cross-validation score."""
        return statistics.fmean(self.folds)

    @property
    def r2(self) -> float:
        """R2 of all validation rows together."""
        return 1 - float(np.mean((self.actual - self.predicted) ** 2) / np.var(self.actual))


def quantised_folds(
    table: TrainingTable, cross_fitting: CrossFitting | None = None, recipe: Recipe | None = None
) -> list[FoldMatrices]:
    """The folds with their features, which each learns from its own training rows."""
    config = table.config
    inner, steps = cross_fitting or config.split.cross_fitting, recipe or config.recipe
    folds = make_folds(table.train, table.target, steps, inner, config.seed)
    return [quantise(fold, max_bin_of({}), "in_core", table.fitting.transform) for fold in folds]


def scores_of(
    folds: Sequence[FoldMatrices], params: Mapping[str, Value], fitting: Fitting, seed: int, n_models: int = 1
) -> Scores:
    """Fit every fold, `n_models` boosters averaged, whose rounds early stopping on the validation rows finds."""
    scores, predicted, rounds = [], [], []
    for fold in folds:
        fitted = [fit_with_early_stopping(fold, params, BUDGET, seed + number, fitting) for number in range(n_models)]
        answers = [validation_predictions(booster, fold, kept, fitting) for booster, kept in fitted]
        predicted.append(np.asarray(np.mean(answers, axis=0), dtype=np.float64))
        scores.append(fitting.loss(fitting.fold_scores(fold.y_valid, predicted[-1], fold.weight_valid)))
        rounds.append(fitted[0][1])
    return Scores(scores, np.concatenate([fold.y_valid for fold in folds]), np.concatenate(predicted), rounds)


BUDGET = RoundBudget(50, 2000)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
