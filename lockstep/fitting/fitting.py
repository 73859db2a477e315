"""The settings of a fit: its objective, its metric and whatever else determines a score besides parameters and rows."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from lockstep.errors import ConfigError
from lockstep.fitting.objective import OBJECTIVES, Objective
from lockstep.fitting.transform import TRANSFORMS, Transform
from lockstep.fitting.weighting import ClassWeight
from lockstep.metrics.measure import built_in_metrics, custom_metric, measured
from lockstep.metrics.metric import METRICS, THRESHOLD, Metric, MetricSettings, Scores, TargetKind, Vector
from lockstep.metrics.names import find_metric
from lockstep.project.custom import code_digest

Memory = Literal["in_core", "external"]
Value = int | float | str | bool

# XGBoost's names of the settings that objectives and metrics use.
XGBOOST_SETTINGS = {
    "huber_slope": "huber_slope",
    "quantile": "quantile_alpha",
    "variance_power": "tweedie_variance_power",
}


@dataclass(frozen=True)
class Fitting:
    """The settings of every fit.

    Attributes:
        objective: Name of the objective.
        metric: Name of the metric by which folds are scored.
        n_classes: Number of classes of the target; 0 for a number.
        quantile: The quantile of objective `quantile` and metric `pinball`; an interval has two.
        huber_slope: The residual at which pseudo-Huber changes from squared to absolute, in the unit of the target.
        monotone: Features whose effect may only rise (1) or fall (-1).
        device: cpu or cuda.
        memory: Whether rows stay in memory or lie in files.
        variance_power: Power of the mean in the variance, for objective and deviance `tweedie`.
        target_transform: What the boosters see of the target, as a name in TRANSFORMS; None: the target itself.
        custom_metrics: sha256 of the code of each of the project's own metrics that measure this target, by its name.
        class_weight: Weights of the classes in fits, by the number of the class, or balanced; None: all the same.
        threshold: Above this probability the model predicts the second of two classes; fold scores have the default.
    """

    objective: str = "squared_error"
    metric: str = "rmse"
    n_classes: int = 0
    quantile: float | tuple[float, ...] = 0.5
    huber_slope: float = 1.0
    monotone: Mapping[str, int] | None = None
    device: str = "cpu"
    memory: Memory = "in_core"
    variance_power: float = 1.5
    target_transform: str | None = None
    custom_metrics: Mapping[str, str] = field(default_factory=dict, hash=False)
    class_weight: ClassWeight | None = None
    threshold: float = THRESHOLD

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The settings that `to_json` or model.json describes."""
        class_weight = content.get("class_weight")
        if isinstance(class_weight, list):
            content = {**content, "class_weight": tuple(class_weight)}
        return cls(**content)

    @property
    def score_name(self) -> str:
        """The score's name in best_params.json and trials.csv."""
        return "cv_rmse" if self.metric == "rmse" else "cv_score"

    @property
    def target(self) -> TargetKind:
        """Whether numbers or classes are predicted."""
        return "classes" if self.n_classes else "number"

    @property
    def objective_class(self) -> type[Objective]:
        """The objective."""
        return OBJECTIVES[self.objective]

    @property
    def metric_class(self) -> type[Metric]:
        """The metric by which folds are scored.

        Raises:
            ConfigError: if it is one of the project's own, and the project does not have it.
        """
        return custom_metric(self.metric) if self.metric in self.custom_metrics else METRICS[self.metric]

    def metrics(self, n_features: int = 0) -> list[Metric]:
        """The metrics of a result, in the order of its tables.

        Raises:
            ConfigError: if the project does not have one of its own metrics any more.
        """
        return [metric for metric in self._measures(n_features) if metric.in_results]

    def all_metrics(self, n_features: int = 0) -> list[Metric]:
        """Every metric of this target whose settings this fitting has, those of a result among them.

        Raises:
            ConfigError: if the project does not have one of its own metrics any more.
        """
        known = {*self._used, "n_classes", "n_features"}
        return [
            metric
            for metric in self._every_metric(n_features)
            if metric.in_results and (not metric.only_if_chosen or known.issuperset(metric.uses))
        ]

    def fold_metrics(self) -> list[Metric]:
        """The metrics of every fold, in the order of trials.csv.

        Raises:
            ConfigError: if the project does not have one of its own metrics any more.
        """
        in_folds = [metric for metric in self._measures() if metric.in_folds]
        return sorted(in_folds, key=lambda metric: metric.place_in_fold())

    def used_settings(self) -> set[str]:
        """Names of the settings of the block `booster` that the objective or a metric of a result uses."""
        metrics = [*self.metrics(), *self.fold_metrics()]
        return {*self.objective_class.uses, *(name for metric in metrics for name in metric.uses)}

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
        content |= {name: getattr(self, name) for name in XGBOOST_SETTINGS if name in self._used}
        if self.monotone:
            content["monotone"] = dict(self.monotone)
        if self.target_transform:
            content["target_transform"] = self.target_transform
        if self.custom_metrics:
            content["custom_metrics"] = dict(self.custom_metrics)
        if self.class_weight is not None:
            content["class_weight"] = self.class_weight
        if self.threshold != THRESHOLD:
            content["threshold"] = self.threshold
        return content

    def as_dict(self) -> dict[str, Any]:
        """All settings as model.json has them; the rarer ones only where the model uses them."""
        content = asdict(self)
        rare = {
            "custom_metrics": bool(self.custom_metrics),
            "variance_power": "variance_power" in self._used,
            "target_transform": self.target_transform is not None,
            "class_weight": self.class_weight is not None,
            "threshold": self.threshold != THRESHOLD,
        }
        for name in (name for name, used in rare.items() if not used):
            del content[name]
        return content

    def booster_params(self, names: Sequence[str]) -> dict[str, Any]:
        """XGBoost's parameters for these settings.

        Args:
            names: Feature names, in matrix order.
        """
        params: dict[str, Any] = {
            "device": self.device,
            "objective": self.objective_class.xgboost_name(self.n_classes),
            "eval_metric": self.eval_metric,
            **self.objective_class.more_params(self.n_classes),
        }
        for name, xgboost_name in XGBOOST_SETTINGS.items():
            if name in self._used:
                value = getattr(self, name)
                params[xgboost_name] = list(value) if isinstance(value, tuple) else value
        if self.monotone:
            params["monotone_constraints"] = f"({','.join(str(self.monotone.get(name, 0)) for name in names)})"
        return params

    @property
    def eval_metric(self) -> str:
        """XGBoost's metric for early stopping: the metric's, or that of the objective's own metric.

        With a transformed target it is always the latter, and measures the transformed target.
        """
        own = None if self.target_transform else self.metric_class.xgboost_metric(self.n_classes)
        name = own or str(METRICS[self.objective_class.metric].xgboost_metric(self.n_classes))
        return name.format(variance_power=self.variance_power)

    def scores(
        self, actual: Vector, predicted: Vector, n_features: int = 0, weight: Vector | None = None
    ) -> dict[str, float | None]:
        """All metrics of a result for predictions: numbers (rows,) or probabilities (rows, classes).

        Args:
            actual: Targets, shape (rows,).
            predicted: Predictions.
            n_features: Features of the model.
            weight: How much each row counts, shape (rows,); None: all the same.

        Raises:
            ConfigError: if one of the project's own metrics has a mistake.
        """
        return measured(self.metrics(n_features), actual, predicted, weight)

    def all_scores(
        self, actual: Vector, predicted: Vector, n_features: int = 0, weight: Vector | None = None
    ) -> dict[str, float | None]:
        """Every metric of `all_metrics`, as `scores`."""
        return measured(self.all_metrics(n_features), actual, predicted, weight)

    def fold_scores(self, actual: Vector, predicted: Vector, weight: Vector | None = None) -> dict[str, float | None]:
        """All metrics of a fold, as `scores`."""
        return measured(self.fold_metrics(), actual, predicted, weight)

    def value(self, actual: Vector, predicted: Vector, weight: Vector | None = None) -> float | None:
        """The metric that scores the folds, as `scores`, alone."""
        return measured([self.scoring_metric()], actual, predicted, weight)[self.metric]

    def scoring_metric(self) -> Metric:
        """The metric by which folds are scored, with its settings."""
        return self.metric_class(self._metric_settings())

    def has_metric(self) -> bool:
        """Whether this project has the metric that scores the folds, with the code of these settings."""
        digest = self.custom_metrics.get(self.metric)
        if digest is None:
            return self.metric in METRICS.built_in()
        return self.metric in METRICS.custom() and code_digest("metrics", self.metric) == digest

    def check_metric_code(self) -> None:
        """Check that the project's own metrics have the code of these settings.

        Raises:
            ConfigError: naming the file of one that has other code.
        """
        for name, digest in self.custom_metrics.items():
            if name not in METRICS.custom() or code_digest("metrics", name) != digest:
                raise ConfigError(
                    f"custom/metrics/{name}.py: was changed, with the files that it imports, while folds were scored by"
                    " it; run `dvc repro` again"
                )

    def loss(self, scores: Scores) -> float:
        """The value that the search minimises: the metric, or its distance from the best where greater is better.

        Raises:
            ValueError: if the metric is undefined, such as AUC on rows of a single class.
        """
        value = scores[self.metric]
        if value is None:
            raise ValueError(f"{self.metric} is undefined on these validation rows{self._why_undefined()}")
        return self.metric_class.loss(value)

    def as_predictions(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """XGBoost's predictions as numbers (rows,) or probabilities (rows, classes), in the unit of the target."""
        predictions = self.objective_class.as_predictions(raw)
        return predictions if self.transform is None else self.transform.inverse(predictions).astype(np.float32)

    def labels(self, targets: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """What boosters see of the targets."""
        return targets if self.transform is None else self.transform.apply(targets)

    @property
    def transform(self) -> Transform | None:
        """The transformation of the target."""
        return None if self.target_transform is None else TRANSFORMS[self.target_transform]

    @property
    def corrects_mean(self) -> bool:
        """Whether the final model's predictions are corrected by a factor: the mean is predicted, and a transformation
        or the loss itself moves it."""
        transformed = self.target_transform is not None and self.objective_class.predicts_mean
        return transformed or self.objective_class.moves_mean

    def _why_undefined(self) -> str:
        where = self.metric_class.undefined_where
        remedy = " choose another metric or objective" if where else "; use fewer folds or another metric"
        return f": {where};{remedy}" if where else remedy

    @property
    def power(self) -> float:
        """Power of the mean in the variance, of an objective with a logarithmic link."""
        own = self.objective_class.variance_power
        return self.variance_power if own is None else own

    @property
    def _used(self) -> set[str]:
        """Names of the settings that the objective or the metric uses, as far as this project has the metric."""
        metric = find_metric(self.metric)
        return {*self.objective_class.uses, *(metric.uses if metric else ())}

    def _measures(self, n_features: int = 0) -> list[Metric]:
        """The metrics of this target without those that only a choice adds, in the order of `_every_metric`."""
        every, chosen = self._every_metric(n_features), {self.metric, *self.objective_class.always_measured}
        return [metric for metric in every if not metric.only_if_chosen or metric.kind_name() in chosen]

    def _every_metric(self, n_features: int = 0) -> list[Metric]:
        """All metrics of this target, the built-in ones in their order, then the project's own by name."""
        built_in = sorted(built_in_metrics(self.target), key=lambda metric: metric.order)
        classes = [*built_in, *(custom_metric(name) for name in sorted(self.custom_metrics))]
        settings = self._metric_settings(n_features)
        return [metric(settings) for metric in classes if metric.measures(self.n_classes)]

    def _metric_settings(self, n_features: int = 0) -> MetricSettings:
        return MetricSettings(
            quantile=self.quantile if isinstance(self.quantile, float) else self.quantile[0],
            huber_slope=self.huber_slope,
            variance_power=self.variance_power,
            n_features=n_features,
            n_classes=self.n_classes,
            threshold=self.threshold,
        )
