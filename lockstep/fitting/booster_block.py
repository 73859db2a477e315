"""The block `booster` of params.yaml."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from lockstep.errors import ConfigError, DataError
from lockstep.features.features_block import AutomaticRecipe, Recipe, start_of
from lockstep.fitting.fitting import Fitting
from lockstep.fitting.folds import Fold
from lockstep.fitting.objective import OBJECTIVES
from lockstep.fitting.weighting import ClassWeight, Vector, median
from lockstep.guards.text.messages import LENGTH, listed, quoted, shown
from lockstep.guards.text.secrets import masked
from lockstep.metrics.measure import built_in_metrics, custom_metrics
from lockstep.metrics.metric import METRICS, TargetKind
from lockstep.project.blocks import mistakes_in
from lockstep.project.paths import PARAMS
from lockstep.project.settings import Settings
from lockstep.storage.tables import significant
from lockstep.table.row_weights import mean
from lockstep.table.target import Target, class_label

AUTO = "auto"
# The settings that some objectives and metrics use, and their defaults in params.yaml.
DEFAULTS = {"quantile": 0.5, "huber_slope": AUTO, "variance_power": 1.5}
# The standard deviation of a normal distribution in units of its median absolute deviation.
MAD_TO_DEVIATION = 1.4826
SLOPE_DIGITS = 6


class MetricBlock(Settings):
    """The fact about a table that chooses the metric.

    Attributes:
        metric: The metric by which models of this table are judged where `booster.metric` is auto; None: that of the
            objective.
    """

    metric: str | None


class BoosterSettings(Settings):
    """The objective of every booster and the metric of its folds.

    `auto` is squared error for a number, log loss for classes, and the dataset's metric or the objective's own.
    """

    objective: str
    metric: str
    quantile: Annotated[float, Field(gt=0, lt=1)]
    huber_slope: Annotated[float, Field(gt=0)] | Literal["auto"]
    variance_power: Annotated[float, Field(gt=1, lt=2)]
    target_transform: Literal["log", "log1p"] | None
    class_weight: Literal["balanced"] | dict[bool | int | str, Annotated[float, Field(gt=0)]] | None
    monotone: dict[str, Literal[-1, 1]]
    device: Literal["cpu", "cuda"]
    memory: Literal["in_core", "external"]

    def fitting_of(self, train: pd.DataFrame, target: Target, metric: str | None, file: Path) -> Fitting:
        """The settings of every fit on a training table.

        Args:
            train: The table, on which a slope `auto` is measured.
            target: Its target.
            metric: The dataset file's metric.
            file: The dataset file, as messages call it.

        Raises:
            ConfigError: if the settings contradict the target or each other.
            DataError: naming the row of a target that the objective or the transformation does not allow.
        """
        fitting, targets = self.fitting(target, metric, file), target.values(train)
        check_targets(fitting, target.column, targets, train["row_id"].to_numpy())
        if self.huber_slope == AUTO and "huber_slope" in fitting.used_settings():
            return replace(fitting, huber_slope=measured_slope(targets, target.weights(train)))
        return fitting

    def fitting(self, target: Target, metric: str | None = None, file: Path = PARAMS) -> Fitting:
        """The settings of every fit, as far as they do not depend on the rows: a slope `auto` is 1.

        Args:
            target: The target.
            metric: The dataset file's metric.
            file: The dataset file, as messages call it.

        Raises:
            ConfigError: if the settings contradict the target or each other.
        """
        if self.metric == AUTO and metric is not None:
            with mistakes_in(file):
                return self._fitting(target, metric, "metric")
        with mistakes_in(PARAMS):
            return self._fitting(target, None, "booster.metric")

    def _fitting(self, predicted: Target, fact: str | None, where: str) -> Fitting:
        n_classes = predicted.n_classes
        target: TargetKind = "classes" if n_classes else "number"
        objective = self._objective(target)
        own = custom_metrics(target)
        metric = _chosen_metric(fact or self.metric, where, objective, n_classes, own)
        # XGBoost cannot keep the constraints with every objective.
        if self.monotone and not OBJECTIVES[objective].keeps_monotone(n_classes):
            setting = f"{n_classes} classes" if n_classes else f"objective {objective}"
            raise ValueError(f"booster.monotone: cannot be kept with {setting}; remove it")
        if self.target_transform and not OBJECTIVES[objective].transforms:
            reason = "the target has classes" if n_classes else f"not with objective {objective}"
            raise ValueError(f"booster.target_transform: {self.target_transform}: {reason}; set it to null")
        if predicted.exposure is not None and OBJECTIVES[objective].link != "log":
            raise ValueError(_no_exposure(self.objective, predicted.exposure))
        fitting = Fitting(
            objective=objective,
            metric=metric,
            n_classes=n_classes,
            quantile=self.quantile,
            huber_slope=Fitting.huber_slope if isinstance(self.huber_slope, str) else self.huber_slope,
            monotone=dict(sorted(self.monotone.items())),
            device=self.device,
            memory=self.memory,
            variance_power=self.variance_power,
            target_transform=self.target_transform,
            custom_metrics=own,
            class_weight=self._class_weight(n_classes, predicted.labels),
        )
        self._refuse_unused(fitting)
        return fitting

    def _class_weight(self, n_classes: int, labels: Sequence[str]) -> ClassWeight | None:
        if self.class_weight is None:
            return None
        if not n_classes:
            raise ValueError("booster.class_weight: the target is a number, which has no classes; set it to null")
        if isinstance(self.class_weight, str):
            return self.class_weight
        weights = {class_label(name): weight for name, weight in self.class_weight.items()}
        if unknown := sorted(weights.keys() - set(labels)):
            raise ValueError(
                f"booster.class_weight: {quoted(unknown[0])} is none of the classes {listed(labels)}; correct it"
            )
        return tuple(weights.get(label, 1.0) for label in labels)

    def _objective(self, target: TargetKind) -> str:
        allowed = {name: objective for name, objective in OBJECTIVES.classes().items() if objective.target == target}
        if self.objective == AUTO:
            return next(name for name, objective in allowed.items() if objective.is_default)
        if self.objective not in allowed:
            raise ValueError(_not_allowed("booster.objective", self.objective, OBJECTIVES.names(), list(allowed)))
        return self.objective

    def _refuse_unused(self, fitting: Fitting) -> None:
        """Refuse a setting without effect that differs from its default."""
        used = fitting.used_settings()
        for name, default in DEFAULTS.items():
            value = getattr(self, name)
            if name not in used and value != default:
                raise ValueError(
                    f"booster.{name}: {value}: has no effect with booster.objective {fitting.objective} and metric"
                    f" {fitting.metric}; set it to {default}"
                )

    def check_monotone(self, name: str, recipe: Recipe | AutomaticRecipe, file: Path) -> None:
        """Check, as far as possible before fitting, that the recipe makes every constrained feature.

        Of an automatic recipe the steps that it begins with must make it: others may not be chosen.

        Args:
            name: Name of the recipe.
            recipe: The recipe.
            file: The dataset file, as messages call it.

        Raises:
            ConfigError: naming the feature.
        """
        steps = start_of(recipe)
        features = {feature for step in steps for feature in step.makes()}
        missing = sorted(set(self.monotone) - features)
        # Some names are known only after fitting; check_folds asks again.
        if missing and all(step.all_names_known for step in steps):
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


def check_targets(
    fitting: Fitting, column: str, targets: npt.NDArray[np.float64], row_ids: npt.NDArray[np.int64]
) -> None:
    """Check that the objective and the transformation allow every target.

    Args:
        fitting: Both.
        column: The target's column.
        targets: Shape (rows,).
        row_ids: Numbers of the rows in the source from 0, shape (rows,).

    Raises:
        DataError: naming the first row that they do not allow, and its value.
    """
    limits = [(fitting.objective_class.lowest, f"booster.objective {fitting.objective}")]
    if fitting.transform is not None:
        limits.append((fitting.transform.lowest, f"booster.target_transform {fitting.target_transform}"))
    for lowest, setting in limits:
        if lowest is not None and len(outside := lowest.outside(targets)):
            first = outside[0]
            raise DataError(
                f"target: {column!r} is {targets[first]:g} in row {int(row_ids[first]) + 1}, and {setting} needs"
                f" targets {lowest}; choose another, or drop those rows by a cleaning rule"
            )


def measured_slope(targets: Vector, weight: Vector | None = None) -> float:
    """The slope of pseudo-Huber that `auto` stands for, to six digits.

    It is the spread of the residuals of the first prediction, the median of the training rows: their median absolute
    value times 1.4826, which is the standard deviation of normal residuals (Rousseeuw and Croux 1993). Where more than
    half of the targets are the same it is their mean absolute value; of a constant target it is 1.

    Args:
        targets: Targets of the training rows, shape (rows,).
        weight: How much each row counts, shape (rows,); None: all the same.
    """
    residuals = np.abs(targets - median(targets, weight))
    spread = median(residuals, weight) * MAD_TO_DEVIATION or mean(residuals, weight) or 1.0
    return significant(spread, SLOPE_DIGITS)


def _chosen_metric(choice: str, where: str, objective: str, n_classes: int, own: Iterable[str]) -> str:
    """The metric's name; `where` is the setting that names it, `own` are names of the project's own metrics."""
    metric = OBJECTIVES[objective].metric if choice == AUTO else choice
    built_in = sorted(built_in_metrics("classes" if n_classes else "number"), key=lambda known: known.order)
    classes = [*built_in, *(METRICS[name] for name in own)]
    allowed = [known.kind_name() for known in classes if known.can_be_chosen() and known.measures(n_classes)]
    if metric not in allowed:
        raise ValueError(_not_allowed(where, metric, METRICS.names(), allowed))
    return metric


def _not_allowed(setting: str, name: str, names: Sequence[str], allowed: Sequence[str]) -> str:
    """Why a name is refused.

    Args:
        setting: The setting that names it.
        name: What the file says.
        names: All objectives or metrics.
        allowed: Those that go with the target.
    """
    reason, kind = "does not go with this target", setting.rpartition(".")[2]
    if name not in names:
        matches = difflib.get_close_matches(name[:LENGTH], allowed, n=1)
        reason = f"is no {kind}{f', did you mean {matches[0]!r}?' if matches else ''}"
    default = AUTO if setting.startswith("booster") else "null"
    return f"{setting}: {quoted(name)} {reason}; allowed: {', '.join([default, *allowed])}"


def _no_exposure(objective: str, column: str) -> str:
    names = [name for name, known in OBJECTIVES.classes().items() if known.link == "log"]
    return (
        f"booster.objective: {quoted(objective)}: the table has an exposure, {quoted(column)}, which needs an objective"
        f" with a log link: {', '.join(names)}; set one of them, or exposure of the dataset file to null"
    )


def _constraint(feature: str) -> str:
    return f"{PARAMS}: booster.monotone.{shown(masked(feature))}"
