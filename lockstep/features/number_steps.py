"""Steps that learn from numbers: clusters, neighbours, linear models."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from lockstep.features.step_base import AnyColumns, BaseStep, Columns, FeatureName, Folds

Positive = Annotated[float, Field(gt=0)]
# Limits the number of features: every k makes a feature of each column.
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


def _check_scale(scale: Mapping[str, float], columns: Sequence[str]) -> None:
    coordinates = set(columns)
    unknown = [column for column in scale if column not in coordinates]
    if unknown:
        raise ValueError(f"scale: {unknown[0]!r} is not among columns; add it there or remove it here")


def _distinct_counts(counts: tuple[int, ...]) -> tuple[int, ...]:
    duplicates = [count for count, times in Counter(counts).items() if times > 1]
    if duplicates:
        raise ValueError(f"{min(duplicates)} occurs twice; remove one")
    return counts


class NeighboursStep(BaseStep):
    """Add means over the k nearest training rows, for each k.

    Args:
        columns: Coordinates of the space in which rows are near.
        scale: Factors of some coordinates; the others have the factor 1.
        k: Numbers of neighbours.
        power: Neighbours have the weight (distance + offset)^-power; 0 gives plain means.
        offset: Added to every distance, so that a neighbour at distance 0 does not get all the weight.
        of: Columns of which to add the neighbours' mean.
        target_per: Columns by which the neighbours' target is divided before the mean.
        spread: Whether to add the standard deviation of the neighbours' target.
        distance: Whether to add the plain mean of the distances.
        difference: Whether to add the row's own value minus the neighbours' mean, for each column of `of`.
        folds: Folds of the cross-fitting: a training row's neighbours come from the other folds. With null only the row
            itself is excluded, which reveals its target where rows share a place; classes are always cross-fitted.
        name: First part of the features' names; two such steps in a recipe need two names.
    """

    step: Literal["neighbours"]
    columns: Columns
    k: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1000)], ...],
        Field(strict=False, min_length=1, max_length=MAX_COUNTS),
        AfterValidator(_distinct_counts),
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
        _check_scale(self.scale, self.columns)
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
        inputs: Columns of the regression.
        logs: Columns of which the logarithm is an input as well.
        k: Numbers of neighbours.
        alpha: Penalty.
        scale: Factors of some coordinates; the others have the factor 1.
        folds: Folds of the cross-fitting: a training row's neighbours come from the other folds.
        name: First part of the features' names.
    """

    step: Literal["local_linear"]
    columns: Columns
    inputs: Columns
    k: Annotated[
        tuple[Annotated[int, Field(ge=2, le=1000)], ...],
        Field(strict=False, min_length=1, max_length=MAX_COUNTS),
        AfterValidator(_distinct_counts),
    ]
    logs: AnyColumns = ()
    alpha: Positive = 0.1
    scale: dict[str, Positive] = Field(default_factory=dict)
    folds: Folds = 10
    name: FeatureName = "local_linear"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_scale(self.scale, self.columns)
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
