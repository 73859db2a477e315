"""How a row as the source holds it becomes a row of the cleaned table: what a deployed model does with its input.

Cleaning rules that work row by row are applied. Rules that drop rows are not: every row asked about gets an answer.
How many copies a row stands for (`drop_duplicates` with `count_as`) cannot be told from the row: a column of that name
in the input is believed, else the row stands for itself alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter

from lockstep.clean.apply_rules import change_columns
from lockstep.clean.columns import Location, convert_values
from lockstep.clean.rules import RULES, DropColumns, DropDuplicates, Rule
from lockstep.clean.table_blocks import Column, TableBlocks
from lockstep.errors import DataError
from lockstep.guards.text.messages import LENGTH, listed

COPIES = Column(type="integer", min=1, missing=True)


@dataclass(frozen=True)
class Intake:
    """What is done with raw rows.

    Attributes:
        columns: Facts of the columns that are read: those of the raw table in its order, then counts of copies.
        copies: The counts of copies among them.
        missing_values: Texts that mean "no value".
        rules: Those that make what is read; drop_duplicates stands here for its `count_as` alone.
    """

    columns: Mapping[str, Column]
    copies: tuple[str, ...]
    missing_values: tuple[str, ...]
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, dataset: TableBlocks, needed: Sequence[str]) -> Self:
        """The way to the columns `needed` of the cleaned table, and to no others.

        Args:
            dataset: Facts of the table.
            needed: Columns of the cleaned table.

        Raises:
            DataError: naming a column that new rows cannot have.
        """
        names, rules = set(needed), list[Rule]()
        for rule in reversed(dataset.clean):
            narrowed = rule.for_new_rows(names)
            if narrowed is not None:
                rules.insert(0, narrowed)
                names = narrowed.needed_before(names)
        if unknown := sorted(names - dataset.columns.keys()):
            raise DataError(
                f"column {unknown[0]!r} of the cleaned table cannot be computed for a new row: no rule under `clean`"
                " makes it from columns of the table; leave it out of the recipe"
            )
        described = {name: column for name, column in dataset.columns.items() if name in names}
        made = [name for rule in rules if isinstance(rule, DropDuplicates) for name in rule.makes()]
        # a raw column of that name is another one
        copies = tuple(name for name in made if name not in dataset.columns)
        return cls(described | dict.fromkeys(copies, COPIES), copies, dataset.missing_values, tuple(rules))

    @property
    def optional(self) -> list[str]:
        """Columns that the input may lack: those in which values may be missing."""
        return [name for name, column in self.columns.items() if column.missing]

    def check_columns(self, present: Sequence[str], shown: str) -> list[str]:
        """Make sure that an input has the columns that are needed.

        Args:
            present: Its columns.
            shown: What messages call it.

        Returns:
            One line about each optional column that it lacks.

        Raises:
            DataError: naming the first needed column that it lacks.
        """
        for name in self.columns:
            if name not in present and name not in self.optional:
                needed = listed([name for name in self.columns if name not in self.optional])
                raise DataError(f"{shown}: no column {name!r}; the model needs: {needed}")
        absent = [name for name in self.optional if name not in present]
        said = {True: "every row stands for one copy, itself", False: "it counts as missing in every row"}
        return [f"{shown}: no column {name!r}; {said[name in self.copies]}" for name in absent]

    def frame(self, raw: pa.Table, shown: str = "input", first_row: int = 0) -> pd.DataFrame:
        """Rows of the cleaned table, one per raw row, with the columns that are needed.

        Args:
            raw: Raw rows: text as in a CSV file, or values of the columns' types; other columns are ignored.
            shown: What messages call the input.
            first_row: How many rows of the input came before.

        Raises:
            DataError: naming column, row and value, if a needed column is missing, or a value is of another type,
                out of range, or missing where none may be.
        """
        self.check_columns(raw.column_names, shown)
        frame = pd.DataFrame({name: self._values(raw, name, shown, first_row) for name in self.columns})
        copies = {name: frame.pop(name).fillna(1) for name in self.copies}
        for rule in self.rules:
            if isinstance(rule, DropDuplicates):
                frame = frame.assign(**{name: copies.get(name, 1) for name in rule.makes()})
            elif isinstance(rule, DropColumns):
                frame = frame.drop(columns=list(rule.columns), errors="ignore")
            else:
                frame = change_columns(frame, rule)
        return frame

    def request(self, raw: pa.Table) -> dict[str, Any]:
        """Raw rows as a request to a served model: JSON values, numbers for columns that are numbers.

        Raises:
            DataError: as `frame`.
        """
        names = [name for name in self.columns if name in raw.column_names]
        columns = [_values_of(self._values(raw, name, "input", 0), raw.column(name)) for name in names]
        return {"dataframe_split": {"columns": names, "data": [list(row) for row in zip(*columns, strict=True)]}}

    def to_json(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        columns = [
            {"name": name, **column.model_dump(exclude_defaults=True, exclude={"about"})}
            for name, column in self.columns.items()
        ]
        rules = [rule.model_dump(mode="json") for rule in self.rules]
        return {
            "columns": columns,
            "copies": list(self.copies),
            "missing_values": list(self.missing_values),
            "rules": rules,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The intake that `to_json` describes.

        Raises:
            DataError: if the content names a rule that this version does not have.
            pydantic.ValidationError: if the content does not come from `to_json`.
        """
        columns = {
            entry["name"]: Column.model_validate({key: value for key, value in entry.items() if key != "name"})
            for entry in content["columns"]
        }
        for rule in content["rules"]:
            if rule["rule"] not in RULES:
                raise DataError(
                    f"the model was trained with the cleaning rule {str(rule['rule'])[:LENGTH]!r}, which this version"
                    " of Lockstep does not have; predict with the version that trained it, or run"
                    " `dvc repro train_best`"
                )
        rules = TypeAdapter(tuple[Rule, ...]).validate_python(tuple(content["rules"]))
        return cls(columns, tuple(content["copies"]), tuple(content["missing_values"]), rules)

    def _values(self, raw: pa.Table, name: str, shown: str, first_row: int) -> pd.Series:
        column = self.columns[name]
        values = raw.column(name) if name in raw.column_names else pa.chunked_array([pa.nulls(raw.num_rows)])
        place = Location(f"{shown}: column {name!r}", first_row, mendable=False)
        return convert_values(values, column, self.missing_values, place)


def _values_of(typed: pd.Series, raw: pa.ChunkedArray) -> list[Any]:
    """A column's values for JSON: numbers as doubles, everything else as the text it came as."""
    values = typed.astype(np.float64) if pd.api.types.is_numeric_dtype(typed) else pc.cast(raw, pa.string()).to_pandas()
    return [None if missing else value for value, missing in zip(values.tolist(), typed.isna(), strict=True)]
