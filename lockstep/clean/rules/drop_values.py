"""The rule drop_values."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from lockstep.clean.rule import DropRows, Mask


class DropValues(DropRows):
    """Drop rows in which a column has one of the values.

    Attributes:
        column: Any column.
        values: Values of the rows to drop.
    """

    column: str
    values: Annotated[tuple[int | float | str | bool, ...], Field(strict=False, min_length=1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"column": "kind", "values": ["flat"]}, {"column": "floors", "values": [1, 2]}]

    def reads(self) -> Sequence[str]:
        return (self.column,)

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        keep: Mask = ~frame[self.column].isin(list(self.values)).to_numpy()
        return keep
