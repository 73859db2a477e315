"""The block `booster` of params.yaml."""

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lockstep.errors import ConfigError
from lockstep.features.features_block import Recipe
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Fold
from lockstep.fitting.objective import OBJECTIVES
from lockstep.guards.text.messages import LENGTH, listed, quoted, shown
from lockstep.guards.text.secrets import masked
from lockstep.metrics.measure import built_in_metrics, custom_metrics
from lockstep.metrics.metric import METRICS, TargetKind
from lockstep.project.blocks import mistakes_in
from lockstep.project.paths import PARAMS
from lockstep.project.settings import Settings

AUTO = "auto"


class BoosterSettings(Settings):
    """The objective of every booster and the metric of its folds.

    `auto` is squared error and RMSE for a number, log loss for classes; another objective has its own metric.
    """

    objective: str
    metric: str
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
        target: TargetKind = "classes" if n_classes else "number"
        with mistakes_in(PARAMS):
            objective = self._objective(target)
            own = custom_metrics(target)
            metric = self._metric(objective, n_classes, own)
            # XGBoost cannot keep the constraints with every objective.
            if self.monotone and not OBJECTIVES[objective].keeps_monotone(n_classes):
                setting = f"{n_classes} classes" if n_classes else f"objective {objective}"
                raise ValueError(f"booster.monotone: cannot be kept with {setting}; remove it")
        monotone = dict(sorted(self.monotone.items()))
        return Fitting(
            objective, metric, n_classes, self.quantile, self.huber_slope, monotone, self.device, self.memory, own
        )

    def _objective(self, target: TargetKind) -> str:
        allowed = {name: objective for name, objective in OBJECTIVES.classes().items() if objective.target == target}
        if self.objective == AUTO:
            return next(name for name, objective in allowed.items() if objective.is_default)
        if self.objective not in allowed:
            raise ValueError(_not_allowed("objective", self.objective, OBJECTIVES.names(), list(allowed)))
        return self.objective

    def _metric(self, objective: str, n_classes: int, own: Iterable[str]) -> str:
        target: TargetKind = "classes" if n_classes else "number"
        metric = OBJECTIVES[objective].metric if self.metric == AUTO else self.metric
        built_in = sorted(built_in_metrics(target), key=lambda known: known.order)
        classes = [*built_in, *(METRICS[name] for name in own)]
        allowed = [known.kind_name() for known in classes if known.can_be_chosen() and known.measures(n_classes)]
        if metric not in allowed:
            raise ValueError(_not_allowed("metric", metric, METRICS.names(), allowed))
        return metric

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


def _not_allowed(setting: str, name: str, names: Sequence[str], allowed: Sequence[str]) -> str:
    """Why a name is refused.

    Args:
        setting: objective or metric.
        name: What the file says.
        names: All objectives or metrics.
        allowed: Those that go with the target.
    """
    reason = "does not go with this target"
    if name not in names:
        matches = difflib.get_close_matches(name[:LENGTH], allowed, n=1)
        reason = f"is no {setting}{f', did you mean {matches[0]!r}?' if matches else ''}"
    return f"booster.{setting}: {quoted(name)} {reason}; allowed: {', '.join([AUTO, *allowed])}"


def _constraint(feature: str) -> str:
    return f"{PARAMS}: booster.monotone.{shown(masked(feature))}"
