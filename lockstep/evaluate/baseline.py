"""The base class of every baseline: a simpler or an untuned model, fitted on the training rows, of the same test rows.

Each minimises what the model minimises, as far as it can, with the same weights and exposures, and is not tuned.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from lockstep.evaluate.rows import Rows
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.weighting import Vector, fit_weights
from lockstep.model.saved import SavedModel
from lockstep.model.trained import Predictions
from lockstep.project.kinds import Kind, OneOfKind

# What the gate makes of a baseline: `constant` must be beaten, the model must not be worse than a `simple` one or the
# `same` learner untuned, and `other` ones are there to be looked at.
Role = Literal["constant", "simple", "same", "other"]


@dataclass(frozen=True)
class Problem:
    """What a baseline learns from and predicts.

    Attributes:
        model: The model that is judged; of it baselines use the features, the objective and the metric.
        train: The training rows.
        test: The test rows, whose targets no baseline reads.
        seed: Seed of the baselines.
        coordinates: Two columns of a position, or None.
        time: The column that orders the rows; None unless the split goes forward in time.
    """

    model: SavedModel
    train: Rows
    test: Rows
    seed: int
    coordinates: tuple[str, str] | None = None
    time: str | None = None

    @property
    def fitting(self) -> Fitting:
        """The model's objective and metric."""
        return self.model.fitting

    @property
    def types(self) -> list[str]:
        """XGBoost's feature types."""
        return self.model.features.types

    @property
    def fit_weight(self) -> Vector | None:
        """The weights of the training rows in fits, those of classes included, shape (rows,); None: all the same."""
        everything = np.ones(len(self.train), dtype=np.bool_)
        return fit_weights(self.train.y, everything, self.train.weight, self.fitting.class_weight)


class Baseline(OneOfKind, ABC):
    """A model to compare with; its name is that of its file unless `name` says otherwise.

    Attributes:
        role: What the gate `beat_baselines` makes of it.
        steady: Whether its predictions are the same on every CPU; if not, six digits of its metrics are kept.
        uses_features: Whether it predicts from the model's features.
    """

    STATED = ("role",)

    role: ClassVar[Role]
    steady: ClassVar[bool] = False
    uses_features: ClassVar[bool] = True

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    @classmethod
    @abstractmethod
    def suits(cls, problem: Problem) -> bool:
        """Whether it is of the same kind as the model and the table."""

    @abstractmethod
    def predict(self) -> Predictions | None:
        """Predictions of the test rows: numbers (rows,) or probabilities (rows, classes); None: it cannot be fitted."""

    def name(self) -> str:
        """Its name in baselines.csv."""
        return self.kind_name()

    @abstractmethod
    def about(self) -> str:
        """What it is, as the end of a sentence after its name and a colon; called after `predict`."""


@dataclass(frozen=True)
class BaselineResult:
    """A fitted baseline.

    Attributes:
        predictions: Its predictions of the test rows.
        role: What the gate makes of it.
        about: What it is.
        steady: Whether its predictions are the same on every CPU.
        uses_features: Whether it predicts from the model's features.
    """

    predictions: Predictions
    role: Role
    about: str = ""
    steady: bool = False
    uses_features: bool = True


def fit_baselines(problem: Problem) -> dict[str, BaselineResult]:
    """Every baseline that suits the problem, by its name."""
    results = dict[str, BaselineResult]()
    for kind in BASELINES.classes().values():
        if not kind.suits(problem):
            continue
        baseline = kind(problem)
        predictions = baseline.predict()
        if predictions is not None:
            results[baseline.name()] = BaselineResult(
                predictions, kind.role, baseline.about(), kind.steady, kind.uses_features
            )
    return results


BASELINES: Kind[Baseline] = Kind(name="baseline", base=Baseline, package="lockstep.evaluate.baselines", key="baseline")
