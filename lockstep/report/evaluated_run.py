"""The subject of the page: a model, its training history, and the rows it was evaluated on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.evaluate.ceiling import Ceiling, ceiling
from lockstep.evaluate.evaluate_blocks import Evaluate, Judging
from lockstep.fitting.booster import EARLY_STOPPING, ROUNDS
from lockstep.metrics.names import greater_is_better, metric_label, shown_score
from lockstep.model.saved import SavedModel
from lockstep.report.cross_validation import CvOptimism
from lockstep.report.parameter_importance import parameter_importance
from lockstep.report.search_progress import optimisation_history
from lockstep.report.sections.bounds_section import Bound, bounds_hit
from lockstep.search.stopping import ending_reason
from lockstep.split.split_block import Split


@dataclass(frozen=True)
class TrainingHistory:
    """The search and training of the model, as far as the page shows them.

    Attributes:
        trials: The content of trials.csv.
        search: The content of search.json.
        learning_curve: The content of learning_curve.csv.
        features: The content of features.csv; empty where the recipe is no automatic one.
    """

    trials: pd.DataFrame
    search: dict[str, Any]
    learning_curve: pd.DataFrame
    features: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def score(self) -> str:
        """The column of the score."""
        return str(self.search["score"])

    def progress(self) -> pd.DataFrame:
        """Complete trials and the best score so far."""
        return optimisation_history(self.trials, self.score)


@dataclass(frozen=True)
class Run:
    """One evaluated run of the pipeline.

    Attributes:
        model: The final model.
        train: The training table.
        test: The test table.
        history: Trials, search and learning curve.
        best: The content of best_params.json.
        quality: The content of data_quality.json.
        repeated: The content of repeated.json.
        judging: The block `judging` of the dataset file.
        split: The block `split` of params.yaml.
        settings: The block `evaluate` of params.yaml.
        seed: The seed.
        files: Tables and files of the model, listed with size and hash.
    """

    model: SavedModel
    train: pd.DataFrame
    test: pd.DataFrame
    history: TrainingHistory
    best: Mapping[str, Any]
    quality: Mapping[str, Any]
    repeated: Mapping[str, Any]
    judging: Judging
    split: Split
    settings: Evaluate
    seed: int
    files: tuple[Path, ...] = ()

    @cached_property
    def ceiling(self) -> Ceiling:
        """Whether more tuning pays."""
        return ceiling(self.history.trials, self.history.score, self.metric)

    @property
    def search_ending(self) -> str:
        """Why the search ended before its last trial; empty where it asked all."""
        search = self.history.search
        return ending_reason(search["ended"], search["patience"], search["budget"])

    @property
    def stops_early(self) -> bool:
        """Whether each fold's validation rows decide the number of its rounds."""
        return ROUNDS not in self.best["params"] or bool(self.best.get(EARLY_STOPPING))

    @cached_property
    def capped_folds(self) -> tuple[int, int]:
        """Of the best trial: folds in which max_rounds ended the boosting, not early stopping; and all its folds."""
        settings = self.history.search["settings"]
        trial = self.history.trials.set_index("number").loc[self.best["trial"]]
        rounds = [int(trial[name]) for name in trial.index if re.fullmatch(r"fold_\d+_rounds", str(name))]
        if ROUNDS in self.best["params"]:
            return 0, len(rounds)
        last = settings["max_rounds"] - settings["early_stopping_rounds"]
        return sum(best_round > last for best_round in rounds), len(rounds)

    def cv_optimism(self, cv: float | None, r2: float | None = None) -> CvOptimism | None:
        """How optimistic the cross-validated score, and R², are; None where it is not known, or an ensemble's.

        Boosters that the other folds chose score each fold of an ensemble already.
        """
        if self.model.training.final == "ensemble":
            return None
        return CvOptimism.of(self.history.search, self.best, cv, r2)

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """Importance of the parameters, and the limit that one without effect stays below."""
        return parameter_importance(self.history.trials, self.space, self.metric)

    @cached_property
    def bounds(self) -> list[Bound]:
        """Parameters whose best value lies at an end of their range."""
        return bounds_hit(self.best, self.space, self.history.search["space_name"])

    @property
    def dataset(self) -> str | None:
        """Its name; None if search.json lacks it."""
        name: str | None = self.history.search.get("dataset")
        return name

    @property
    def metric(self) -> str:
        """The metric that scores the folds."""
        return self.model.fitting.metric

    @property
    def score(self) -> str:
        """Display name of the metric that scores the folds."""
        return metric_label(self.metric)

    @property
    def greater_is_better(self) -> bool:
        """Whether more of it is better; tables of scores have its distance from the best."""
        return greater_is_better(self.metric)

    def shown(self, score: float | None) -> float | None:
        """The metric's value of a score, as people read it."""
        return shown_score(self.metric, score)

    @property
    def target(self) -> str:
        """The predicted column."""
        return self.model.target.column

    @property
    def classes(self) -> int:
        """Number of classes of the target; 0 for a number."""
        return self.model.target.n_classes

    @property
    def group(self) -> str | None:
        """The column whose rows stay together and were resampled together."""
        return self.split.grouped_by

    @property
    def complete(self) -> pd.DataFrame:
        """The complete trials."""
        return self.history.trials[self.history.trials["state"] == "COMPLETE"]

    @property
    def space(self) -> Mapping[str, Any]:
        """The searched space, as in models/search.json."""
        space: Mapping[str, Any] = self.history.search["settings"]["space"]
        return space
