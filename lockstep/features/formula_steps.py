"""Steps that compute a row's features from the row alone and learn nothing (or only a list of values)."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from lockstep.features.step_base import BaseStep, Columns, Combination, FeatureName, Pair
from lockstep.guards.text.messages import repeated
from lockstep.project.settings import Names


class ColumnsStep(BaseStep):
    """Take columns unchanged."""

    step: Literal["columns"]
    columns: Names

    def reads(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return self.columns


class RatioStep(BaseStep):
    """Add numerator / denominator."""

    step: Literal["ratio"]
    name: FeatureName
    numerator: str
    denominator: str

    def reads(self) -> Sequence[str]:
        return (self.numerator, self.denominator)

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return (self.name,)


class LogStep(BaseStep):
    """Add log_NAME = sign(x) log(1 + |x|) of each column."""

    step: Literal["log"]
    columns: Columns

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"log_{column}" for column in self.columns]


class InteractionStep(BaseStep):
    """Add the product, the sum or the difference (the first minus all others) of two or more columns."""

    step: Literal["interaction"]
    name: FeatureName
    operation: Literal["product", "difference", "sum"]
    columns: Combination

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return (self.name,)


def _distinct_angles(angles: tuple[float, ...]) -> tuple[float, ...]:
    if duplicates := repeated([f"{angle:g}" for angle in angles]):
        raise ValueError(f"the angle {duplicates[0]} occurs twice (to six digits); remove one")
    return angles


class RotateStep(BaseStep):
    """Add x cos a + y sin a for each angle a: a coordinate along another direction, for oblique splits."""

    step: Literal["rotate"]
    x: str
    y: str
    angles: Annotated[
        tuple[Annotated[float, Field(ge=-360, le=360)], ...],
        Field(strict=False, min_length=1),
        AfterValidator(_distinct_angles),
    ]

    @model_validator(mode="after")
    def _two_columns(self) -> Self:
        if self.x == self.y:
            raise ValueError(f"x and y are both {self.x!r}; name two columns")
        return self

    def reads(self) -> Sequence[str]:
        return (self.x, self.y)

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.x}_{self.y}_at_{angle:g}" for angle in self.angles]


Point = Annotated[tuple[float, float], Field(strict=False)]


class DistanceStep(BaseStep):
    """Add distance_to_NAME for each point: in kilometres along the earth (haversine), or in the columns' own unit."""

    step: Literal["distance"]
    columns: Pair
    points: Annotated[dict[FeatureName, Point], Field(min_length=1)]
    metric: Literal["haversine", "euclidean"]

    @model_validator(mode="after")
    def _on_earth(self) -> Self:
        for name, (latitude, longitude) in self.points.items():
            if self.metric == "haversine" and not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
                raise ValueError(
                    f"point {name!r}: [{latitude:g}, {longitude:g}] is no latitude (-90 to 90) and longitude"
                    " (-180 to 180); put the latitude first"
                )
        return self

    def reads(self) -> Sequence[str]:
        return self.columns

    def reads_numbers(self) -> Sequence[str]:
        return self.columns

    def makes(self) -> Sequence[str]:
        return [f"distance_to_{name}" for name in sorted(self.points)]
