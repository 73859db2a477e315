"""Steps that learn from numbers: places, neighbours, a linear model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from lockstep.features.step_base import AnyColumns, BaseStep, Columns, FeatureName, Folds

Positive = Annotated[float, Field(gt=0)]
# Each number of neighbours makes a feature of every column.
MAX_COUNTS = 100


class ClustersStep(BaseStep):
    """Add a k-means cluster's number, as a category, and the distances to all centres."""

    step: Literal["clusters"]
    columns: Columns
    n_clusters: Annotated[int, Field(ge=2, le=1000)]
    standardise: bool = False

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        stem = f"{'_'.join(self.columns)}_{self.n_clusters}_clusters"
        return [stem, *(f"{stem}_to_{centre}" for centre in range(self.n_clusters))]


def _scale_only(scale: Mapping[str, float], columns: Sequence[str]) -> None:
    known = set(columns)
    strangers = [column for column in scale if column not in known]
    if strangers:
        raise ValueError(f"scale: {strangers[0]!r} is not among columns; add it there or remove it here")


def _counts_once(counts: tuple[int, ...]) -> tuple[int, ...]:
    twice = [count for count, times in Counter(counts).items() if times > 1]
    if twice:
        raise ValueError(f"{min(twice)} stands twice; remove one")
    return counts


class NeighboursStep(BaseStep):
    """Add what is known of the k nearest training rows, for each k.

    Args:
        columns: Coordinates of the space in which rows are near.
        scale: Factors of some coordinates; others count as they are.
        k: Numbers of neighbours.
        power: Neighbours count with (distance + offset)^-power; 0 makes plain means.
        offset: Added to every distance, so that a neighbour at the very place does not count for everything.
        of: Columns of which the neighbours' mean is taken.
        target_per: Columns by which the neighbours' target is divided before its mean is taken.
        spread: Whether to add the standard deviation of the neighbours' target.
        distance: Whether to add the plain mean of the distances.
        difference: Whether to add a row's own value less the neighbours' mean, for each column of `of`.
        folds: A training row's neighbours are of other folds than its own. null leaves out only the row itself, which
            tells its target where rows share a place; classes are cross-fitted all the same.
        name: First part of the features' names; two such steps in a recipe need two names.
    """

    step: Literal["neighbours"]
    columns: Columns
    k: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1000)], ...],
        Field(strict=False, min_length=1, max_length=MAX_COUNTS),
        AfterValidator(_counts_once),
    ]
    scale: dict[str, Positive] = Field(default_factory=dict)
    power: Annotated[float, Field(ge=0, le=10)] = 0.0
    offset: Annotated[float, Field(ge=0)] = 0.0
    of: AnyColumns = ()
    target_per: AnyColumns = ()
    spread: bool = False
    distance: bool = False
    difference: bool = False
    folds: Folds | None = 5
    name: FeatureName = "neighbours"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _scale_only(self.scale, self.columns)
        if self.difference and not self.of:
            raise ValueError("difference compares with the neighbours' mean of `of`; list columns there")
        return self

    def reads(self) -> Sequence[str]:
        return tuple(dict.fromkeys([*self.columns, *self.of, *self.target_per]))

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        names: list[str] = []
        for k in self.k:
            stem = f"{self.name}_{k}"
            names += [f"{stem}_target"] + [f"{stem}_target_per_{column}" for column in self.target_per]
            names += [f"{stem}_{column}" for column in self.of]
            names += [f"{stem}_target_spread"] * self.spread + [f"{stem}_distance"] * self.distance
            names += [f"{column}_minus_{stem}" for column in self.of if self.difference]
        return names


class LocalLinearStep(BaseStep):
    """Add the prediction of a ridge regression over the k nearest training rows, for each k; cross-fitted.

    Args:
        columns: Coordinates of the space in which rows are near.
        inputs: Columns of the regression; `logs` are columns whose logarithm takes part too.
        k: Numbers of neighbours.
        alpha: Penalty.
        scale: Factors of some coordinates; others count as they are.
        folds: A training row's neighbours are of other folds than its own.
        name: First part of the features' names.
    """

    step: Literal["local_linear"]
    columns: Columns
    inputs: Columns
    k: Annotated[
        tuple[Annotated[int, Field(ge=2, le=1000)], ...],
        Field(strict=False, min_length=1, max_length=MAX_COUNTS),
        AfterValidator(_counts_once),
    ]
    logs: AnyColumns = ()
    alpha: Positive = 0.1
    scale: dict[str, Positive] = Field(default_factory=dict)
    folds: Folds = 10
    name: FeatureName = "local_linear"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _scale_only(self.scale, self.columns)
        return self

    def reads(self) -> Sequence[str]:
        return tuple(dict.fromkeys([*self.columns, *self.inputs, *self.logs]))

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.name}_{k}" for k in self.k]


class LinearStep(BaseStep):
    """Add a ridge regression's prediction (classes: each class's log-odds); out-of-fold for training rows.

    `alphas` are the penalties to choose from: by generalised cross-validation for a number, by the log loss of three
    inner folds for classes.
    """

    step: Literal["linear"]
    columns: Columns
    alphas: Annotated[tuple[Annotated[float, Field(ge=1e-4)], ...], Field(strict=False, min_length=1)] = (
        0.1,
        1.0,
        10.0,
        100.0,
    )
    folds: Folds = 5
    name: FeatureName = "linear"

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return (self.name,)
