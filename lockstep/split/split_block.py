"""The blocks `split` and `seed` of params.yaml."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lockstep.errors import ConfigError
from lockstep.guards.text.messages import listed, quoted
from lockstep.project.settings import Seed, Settings
from lockstep.table.target import Target

Strategy = Literal["random", "stratified", "group", "time"]
# The fold number of rows that validate in no fold: with one fold (holdout) they are its training rows.
ALWAYS_TRAIN = -1


class Split(Settings):
    """The division of the rows into training, test and fold rows."""

    strategy: Strategy
    test_size: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=1)]
    valid_size: Annotated[float, Field(gt=0, lt=1)]
    group: str | None = None
    time: str | None = None

    @model_validator(mode="after")
    def _column_for_strategy(self) -> Self:
        if self.strategy == "group" and not self.group:
            raise ValueError("strategy is group but split.group names no column; set split.group")
        if self.strategy == "time" and not self.time:
            raise ValueError("strategy is time but split.time names no column; set split.time")
        if self.folds == 1 and self.test_size + self.valid_size >= 1:
            raise ValueError(
                f"test_size {self.test_size} + valid_size {self.valid_size} leave no row to train on;"
                " their sum must stay below 1"
            )
        return self

    @property
    def grouped_by(self) -> str | None:
        """The column whose groups of rows are never divided; None if rows are not grouped."""
        return grouped_by(self.strategy, self.group)


def grouped_by(strategy: str, group: str | None) -> str | None:
    """`split.group` if the strategy is group; other strategies ignore the setting."""
    return group if strategy == "group" else None


class StrategyOnly(Settings, extra="ignore"):
    """The part of the block `split` that later stages read: folds are used with the strategy that made them."""

    strategy: Strategy


class SplitBlocks(Settings):
    """The blocks that the stage split reads."""

    seed: Seed
    split: Split


def check_split_columns(split: Split, target: Target, columns: Sequence[str], file: str) -> None:
    """Check that the cleaned table has the target and the column that the strategy uses.

    Raises:
        ConfigError: naming the setting, the dataset file and its columns.
    """
    if target.column not in columns:
        raise ConfigError(f"{file}: target: the table has no column {quoted(target.column)}; it has: {listed(columns)}")
    for setting, column in (("group", split.group), ("time", split.time)):
        if split.strategy == setting and column not in columns:
            raise ConfigError(
                f"params.yaml: split.{setting}: {quoted(column)}: {file} has no such column; it has: {listed(columns)}"
            )
