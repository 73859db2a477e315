"""The blocks `split` and `seed` of params.yaml."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from lockstep.errors import ConfigError
from lockstep.guards.text.messages import listed, quoted
from lockstep.project.settings import Seed, Settings
from lockstep.split.strategy import STRATEGIES, Window
from lockstep.table.cross_fitting import CrossFitting
from lockstep.table.target import Target
from lockstep.table.timeline import Gap


def _known(name: str) -> str:
    STRATEGIES[name]
    return name


StrategyName = Annotated[str, AfterValidator(_known)]


class FoldRule(Settings, extra="ignore"):
    """The part of the block `split` that later stages read: folds are used as the strategy made them."""

    strategy: StrategyName
    group: str | None = None
    time: str | None = None
    gap: Gap | None = None

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
    def cross_fitting(self) -> CrossFitting:
        """How inner folds divide the training rows."""
        return CrossFitting(self.columns.get("group"), self.columns.get("time"), self.gap)

    def relations(self) -> dict[str, Any]:
        """How the split relates the rows, for the settings of the search; empty if it does not."""
        cross_fitting = self.cross_fitting
        return {} if cross_fitting == CrossFitting() else {"cross_fitting": asdict(cross_fitting)}


class Split(FoldRule, extra="forbid"):
    """The division of the rows into training, test and fold rows."""

    test_size: Annotated[float, Field(gt=0, lt=1)]
    folds: Annotated[int, Field(ge=1)]
    valid_size: Annotated[float, Field(gt=0, lt=1)]
    window: Window = "expanding"

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
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
        if not self.forward:
            for setting, value, default in (("gap", self.gap, None), ("window", self.window, "expanding")):
                if value != default:
                    raise ValueError(
                        f"split.{setting} is {value}, which has no effect with strategy {self.strategy}: it does not go"
                        f" forward in time; set split.{setting} to {'null' if default is None else default}"
                    )
        return self

    @property
    def grouped_by(self) -> str | None:
        """The column whose groups of rows are never divided; None if rows are not grouped."""
        return grouped_by(self.strategy, self.group)

    @property
    def ordered_by(self) -> str | None:
        """The column by which the split goes forward; None if it does not."""
        return ordered_by(self.strategy, self.time)

    def described(self) -> dict[str, Any]:
        """The settings for the report, with those of time only where they differ from their defaults."""
        order = ("strategy", "test_size", "folds", "valid_size", "group", "time", "gap", "window")
        content = self.model_dump(mode="json")
        return {name: content[name] for name in order if (name, content[name]) != ("window", "expanding")}


def grouped_by(strategy: str, group: str | None) -> str | None:
    """`split.group` if the strategy keeps groups together; other strategies ignore the setting.

    Raises:
        ValueError: if there is no such strategy.
    """
    return group if STRATEGIES[strategy].keeps_groups else None


def ordered_by(strategy: str, time: str | None) -> str | None:
    """`split.time` if the strategy goes forward in time; other strategies ignore the setting.

    Raises:
        ValueError: if there is no such strategy.
    """
    return time if STRATEGIES[strategy].forward else None


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
                f"params.yaml: split.{setting}: {quoted(column)}: {file} has no such column; it has: {listed(columns)}."
                " Name another, or set split.strategy to random"
            )


def check_split_types(split: Split, types: Mapping[str, str], file: str) -> None:
    """Check that the column of a split in time has an order, and that a gap fits it.

    Args:
        split: The block `split`, whose columns exist.
        types: Types of the columns of the cleaned table.
        file: The dataset file.

    Raises:
        ConfigError: naming the setting, the column and its type.
    """
    column = split.columns.get("time")
    if column is None or types[column] == "date":
        return
    found = f"column {quoted(column)} is of type {types[column]} in {file}"
    if types[column] not in ("number", "integer"):
        raise ConfigError(
            f"params.yaml: split.time: {found}, which has no order in time; give it the type date or number"
        )
    if isinstance(split.gap, str):
        raise ConfigError(
            f"params.yaml: split.gap: {split.gap!r} is a duration, and {found}; write a number of rows, or give the"
            " column the type date"
        )
