"""The base class of every objective: XGBoost's name, and what goes with it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metric import DIGITS, TargetKind
from lockstep.project.kinds import Kind, OneOfKind
from lockstep.storage.tables import significant

# The prediction before the first round where every target is 0, whose logarithm does not exist.
SMALLEST_MEAN = 1e-6


@dataclass(frozen=True)
class Lowest:
    """The least value of a target.

    Attributes:
        value: The value.
        included: Whether a target may have it.
    """

    value: float
    included: bool

    def __str__(self) -> str:
        return f"{'of at least' if self.included else 'above'} {self.value:g}"

    def outside(self, targets: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Positions of the targets that are too low."""
        return np.flatnonzero(targets < self.value if self.included else targets <= self.value)


class Objective(OneOfKind, ABC):
    """What boosters minimise; its name is that of its file.

    Attributes:
        target: Whether it is for numbers or for classes.
        metric: The name of the metric that goes with it.
        link: The link between the sum of the trees and the prediction; with `log` rows may have exposures.
        is_default: Whether `auto` stands for it; true of one for each kind of target.
        uses: The settings of the block `booster` that it needs.
        always_measured: Metrics that results with it have even where they do not score the folds.
        lowest: The least value of a target that it allows; None: any.
        transforms: Whether the target may be transformed; see booster.target_transform.
        predicts_mean: Whether it predicts the mean, which a transformation of the target moves.
        variance_power: Power of the mean in the variance of its distribution; None: it has none, or it is a setting.
        moves_mean: Whether its own predictions miss the mean, which is then corrected by out-of-fold predictions.
    """

    STATED = ("target", "metric")

    target: ClassVar[TargetKind]
    metric: ClassVar[str]
    link: ClassVar[Literal["identity", "log", "logit"]] = "identity"
    is_default: ClassVar[bool] = False
    uses: ClassVar[tuple[str, ...]] = ()
    always_measured: ClassVar[tuple[str, ...]] = ()
    lowest: ClassVar[Lowest | None] = None
    transforms: ClassVar[bool] = False
    predicts_mean: ClassVar[bool] = False
    variance_power: ClassVar[float | None] = None
    moves_mean: ClassVar[bool] = False

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


class LogLinkObjective(Objective, ABC):
    """A loss with a logarithmic link: every prediction is above 0, and rows may have exposures."""

    target = "number"
    link = "log"

    @classmethod
    def keeps_monotone(cls, n_classes: int) -> bool:
        return True

    @classmethod
    def base_score(
        cls, targets: npt.NDArray[np.floating], weight: npt.NDArray[np.floating] | None = None
    ) -> float | None:
        """The weighted mean, the best constant; XGBoost's own estimate is one step towards it."""
        mean = float(np.average(targets.astype(np.float64), weights=weight))
        return max(significant(mean, DIGITS), SMALLEST_MEAN)


OBJECTIVES: Kind[Objective] = Kind(
    name="objective", base=Objective, package="lockstep.fitting.objectives", key="objective"
)
