"""One entry of the block `columns` of datasets/NAME.yaml: the type of a column and the limits of its values."""

from typing import Literal, Self

from pydantic import model_validator

from lockstep.project.settings import Settings


class Column(Settings):
    """One column of the file: its type and the limits of its values.

    Attributes:
        type: number, integer, boolean, category (a feature), text (kept, no feature), date
            (YYYY, YYYY-MM, YYYY-MM-DD or an ISO date-time) or ignore (left out by clean).
        min, max: Inclusive bounds of a number or integer.
        missing: Whether missing values are allowed.
        about: Its meaning, with its unit.
    """

    type: Literal["number", "integer", "boolean", "category", "text", "date", "ignore"]
    min: float | None = None
    max: float | None = None
    missing: bool = False
    about: str = ""

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        bounded = self.min is not None or self.max is not None
        if bounded and self.type not in ("number", "integer"):
            raise ValueError(f"min and max go with number and integer, not with {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        return self


IGNORED = Column(type="ignore")
