"""The rule scale."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Self

import pandas as pd
from pydantic import Field

from lockstep.clean.rule import Rule


class ScaleColumn(Rule):
    """Divide a column by a constant: a change of unit.

    Attributes:
        column: A number.
        divide_by: The constant.
    """

    column: str
    divide_by: Annotated[float, Field(gt=0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"column": "area", "divide_by": 1.25}, {"column": "floors", "divide_by": 3.0}]

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def reads_numbers(self) -> Sequence[str]:
        return (self.column,)

    def changes(self) -> Sequence[str]:
        return (self.column,)

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        return {self.column: frame[self.column] / self.divide_by}

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.column in needed else None
