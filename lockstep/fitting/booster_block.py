"""The block `booster` of params.yaml."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lockstep.errors import ConfigError
from lockstep.features.features_block import Recipe
from lockstep.fitting.fitting import CLASS_METRICS, NUMBER_METRICS, Fitting
from lockstep.fitting.folds import Fold
from lockstep.guards.text.messages import listed, quoted, shown
from lockstep.guards.text.secrets import masked
from lockstep.project.blocks import mistakes_in
from lockstep.project.paths import PARAMS
from lockstep.project.settings import Settings

# The metric of an objective where the metric is auto.
DEFAULT_METRIC = {
    "squared_error": "rmse",
    "absolute_error": "mae",
    "pseudo_huber": "pseudo_huber",
    "quantile": "pinball",
    "classes": "log_loss",
}


class BoosterSettings(Settings):
    """The objective of every booster and the metric of its folds.

    `auto` is squared error and RMSE for a number, log loss for classes; another objective has its own metric.
    """

    objective: Literal["auto", "squared_error", "absolute_error", "pseudo_huber", "quantile"]
    metric: Literal["auto", "rmse", "mae", "pseudo_huber", "pinball", "log_loss", "auc", "accuracy"]
    quantile: Annotated[float, Field(gt=0, lt=1)]
    huber_slope: Annotated[float, Field(gt=0)]
    monotone: dict[str, Literal[-1, 1]]
    device: Literal["cpu", "cuda"]
    memory: Literal["in_core", "external"]

    def fitting(self, n_classes: int) -> Fitting:
        """The settings of every fit, for a target with that many classes; 0 means a number.

        Raises:
            ConfigError: if the settings contradict the target or each other.
        """
        with mistakes_in(PARAMS):
            objective = self._objective(n_classes)
            metric = self._metric(objective)
            self._check_monotone_objective(objective, n_classes)
        monotone = dict(sorted(self.monotone.items()))
        return Fitting(
            objective, metric, n_classes, self.quantile, self.huber_slope, monotone, self.device, self.memory
        )

    def _objective(self, n_classes: int) -> str:
        if n_classes and self.objective != "auto":
            raise ValueError(f"booster.objective: {self.objective!r} is for numeric targets; set auto for classes")
        return "classes" if n_classes else {"auto": "squared_error"}.get(self.objective, self.objective)

    def _metric(self, objective: str) -> str:
        metric = DEFAULT_METRIC[objective] if self.metric == "auto" else self.metric
        allowed = CLASS_METRICS if objective == "classes" else NUMBER_METRICS
        if metric not in allowed:
            raise ValueError(
                f"booster.metric: {metric!r} does not go with this target; allowed: auto, {', '.join(allowed)}"
            )
        return metric

    def _check_monotone_objective(self, objective: str, n_classes: int) -> None:
        # XGBoost recomputes these objectives' leaves after the constraint; of several classes one rises as others fall.
        if self.monotone and (objective in ("absolute_error", "quantile") or n_classes > 2):
            setting = f"{n_classes} classes" if n_classes else f"objective {objective}"
            raise ValueError(f"booster.monotone: cannot be kept with {setting}; remove it")

    def check_monotone(self, name: str, recipe: Recipe, file: Path) -> None:
        """Check, as far as possible before fitting, that the recipe makes every constrained feature.

        Args:
            name: Name of the recipe.
            recipe: Its steps.
            file: The dataset file, as messages call it.

        Raises:
            ConfigError: naming the feature.
        """
        features = {feature for step in recipe for feature in step.makes()}
        missing = sorted(set(self.monotone) - features)
        # Some names are known only after fitting; check_folds asks again.
        if missing and all(step.all_names_known for step in recipe):
            raise ConfigError(
                f"{_constraint(missing[0])}: recipe {quoted(name)} of {file} makes no such feature;"
                f" it makes: {listed(sorted(features))}"
            )

    def check_folds(self, folds: Iterable[Fold]) -> None:
        """Check that every constrained feature is there and is a quantity, in every fold.

        Raises:
            ConfigError: naming the feature.
        """
        for fold in folds:
            for name in self.monotone:
                if name not in fold.names:
                    features = listed(fold.names)
                    raise ConfigError(f"{_constraint(name)}: the recipe makes no such feature; it makes: {features}")
                if fold.types[fold.names.index(name)] == "c":
                    raise ConfigError(f"{_constraint(name)}: is a category, which has no order; remove it")


def _constraint(feature: str) -> str:
    return f"{PARAMS}: booster.monotone.{shown(masked(feature))}"
