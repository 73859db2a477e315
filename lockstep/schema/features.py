"""Feature steps as data: the recipes of datasets/NAME.yaml. lockstep.features turns them into transformers."""

from typing import Annotated

from pydantic import Field

from lockstep.schema.formula_steps import (
    ColumnsStep,
    DistanceStep,
    InteractionStep,
    LogStep,
    RatioStep,
    RotateStep,
)
from lockstep.schema.number_steps import ClustersStep, LinearStep, LocalLinearStep, NeighboursStep
from lockstep.schema.step_base import BaseStep
from lockstep.schema.value_steps import CountStep, DatePartsStep, MultiValueStep, TargetEncodeStep, TextStep

__all__ = ["BaseStep", "ColumnsStep", "RatioStep", "Recipe", "Step"]

Step = Annotated[
    ColumnsStep
    | RatioStep
    | LogStep
    | RotateStep
    | DistanceStep
    | InteractionStep
    | DatePartsStep
    | TextStep
    | CountStep
    | MultiValueStep
    | TargetEncodeStep
    | ClustersStep
    | NeighboursStep
    | LocalLinearStep
    | LinearStep,
    Field(discriminator="step"),
]
Recipe = Annotated[tuple[Step, ...], Field(strict=False, min_length=1)]
