"""The base class of every objective: XGBoost's name, and what goes with it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import TargetKind
from lockstep.project.kinds import Kind, OneOfKind


class Objective(OneOfKind, ABC):
    """What boosters minimise; its name is that of its file.

    Attributes:
        target: Whether it is for numbers or for classes.
        metric: The name of the metric that goes with it.
        link: The link between the sum of the trees and the prediction; with `log` rows may have exposures.
        is_default: Whether `auto` stands for it; true of one for each kind of target.
        uses: The settings of the block `booster` that it needs.
    """

    STATED = ("target", "metric")

    target: ClassVar[TargetKind]
    metric: ClassVar[str]
    link: ClassVar[Literal["identity", "log", "logit"]] = "identity"
    is_default: ClassVar[bool] = False
    uses: ClassVar[tuple[str, ...]] = ()

    @classmethod
    @abstractmethod
    def xgboost_name(cls, n_classes: int) -> str:
        """XGBoost's name of the objective, for a target with that many classes; 0 means a number."""

    @classmethod
    @abstractmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        """Whether XGBoost can keep monotone constraints with it."""

    @classmethod
    def more_params(cls, n_classes: int) -> Mapping[str, Any]:
        """Further parameters of XGBoost."""
        return {}

    @classmethod
    def base_score(
        cls, targets: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None
    ) -> float | None:
        """The prediction before the first round, from targets and weights of training rows; None: XGBoost's own."""
        return None

    @classmethod
    def as_predictions(cls, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """XGBoost's predictions as numbers, shape (rows,), or probabilities, shape (rows, classes)."""
        return raw


OBJECTIVES: Kind[Objective] = Kind(
    name="objective", base=Objective, package="lockstep.fitting.objectives", key="objective"
)
