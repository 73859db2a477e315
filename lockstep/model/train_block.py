"""The block `train_best` of params.yaml, and the other blocks that the stage reads."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from lockstep.fitting.booster_block import BoosterSettings
from lockstep.guards.models.model_files import MAX_MODELS
from lockstep.metrics.metric import THRESHOLD
from lockstep.model.calibration import Method
from lockstep.model.decision import Chosen, Costs
from lockstep.project.settings import Seed, Settings
from lockstep.split.split_block import FoldRule


class TrainBest(Settings):
    """The training of the final model."""

    final: Literal["auto", "refit", "folds", "ensemble"]
    n_models: Annotated[int, Field(ge=1, le=MAX_MODELS)]
    learning_rate_factor: Annotated[float, Field(gt=0, le=1)]
    interval: Annotated[float, Field(gt=0, lt=1)] | None
    calibration: Literal["none", "sigmoid", "isotonic"]
    threshold: float | Chosen

    @field_validator("threshold", mode="before")
    @classmethod
    def _one_kind_of_threshold(cls, value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if (is_number and 0 < value < 1) or value in ("max_f1", "max_mcc") or isinstance(value, Costs):
            return value
        if isinstance(value, Mapping):
            return Costs.model_validate({str(key): cost for key, cost in value.items()})
        raise ValueError(
            "must be a number between 0 and 1, max_f1, max_mcc, or costs: {false_positive: 1, false_negative: 10}"
        )

    @property
    def method(self) -> Method | None:
        """How probabilities are calibrated, if they are."""
        return None if self.calibration == "none" else self.calibration

    @property
    def costs(self) -> Costs | None:
        """What mistakes cost, if that decides the threshold."""
        return self.threshold if isinstance(self.threshold, Costs) else None

    def check(self, n_classes: int, exposure: str | None = None) -> None:
        """Refuse settings that have no effect on the target, and an interval with exposures.

        Args:
            n_classes: Classes of the target; 0 for a number.
            exposure: The column of the rows' exposures; None: there is none.

        Raises:
            ValueError: naming the setting.
        """
        if n_classes and self.interval is not None:
            raise ValueError("train_best.interval: classes have no interval; set it to null")
        if exposure is not None and self.interval is not None:
            raise ValueError(
                f"train_best.interval: a quantile does not grow in proportion to the exposure {exposure!r}; set it to"
                " null"
            )
        if not n_classes and self.method is not None:
            raise ValueError(
                f"train_best.calibration: {self.calibration!r}: calibrates probabilities of classes, and the target is"
                " a number; set it to none"
            )
        if n_classes != 2 and self.threshold != THRESHOLD:
            target = f"has {n_classes} classes" if n_classes else "is a number"
            raise ValueError(
                f"train_best.threshold: decides between two classes, and the target {target}; set it to {THRESHOLD}"
            )

    def boosters_per_fold(self, n_folds: int) -> int:
        """Boosters of each fold where their models are averaged: together at least n_models."""
        return math.ceil(self.n_models / n_folds)

    def check_final(self, split: FoldRule, n_folds: int, exposure: str | None) -> None:
        """Refuse ways to make the final model that make no sense with the split, and settings without effect.

        Args:
            split: How rows are divided.
            n_folds: Number of folds.
            exposure: The column of the rows' exposures; None: there is none.

        Raises:
            ValueError: naming the setting.
        """
        final = f"train_best.final: {self.final!r}"
        if self.final != "refit" and self.learning_rate_factor < 1:
            raise ValueError(
                f"train_best.learning_rate_factor: {self.learning_rate_factor}: is for one configuration, and {final};"
                " set it to 1.0, or final to refit"
            )
        if self.final in ("folds", "ensemble") and n_folds == 1:
            raise ValueError(f"{final}: needs two folds or more, and split.folds is 1; set it to refit")
        if self.final == "ensemble" and self.n_models == 1:
            raise ValueError(f"{final}: needs two boosters or more; set train_best.n_models to 5, or final to refit")
        if self.final != "folds":
            return
        if split.forward:
            raise ValueError(
                f"{final}: with split.strategy {split.strategy} a fold's model knows only the rows before it; set it to"
                " refit or ensemble"
            )
        if exposure is not None:
            raise ValueError(
                f"{final}: each fold's model starts from a rate per {exposure!r} of its own; set it to refit or"
                " ensemble"
            )
        if (count := n_folds * self.boosters_per_fold(n_folds)) > MAX_MODELS:
            raise ValueError(
                f"{final}: {n_folds} folds make {count} boosters, and {MAX_MODELS} are possible; set it to refit, or"
                " split.folds to fewer"
            )


class RoundSettings(Settings, extra="ignore"):
    """The settings of the block `tune` that limit a fold's rounds; the stage tune checks their bounds."""

    early_stopping_rounds: int
    max_rounds: int


class TrainBlocks(Settings):
    """The blocks that the stage train_best reads."""

    seed: Seed
    split: FoldRule
    booster: BoosterSettings
    tune: RoundSettings
    train_best: TrainBest
