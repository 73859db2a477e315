"""From raw rows to rows of the cleaned table: how a deployed model reads its input.

Cleaning rules that work row by row are applied. Rules that drop rows are not: every row gets a prediction. What a rule
computes from the whole table, such as the number of copies of a row (`drop_duplicates` with `count_as`), is read from a
column of that name in the input; without it new rows get what the rule says of them (`at_prediction`), or are refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.clean.apply_rules import change_new_rows, rule_for_new_rows
from lockstep.clean.column_block import Column
from lockstep.clean.columns import convert_values
from lockstep.clean.declaration import Declaration
from lockstep.clean.lineage import Lineage
from lockstep.clean.location import Location
from lockstep.clean.rule import RULES, Given, Rule
from lockstep.clean.table_blocks import TableBlocks
from lockstep.errors import DataError
from lockstep.guards.text.messages import LENGTH, listed
from lockstep.model.missing_cells import MissingCells

# What follows where an input does not bring a column that cleaning computes from the whole table.
OTHERWISE = "rows that count otherwise in the trained table get other predictions than evaluate's"


@dataclass(frozen=True)
class Intake:
    """The conversion of raw rows.

    Attributes:
        columns: Facts of the needed columns: those of the raw table in its order, then those that a rule computes from
            the whole table.
        given: Names of the latter.
        missing_values: Texts that mean "no value".
        rules: The rules for new rows that make the needed columns.
        exposure: Names of the columns that only the exposure needs: without them every row counts as one unit.
        source: How files of the table are read: the block `source` without places; empty if the model does not know.
    """

    columns: Mapping[str, Column]
    given: tuple[str, ...]
    missing_values: tuple[str, ...]
    rules: tuple[Rule, ...]
    exposure: tuple[str, ...] = ()
    source: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: TableBlocks, needed: Sequence[str], exposure: str | None = None) -> Self:
        """The conversion that gives the columns `needed` of the cleaned table, and no others.

        Args:
            dataset: Facts of the table.
            needed: Columns of the cleaned table.
            exposure: The column of exposures, which the input may lack; None: there is none.

        Raises:
            DataError: naming a column that cannot be computed for new rows.
        """
        if exposure is not None:
            without, whole = cls.of(dataset, needed), cls.of(dataset, [*needed, exposure])
            alone = tuple(name for name in whole.columns if name not in without.columns)
            optional = {name: whole.columns[name].model_copy(update={"missing": True}) for name in alone}
            return replace(whole, columns={**whole.columns, **optional}, exposure=alone)
        names, rules = set(needed), list[Rule]()
        for rule in reversed(dataset.clean):
            new_rule = rule_for_new_rows(rule, names)
            if new_rule is not None:
                rules.insert(0, new_rule)
                names = Declaration.of(new_rule).needed_before(names)
        if unknown := sorted(names - dataset.columns.keys()):
            raise DataError(
                f"column {unknown[0]!r} of the cleaned table cannot be computed for a new row: no rule under `clean`"
                " makes it from columns of the table; leave it out of the recipe"
            )
        columns = {name: column for name, column in dataset.columns.items() if name in names}
        # a raw column with the name of a given one is not the given one
        given = {name: column.column for name, column in _given(rules).items() if name not in dataset.columns}
        return cls(columns | given, tuple(given), dataset.missing_values, tuple(rules))

    @property
    def personal(self) -> set[str]:
        """The columns that `frame` makes of personal ones."""
        lineage = Lineage.of((name for name in self.columns if name not in self.given), self.rules)
        return lineage.made_of_raw(name for name, column in self.columns.items() if column.personal)

    @property
    def optional(self) -> list[str]:
        """Columns that the input may lack: those that allow missing values."""
        return [name for name, column in self.columns.items() if column.missing]

    @property
    def from_whole_table(self) -> dict[str, Given]:
        """The columns of the input that no row alone tells."""
        return {name: column for name, column in _given(self.rules).items() if name in self.given}

    def check_columns(self, names: Sequence[str], source: str) -> list[str]:
        """Check that an input has the needed columns.

        Args:
            names: Columns of the input.
            source: The input's name in messages.

        Returns:
            One line about each optional column that the input lacks.

        Raises:
            DataError: naming the first needed column that the input lacks.
        """
        for name in self.columns:
            if name not in names and name not in self.optional:
                needed = listed([name for name in self.columns if name not in self.optional])
                untold = ", which no row alone tells (at_prediction: required)" if name in self.given else ""
                raise DataError(f"{source}: no column {name!r}{untold}; the model needs: {needed}")
        absent = [name for name in self.optional if name not in names]
        meanings = {name: f"{column.meaning}; {OTHERWISE}" for name, column in self.from_whole_table.items()}
        meanings |= dict.fromkeys(self.exposure, "every row counts as one unit of exposure")
        return [
            f"{source}: no column {name!r}; {meanings.get(name, 'it counts as missing in every row')}"
            for name in absent
        ]

    def has_exposure(self, names: Sequence[str]) -> bool:
        """Whether an input of these columns has all that the exposure is made of."""
        return all(name in names for name in self.exposure)

    def frame(
        self, raw: pa.Table, source: str = "input", first_row: int = 0, missing: MissingCells | None = None
    ) -> pd.DataFrame:
        """Rows of the cleaned table, one per raw row, with the needed columns.

        Args:
            raw: Raw rows: text as in a CSV file, or values of the columns' types; other columns are ignored.
            source: The input's name in messages.
            first_row: Number of rows of the input before these.
            missing: Counts the values that are missing where training had none; None: they are refused.

        Raises:
            DataError: naming column, row and value, if a needed column is missing, or a value has the wrong type,
                is out of range, or is missing where that is not allowed.
        """
        self.check_columns(raw.column_names, source)
        frame = pd.DataFrame({name: self._values(raw, name, source, first_row, missing) for name in self.columns})
        given = {name: frame.pop(name) for name in self.given}
        for rule in self.rules:
            frame = change_new_rows(frame, rule, given)
        return frame

    def request(self, raw: pa.Table) -> dict[str, Any]:
        """Raw rows as a request to a served model: JSON numbers for columns of numbers, for others the file's text.

        Raises:
            DataError: as `frame`.
        """
        names = [name for name in self.columns if name in raw.column_names]
        columns = [self._json_values(raw, name) for name in names]
        return {"dataframe_split": {"columns": names, "data": [list(row) for row in zip(*columns, strict=True)]}}

    def to_json(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        columns = [
            {"name": name, **column.model_dump(exclude_defaults=True, exclude={"about"})}
            for name, column in self.columns.items()
        ]
        rules = [{RULES.key: rule.kind_name(), **rule.model_dump(mode="json")} for rule in self.rules]
        content: dict[str, Any] = {
            "columns": columns,
            "copies": list(self.given),
            "missing_values": list(self.missing_values),
            "rules": rules,
        }
        if self.exposure:
            content["exposure"] = list(self.exposure)
        return {**content, "source": dict(self.source)} if self.source else content

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
        names = RULES.names()
        for rule in content["rules"]:
            if (name := rule[RULES.key]) not in names:
                raise DataError(
                    f"the model was trained with the cleaning rule {str(name)[:LENGTH]!r}, which this version"
                    " of Lockstep does not have; predict with the version that trained it, or run"
                    " `dvc repro train_best`"
                )
        rules = tuple(RULES.parse(rule) for rule in content["rules"])
        exposure = tuple(content.get("exposure", ()))
        source = dict(content.get("source", {}))
        return cls(columns, tuple(content["copies"]), tuple(content["missing_values"]), rules, exposure, source)

    def _values(
        self, raw: pa.Table, name: str, source: str, first_row: int, missing: MissingCells | None = None
    ) -> pd.Series:
        column = self.columns[name]
        values = raw.column(name) if name in raw.column_names else pa.chunked_array([pa.nulls(raw.num_rows)])
        location = Location(f"{source}: column {name!r}", first_row, correctable=False)
        # without a column from the whole table there is nothing that the model could have learned from
        if missing is None or column.missing or name in self.given:
            return convert_values(values, column, self.missing_values, location)
        allowed = column.model_copy(update={"missing": True})
        series = convert_values(values, allowed, self.missing_values, location)
        missing.add(name, series, first_row)
        return series

    def _json_values(self, raw: pa.Table, name: str) -> list[Any]:
        """A column's values for JSON; None for missing ones."""
        typed, column = self._values(raw, name, "input", 0), self.columns[name]
        if not is_sent_as_number(column):
            values = pc.cast(raw.column(name), pa.string()).to_pylist()
        elif column.type == "integer":
            values = [value if pd.isna(value) else int(value) for value in typed]
        else:
            values = typed.astype(np.float64).tolist()
        return [None if absent else value for value, absent in zip(values, typed.isna(), strict=True)]


def _given(rules: Sequence[Rule]) -> dict[str, Given]:
    """The columns that rules compute from the whole table."""
    return {name: column for rule in rules for name, column in Declaration.of(rule).given.items()}


def is_sent_as_number(column: Column) -> bool:
    """Whether a request holds a column's values as numbers; those of all others are text, as in the file."""
    return column.is_plain_number and column.type != "boolean"
