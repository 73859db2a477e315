"""The settings of a fit: its objective, its metric and whatever else determines a score besides parameters and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from lockstep.metrics.metrics import (
    GREATER_IS_BETTER,
    Vector,
    classification_scores,
    pinball,
    pseudo_huber,
    regression_scores,
)

Memory = Literal["in_core", "external"]
Value = int | float | str | bool

# XGBoost's names.
OBJECTIVES = {
    "squared_error": "reg:squarederror",
    "absolute_error": "reg:absoluteerror",
    "pseudo_huber": "reg:pseudohubererror",
    "quantile": "reg:quantileerror",
}
NUMBER_METRICS = {"rmse": "rmse", "mae": "mae", "pseudo_huber": "mphe", "pinball": "quantile"}
# metric: XGBoost's metric for early stopping, for two classes and for more. Accuracy changes in steps: too coarse.
CLASS_METRICS = {"log_loss": ("logloss", "mlogloss"), "auc": ("auc", "auc"), "accuracy": ("logloss", "mlogloss")}


@dataclass(frozen=True)
class Fitting:
    """The settings of every fit.

    Attributes:
        objective: A name in OBJECTIVES, or `classes`.
        metric: The metric by which folds are scored.
        n_classes: Number of classes of the target; 0 for a number.
        quantile: The quantile of objective `quantile` and metric `pinball`; an interval has two.
        huber_slope: The residual at which pseudo-Huber changes from squared to absolute, in the unit of the target.
        monotone: Features whose effect may only rise (1) or fall (-1).
        device: cpu or cuda.
        memory: Whether rows stay in memory or lie in files.
    """

    objective: str = "squared_error"
    metric: str = "rmse"
    n_classes: int = 0
    quantile: float | tuple[float, ...] = 0.5
    huber_slope: float = 1.0
    monotone: Mapping[str, int] | None = None
    device: str = "cpu"
    memory: Memory = "in_core"

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The settings that `to_json` or model.json describes."""
        return cls(**content)

    @property
    def score_name(self) -> str:
        """The score's name in best_params.json and trials.csv."""
        return "cv_rmse" if self.metric == "rmse" else "cv_score"

    @property
    def fold_metrics(self) -> tuple[str, ...]:
        """The metrics of every fold."""
        if self.n_classes:
            return ("log_loss", "accuracy", "auc")
        return ("rmse", "mse", "mae", "r2", *((self.metric,) if self.metric in ("pinball", "pseudo_huber") else ()))

    def to_json(self) -> dict[str, Any]:
        """The settings that change a result, and no others, as JSON values."""
        content: dict[str, Any] = {
            "objective": self.objective,
            "metric": self.metric,
            "device": self.device,
            "memory": self.memory,
        }
        if self.n_classes:
            content["n_classes"] = self.n_classes
        if self.objective == "quantile" or self.metric == "pinball":
            content["quantile"] = self.quantile
        if "pseudo_huber" in (self.objective, self.metric):
            content["huber_slope"] = self.huber_slope
        if self.monotone:
            content["monotone"] = dict(self.monotone)
        return content

    def booster_params(self, names: Sequence[str]) -> dict[str, Any]:
        """XGBoost's parameters for these settings.

        Args:
            names: Feature names, in matrix order.
        """
        params: dict[str, Any] = {"device": self.device}
        if self.n_classes:
            multiclass = self.n_classes > 2
            params["objective"] = "multi:softprob" if multiclass else "binary:logistic"
            params["eval_metric"] = CLASS_METRICS[self.metric][multiclass]
            if multiclass:
                params["num_class"] = self.n_classes
        else:
            params["objective"] = OBJECTIVES[self.objective]
            params["eval_metric"] = NUMBER_METRICS[self.metric]
        if "pseudo_huber" in (self.objective, self.metric):
            params["huber_slope"] = self.huber_slope
        if self.objective == "quantile" or self.metric == "pinball":
            params["quantile_alpha"] = list(self.quantile) if isinstance(self.quantile, tuple) else self.quantile
        if self.monotone:
            params["monotone_constraints"] = f"({','.join(str(self.monotone.get(name, 0)) for name in names)})"
        return params

    def scores(self, actual: Vector, predicted: Vector, n_features: int = 0) -> dict[str, float | None]:
        """All metrics of predictions: numbers (rows,) or probabilities (rows, classes)."""
        if self.n_classes:
            return classification_scores(actual, predicted)
        scores = regression_scores(actual, predicted, n_features)
        if self.metric == "pinball" and isinstance(self.quantile, float):
            scores["pinball"] = pinball(actual, predicted, self.quantile)
        if self.metric == "pseudo_huber":
            scores["pseudo_huber"] = pseudo_huber(actual, predicted, self.huber_slope)
        return scores

    def loss(self, scores: Mapping[str, float | None]) -> float:
        """The value that the search minimises: the metric, or 1 - metric where greater is better.

        Raises:
            ValueError: if the metric is undefined, such as AUC on rows of a single class.
        """
        value = scores[self.metric]
        if value is None:
            raise ValueError(f"{self.metric} is undefined on these validation rows; use fewer folds or another metric")
        return 1 - value if self.metric in GREATER_IS_BETTER else value

    def as_predictions(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """XGBoost's predictions as numbers (rows,) or probabilities (rows, classes)."""
        return np.column_stack([1 - raw, raw]) if self.n_classes == 2 else raw


def metric_label(metric: str) -> str:
    """A score's name for people; a metric of which greater is better is minimised as 1 - metric."""
    labels = {"rmse": "RMSE", "mae": "MAE", "auc": "1 - AUC", "accuracy": "1 - accuracy", "log_loss": "log loss"}
    return labels.get(metric, metric.replace("_", "-"))
