"""The nested protocol: the search and the final training repeated on the training rows of further random splits.

Nothing about a split's model was learned or chosen on its test rows (Cawley and Talbot 2010, Journal of Machine
Learning Research 11). The hyperparameters of the repeated protocol, in contrast, come from the first split.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import pandas as pd

from lockstep.evaluate.repeated import all_rows, summary_of
from lockstep.features.features_block import AutomaticRecipe, Recipe
from lockstep.features.recipe_file import ChosenRecipe
from lockstep.fitting.booster_block import MetricBlock
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.make_folds import make_folds
from lockstep.metrics.metric import DIGITS, Scores
from lockstep.metrics.names import shown_score
from lockstep.model.saved import SavedModel
from lockstep.model.train import train_model
from lockstep.model.train_block import TrainBest
from lockstep.project.blocks import Blocks
from lockstep.project.paths import EVALUATIONS, local_state
from lockstep.search.engines import open_engine
from lockstep.search.evaluation_log import EvaluationLog, FoldLog
from lockstep.search.ordered import Plan, ending_of, search
from lockstep.search.progress import Progress
from lockstep.search.report import best_params
from lockstep.search.stopping import budget_of, ending_reason
from lockstep.search.trials_file import trials_table
from lockstep.search.tune_blocks import TuneBlocks
from lockstep.selection.chosen_features import choose_features
from lockstep.selection.proposals import FeatureProblem
from lockstep.split.split_block import Split
from lockstep.split.splitting import split_table
from lockstep.storage.tables import significant
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.workers.fold_workers import training_workers
from lockstep.workers.machine import cache_limit


class NestedBlocks(TuneBlocks):
    """The blocks of params.yaml that the stages tune and train_best read."""

    train_best: TrainBest


@dataclass(frozen=True)
class Procedure:
    """How a model is made of a training table: everything that the stages tune and train_best know besides its rows.

    Attributes:
        choices: Their blocks of params.yaml.
        target: What is predicted.
        recipe: Feature steps, or an automatic recipe, which every split completes anew.
        split: How rows are divided.
        metric: The dataset file's metric.
        file: The dataset file, as messages call it.
        types: The type of each column of the cleaned table, for an automatic recipe.
    """

    choices: NestedBlocks
    target: Target
    recipe: Recipe | AutomaticRecipe
    split: Split
    metric: str | None
    file: Path
    types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        blocks: Blocks,
        model: SavedModel,
        split: Split,
        automatic: AutomaticRecipe | None = None,
        types: Mapping[str, str] | None = None,
    ) -> Self:
        """The procedure that made a model, whose features may have been chosen from an automatic recipe.

        Raises:
            ConfigError: with one line, for a mistake in params.yaml or the dataset file.
        """
        metric = blocks.facts(MetricBlock).metric
        recipe = automatic or model.features.recipe
        return cls(blocks.choices(NestedBlocks), model.target, recipe, split, metric, blocks.file, types or {})

    def fitting(self, train: pd.DataFrame) -> Fitting:
        """Objective and metric; a slope `auto` is measured on the training rows."""
        return self.choices.booster.fitting_of(train, self.target, self.metric, self.file)

    def features(self, train: pd.DataFrame, log: FoldLog) -> ChosenRecipe:
        """The steps of every fold and of all rows of a training table."""
        if not isinstance(self.recipe, AutomaticRecipe):
            return ChosenRecipe(self.recipe)
        choosing = (self.types, self.target, self.split.cross_fitting, self.choices.seed, self.fitting(train))
        chosen, _ = choose_features(FeatureProblem(self.recipe, *choosing), train, log)
        return chosen

    def search(
        self, train: pd.DataFrame, chosen: ChosenRecipe, log: FoldLog, label: str
    ) -> tuple[dict[str, Any], pd.DataFrame]:
        """Search the hyperparameters on a training table: the contents of best_params.json and trials.csv.

        Args:
            train: The training table with its `fold` column.
            chosen: Its feature steps.
            log: Stored folds are not fitted again.
            label: What progress lines begin with.

        Raises:
            ConfigError, SearchError: as the stage tune.
        """
        fitting, choices = self.fitting(train), self.choices
        plan = Plan.of(choices, fitting)
        folds_in = partial(make_folds, *self._rows(train, chosen), class_weight=fitting.class_weight)
        with open_engine(folds_in, plan) as engine:
            choices.booster.check_folds(engine.folds)
            folds = engine.folds.summaries()
            with Progress(plan, folds, label) as progress:
                results = search(plan, folds, engine.run, engine.executor, log, (progress,))
                ending, tune = ending_of(plan, results, folds), plan.tune
                progress.ended(ending_reason(ending, tune.patience, budget_of(tune, folds)))
            return best_params(results, plan), trials_table(results, len(engine.folds), fitting)

    def model(
        self, train: pd.DataFrame, chosen: ChosenRecipe, best: Mapping[str, Any], trials: pd.DataFrame
    ) -> SavedModel:
        """Train the final model with the best configuration or configurations.

        Raises:
            ConfigError: if an ensemble, a calibration or a threshold cannot be learned.
        """
        fitting, choices = self.fitting(train), self.choices
        budget = Plan.of(choices, fitting).budget
        with training_workers(*self._rows(train, chosen), fitting) as (final, workers):
            how = (budget, fitting, choices.seed, workers)
            model, _ = train_model(choices.train_best, final, best, trials, *how, on_step=lambda _: None)
        return model

    def _rows(
        self, train: pd.DataFrame, chosen: ChosenRecipe
    ) -> tuple[pd.DataFrame, Target, ChosenRecipe, CrossFitting, int]:
        return train, self.target, chosen, self.split.cross_fitting, self.choices.seed


@dataclass(frozen=True)
class NestedSplit:
    """One split of all rows.

    Attributes:
        scores: Metrics of its model on its test rows.
        best: Its best trial, as in best_params.json.
    """

    scores: Scores
    best: Mapping[str, Any]


def nested(procedure: Procedure, train: pd.DataFrame, test: pd.DataFrame, repeats: int) -> dict[str, Any]:
    """Search, train and test on `repeats` splits of all rows, with the split seeds seed + 1, seed + 2, ...

    The searches use the evaluation log of the stage tune, so an interrupted evaluation continues where it stopped. The
    result depends neither on the log nor on the number of workers.

    Returns:
        The content of repeated.json.
    """
    choices, rows, splits = procedure.choices, all_rows(train, test), list[NestedSplit]()
    fitting = choices.booster.fitting(procedure.target, procedure.metric, procedure.file)
    with EvaluationLog(local_state() / EVALUATIONS, cache_limit(), "evaluate") as log:
        for number in range(repeats):
            label = f"evaluate: split {number + 1}/{repeats}"
            splits.append(nested_split(procedure, rows, choices.seed + 1 + number, log, label))
            print(f"{label}: {_formatted(splits[-1], fitting)}", file=sys.stderr, flush=True)
    return nested_summary(fitting, splits, choices.seed + 1)


def nested_split(procedure: Procedure, rows: pd.DataFrame, split_seed: int, log: FoldLog, label: str) -> NestedSplit:
    """Split all rows, search and train on the training rows alone, and score the test rows.

    Args:
        procedure: How the model is made.
        rows: All rows, in the order of `row_id`.
        split_seed: Seed of the split; those of search and fits are the procedure's.
        log: Stored folds are not fitted again.
        label: What progress lines begin with.
    """
    target = procedure.target
    train, test = split_table(rows, target, procedure.split, split_seed)
    chosen = procedure.features(train, log)
    best, trials = procedure.search(train, chosen, log, label)
    model = procedure.model(train, chosen, best, trials)
    scores = model.fitting.scores(
        target.values(test), model.predict(test), len(model.features.names), target.weights(test)
    )
    return NestedSplit(scores, best)


def nested_summary(fitting: Fitting, splits: list[NestedSplit], first_seed: int) -> dict[str, Any]:
    """The content of repeated.json: that of the repeated protocol, the mean CV score, and every split's best trial."""
    summary = summary_of(fitting, [split.scores for split in splits], first_seed)
    records = [{**record, "best": dict(split.best)} for record, split in zip(summary["splits"], splits, strict=True)]
    cv_score = significant(sum(split.best[fitting.score_name] for split in splits) / len(splits), DIGITS)
    return {**summary, "protocol": "nested", "cv_score_mean": cv_score, "splits": records}


def _formatted(split: NestedSplit, fitting: Fitting) -> str:
    """The split's test score and CV score."""
    score, cv = split.scores[fitting.metric], shown_score(fitting.metric, split.best[fitting.score_name])
    return f"test {fitting.metric} {'undefined' if score is None else f'{score:.6g}'}, CV {cv:.6g}"
