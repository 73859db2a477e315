"""The block `train_best` of params.yaml, and the other blocks that the stage reads."""

from typing import Annotated

from pydantic import Field

from lockstep.features.features_block import RecipeChoice
from lockstep.fitting.booster_block import BoosterSettings
from lockstep.guards.models.model_files import MAX_MODELS
from lockstep.project.settings import Seed, Settings
from lockstep.split.split_block import FoldRule


class TrainBest(Settings):
    """The training of the final model."""

    n_models: Annotated[int, Field(ge=1, le=MAX_MODELS)]
    learning_rate_factor: Annotated[float, Field(gt=0, le=1)]
    interval: Annotated[float, Field(gt=0, lt=1)] | None

    def check(self, n_classes: int, exposure: str | None = None) -> None:
        """Refuse an interval for classes, and with exposures.

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


class RoundSettings(Settings, extra="ignore"):
    """The settings of the block `tune` that limit a fold's rounds; the stage tune checks their bounds."""

    early_stopping_rounds: int
    max_rounds: int


class TrainBlocks(RecipeChoice):
    """The blocks that the stage train_best reads."""

    seed: Seed
    split: FoldRule
    booster: BoosterSettings
    tune: RoundSettings
    train_best: TrainBest
