"""The block `booster` of params.yaml."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from lockstep.features.features_block import Recipe
from lockstep.guards.text.messages import listed, quoted, shown
from lockstep.project.settings import Settings

# Metrics by the kind of target, and an objective's own.
NUMBER_METRICS = ("rmse", "mae", "pseudo_huber", "pinball")
CLASS_METRICS = ("log_loss", "auc", "accuracy")
USUAL_METRICS = {
    "squared_error": "rmse",
    "absolute_error": "mae",
    "pseudo_huber": "pseudo_huber",
    "quantile": "pinball",
    "classes": "log_loss",
}


class BoosterSettings(Settings):
    """How every booster is fitted, and what its folds are judged by.

    `auto` is squared error and RMSE for a number, log loss for classes; another objective brings its own metric.
    """

    objective: Literal["auto", "squared_error", "absolute_error", "pseudo_huber", "quantile"]
    metric: Literal["auto", "rmse", "mae", "pseudo_huber", "pinball", "log_loss", "auc", "accuracy"]
    quantile: Annotated[float, Field(gt=0, lt=1)]
    huber_slope: Annotated[float, Field(gt=0)]
    monotone: dict[str, Literal[-1, 1]]
    device: Literal["cpu", "cuda"]
    memory: Literal["in_core", "external"]

    def resolved(self, n_classes: int) -> tuple[str, str]:
        """Objective and metric for a target with that many classes; 0 means a number.

        Raises:
            ValueError: if they do not go with the target or with the other settings.
        """
        if n_classes and self.objective != "auto":
            raise ValueError(f"booster.objective: {self.objective!r} is for numbers; of classes set auto")
        objective = "classes" if n_classes else {"auto": "squared_error"}.get(self.objective, self.objective)
        allowed = CLASS_METRICS if n_classes else NUMBER_METRICS
        metric = USUAL_METRICS[objective] if self.metric == "auto" else self.metric
        if metric not in allowed:
            raise ValueError(
                f"booster.metric: {metric!r} does not go with this target; allowed: auto, {', '.join(allowed)}"
            )
        # XGBoost computes the leaves of these anew after the constraint, and one class rises where others fall.
        if self.monotone and (objective in ("absolute_error", "quantile") or n_classes > 2):
            what = f"{n_classes} classes" if n_classes else f"objective {objective}"
            raise ValueError(f"booster.monotone: cannot be kept with {what}; remove it")
        return objective, metric

    def check_monotone(self, name: str, recipe: Recipe, file: Path) -> None:
        """Make sure that the recipe makes every constrained feature, as far as that is known before it is fitted.

        Args:
            name: Of the recipe.
            recipe: Its steps.
            file: The dataset file, as messages call it.

        Raises:
            ValueError: naming the feature.
        """
        made = {feature for step in recipe for feature in step.makes()}
        unknown = sorted(set(self.monotone) - made)
        # What multi_value makes is known once it has seen the training rows; tune asks again.
        if unknown and not any(step.step == "multi_value" for step in recipe):
            raise ValueError(
                f"booster.monotone.{shown(unknown[0])}: recipe {quoted(name)} of {file} makes no such feature;"
                f" it makes: {listed(sorted(made))}"
            )


class RoundSettings(Settings, extra="ignore"):
    """What of the block `tune` says for how many rounds a fold is fitted."""

    early_stopping_rounds: Annotated[int, Field(ge=1)]
    max_rounds: Annotated[int, Field(ge=1)]
