"""The rule drop_duplicates."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Annotated, Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import Field, model_validator

from lockstep.clean.column_block import Column
from lockstep.clean.rule import Given, Mask, Rule
from lockstep.project.settings import Names

REQUIRED = "required"


class DropDuplicates(Rule):
    """Keep one of the rows with equal values in `columns`.

    Attributes:
        columns: Rows with equal values in all of them are copies of one another.
        keep: Which copy stays: first and last go by the order of the file, highest and lowest by the column `by`.
        by: A number; needed exactly with highest and lowest, with ties in the order of the file. If it is the target,
            the choice of the copy depends on the target.
        count_as: Adds a column with the number of copies of the row, itself included, which tells nothing about the
            other remaining rows.
        at_prediction: With count_as: the number of copies of a new row whose input does not tell it, or `required`: the
            input must have the column.
    """

    columns: Names
    keep: Literal["first", "last", "highest", "lowest"]
    by: str | None = None
    count_as: str | None = None
    at_prediction: Annotated[int, Field(ge=1)] | Literal["required"] = 1

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"columns": ["kind", "floors"], "keep": "first", "count_as": "n_copies"},
            {"columns": ["kind", "rooms"], "keep": "last"},
            {
                "columns": ["kind", "rooms"],
                "keep": "highest",
                "by": "area",
                "count_as": "n_copies",
                "at_prediction": "required",
            },
            {"columns": ["kind", "floors"], "keep": "lowest", "by": "rooms"},
        ]

    @model_validator(mode="after")
    def _by_where_needed(self) -> Self:
        if (self.keep in ("highest", "lowest")) != (self.by is not None):
            raise ValueError("`by` names a column exactly when keep is highest or lowest")
        if self.count_as is None and self.at_prediction != 1:
            raise ValueError("`at_prediction` goes with count_as; leave it out, or name the column that counts copies")
        return self

    def reads(self) -> Sequence[str]:
        return (*self.columns, self.by) if self.by else self.columns

    def makes(self) -> Mapping[str, str]:
        return {self.count_as: "integer"} if self.count_as else {}

    def sources(self) -> Mapping[str, Sequence[str]]:
        return dict.fromkeys(self.makes(), self.columns)

    def given(self) -> Mapping[str, Given]:
        if self.at_prediction == REQUIRED:
            copies = Given(Column(type="integer", min=1), default=None, meaning="the input must tell each row's copies")
        else:
            number = "one copy" if self.at_prediction == 1 else f"{self.at_prediction} copies"
            column = Column(type="integer", min=1, missing=True)
            copies = Given(column, default=self.at_prediction, meaning=f"every row counts as {number}")
        return dict.fromkeys(self.makes(), copies)

    def compute(self, frame: pd.DataFrame) -> Mapping[str, pd.Series]:
        groups = frame.groupby(list(self.columns), dropna=False, sort=False)
        return {name: groups[self.columns[0]].transform("size").astype(np.int64) for name in self.makes()}

    def rows_to_keep(self, frame: pd.DataFrame) -> Mask:
        order = np.arange(len(frame))
        if self.by is not None:
            values = frame[self.by].reset_index(drop=True)
            order = values.sort_values(ascending=self.keep == "lowest", kind="stable").index.to_numpy()
        keys = frame[list(self.columns)].iloc[order]
        keep = np.ones(len(frame), dtype=bool)
        keep[order[keys.duplicated(keep="last" if self.keep == "last" else "first")]] = False
        return keep

    def for_new_rows(self, needed: AbstractSet[str]) -> Self | None:
        return self if self.count_as in needed else None
