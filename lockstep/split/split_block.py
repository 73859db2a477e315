"""The blocks `split` and `seed` of params.yaml."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from lockstep.errors import ConfigError
from lockstep.guards.text.messages import listed, quoted
from lockstep.project.settings import Seed, Settings
from lockstep.split.strategy import STRATEGIES
from lockstep.table.target import Target


def _known(name: str) -> str:
    STRATEGIES[name]
    return name


StrategyName = Annotated[str, AfterValidator(_known)]


class StrategyOnly(Settings, extra="ignore"):
    """The part of the block `split` that later stages read: folds are used with the strategy that made them."""

    strategy: StrategyName

    @property
    def forward(self) -> bool:
        """Whether only earlier rows train a fold."""
        return STRATEGIES[self.strategy].forward


class Split(Settings):
    """The division of the rows into training, test and fold rows."""

    strategy: StrategyName
    test_size: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=1)]
    valid_size: Annotated[float, Field(gt=0, lt=1)]
    group: str | None = None
    time: str | None = None

    @model_validator(mode="after")
    def _column_for_strategy(self) -> Self:
        for setting in STRATEGIES[self.strategy].needs:
            if setting not in self.columns:
                raise ValueError(
                    f"strategy is {self.strategy} but split.{setting} names no column; set split.{setting}"
                )
        if self.folds == 1 and self.test_size + self.valid_size >= 1:
            raise ValueError(
                f"test_size {self.test_size} + valid_size {self.valid_size} leave no row to train on;"
                " their sum must stay below 1"
            )
        return self

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns that the strategy uses, by the setting that names them; it ignores the other settings."""
        named = {"group": self.group, "time": self.time}
        return {name: column for name in STRATEGIES[self.strategy].needs if (column := named[name])}

    @property
    def forward(self) -> bool:
        """Whether only earlier rows train a fold."""
        return STRATEGIES[self.strategy].forward

    @property
    def grouped_by(self) -> str | None:
        """The column whose groups of rows are never divided; None if rows are not grouped."""
        return grouped_by(self.strategy, self.group)


def grouped_by(strategy: str, group: str | None) -> str | None:
    """`split.group` if the strategy keeps groups together; other strategies ignore the setting.

    Raises:
        ValueError: if there is no such strategy.
    """
    return group if STRATEGIES[strategy].keeps_groups else None


class SplitBlocks(Settings):
    """The blocks that the stage split reads."""

    seed: Seed
    split: Split


def check_split_columns(split: Split, target: Target, columns: Sequence[str], file: str) -> None:
    """Check that the cleaned table has the target and the columns that the strategy uses.

    Raises:
        ConfigError: naming the setting, the dataset file and its columns.
    """
    if target.column not in columns:
        raise ConfigError(f"{file}: target: the table has no column {quoted(target.column)}; it has: {listed(columns)}")
    for setting, column in split.columns.items():
        if column not in columns:
            raise ConfigError(
                f"params.yaml: split.{setting}: {quoted(column)}: {file} has no such column; it has: {listed(columns)}"
            )
