"""What the page is about: a model, how it came about, and the rows it was judged on."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from lockstep.evaluate.ceiling import Ceiling, ceiling
from lockstep.evaluate.evaluate_blocks import Evaluate, Judging
from lockstep.fitting.fitting import metric_label
from lockstep.model.saved import SavedModel
from lockstep.report.search_parameters import parameter_importance
from lockstep.report.search_progress import optimisation_history
from lockstep.report.sections.bounds_section import Bound, bounds_hit
from lockstep.split.split_block import Split


@dataclass(frozen=True)
class Story:
    """How the model came about, as far as it is shown.

    Attributes:
        trials: The content of trials.csv.
        search: The content of search.json.
        learning_curve: The content of learning_curve.csv.
    """

    trials: pd.DataFrame
    search: dict[str, Any]
    learning_curve: pd.DataFrame

    @property
    def score(self) -> str:
        """The column of the score."""
        return str(self.search["score"])

    def history(self) -> pd.DataFrame:
        """Complete trials and the best score so far."""
        return optimisation_history(self.trials, self.score)

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """Importance of the parameters; of thousands of trials it takes seconds."""
        return parameter_importance(self.trials, self.search["settings"]["space"], self.score)


@dataclass(frozen=True)
class Run:
    """One evaluated run of the pipeline.

    Attributes:
        model: The final model.
        train: The training table.
        test: The test table.
        story: Trials, search and learning curve.
        best: The content of best_params.json.
        quality: The content of data_quality.json.
        repeated: The content of repeated.json.
        judging: What the dataset file wants looked at.
        split: The block `split` of params.yaml.
        settings: The block `evaluate` of params.yaml.
        seed: The seed.
        files: Tables and files of the model, whose sizes and hashes the page states.
    """

    model: SavedModel
    train: pd.DataFrame
    test: pd.DataFrame
    story: Story
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
        return ceiling(self.story.trials, self.story.score, self.metric)

    @cached_property
    def bounds(self) -> list[Bound]:
        """Parameters whose best value lies at an end of their range."""
        return bounds_hit(self.best, self.space, self.story.search["space_name"])

    @property
    def dataset(self) -> str | None:
        """Its name; None where search.json does not give it."""
        name: str | None = self.story.search.get("dataset")
        return name

    @property
    def metric(self) -> str:
        """What the folds are judged by."""
        return self.model.fitting.metric

    @property
    def score(self) -> str:
        """What people call the score, of which less is better."""
        return metric_label(self.metric)

    @property
    def target(self) -> str:
        """The column that is predicted."""
        return self.model.target.column

    @property
    def classes(self) -> int:
        """How many classes the target has; 0 for a number."""
        return self.model.target.n_classes

    @property
    def group(self) -> str | None:
        """The column whose rows stay together and were resampled together."""
        return self.split.grouped_by

    @property
    def complete(self) -> pd.DataFrame:
        """The complete trials."""
        return self.story.trials[self.story.trials["state"] == "COMPLETE"]

    @property
    def space(self) -> Mapping[str, Any]:
        """The searched space, as models/search.json holds it."""
        space: Mapping[str, Any] = self.story.search["settings"]["space"]
        return space
