"""Two coordinates rotated by angles."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Self

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field, model_validator

from lockstep.features.arrays import Numbers, numbers, rounded
from lockstep.features.step import Step
from lockstep.guards.text.messages import repeated


def _distinct_angles(angles: tuple[float, ...]) -> tuple[float, ...]:
    if duplicates := repeated([f"{angle:g}" for angle in angles]):
        raise ValueError(f"the angle {duplicates[0]} occurs twice (to six digits); remove one")
    return angles


class Rotate(Step):
    """x cos a + y sin a for each angle a: a coordinate along another direction, for oblique splits.

    Sine and cosine are rounded to six digits, so that they are the same on every CPU; the coordinates are not rounded.

    Attributes:
        x: First coordinate.
        y: Second coordinate.
        angles: Degrees.
    """

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

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"x": "longitude", "y": "latitude", "angles": [30, 45.5]}]

    def reads(self) -> Sequence[str]:
        return (self.x, self.y)

    def reads_numbers(self) -> Sequence[str]:
        return self.reads()

    def makes(self) -> Sequence[str]:
        return [f"{self.x}_{self.y}_at_{angle:g}" for angle in self.angles]

    def transform(self, frame: pd.DataFrame) -> Numbers:
        """Numbers of shape (rows, angles); NaN where a coordinate is missing."""
        radians = np.array(self.angles, dtype=np.float64) * (np.pi / 180)
        x, y = numbers(frame, self.x)[:, np.newaxis], numbers(frame, self.y)[:, np.newaxis]
        return x * rounded(np.cos(radians)) + y * rounded(np.sin(radians))
