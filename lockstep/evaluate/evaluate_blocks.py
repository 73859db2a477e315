"""The block `evaluate` of params.yaml, and `judging` of datasets/NAME.yaml."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from lockstep.fitting.fitting import Fitting
from lockstep.project.blocks import Blocks, mistakes_in
from lockstep.project.paths import PARAMS
from lockstep.project.settings import Settings
from lockstep.split.split_block import Split, SplitBlocks
from lockstep.table.table_columns import TableColumns, must_be_in, must_be_number

# Gates that apply to squared error only, and their defaults in params.yaml.
SQUARED_ERROR_GATES = {"min_test_r2": 0.0, "max_test_rmse": None}


def _required_verdict(value: Any) -> Any:
    if isinstance(value, bool):
        remedy = "not_worse, or shown to ask for more" if value else "null"
        raise ValueError(f"{str(value).lower()}: is no longer a value; write {remedy}")
    return value


class Gates(Settings):
    """Conditions a result must meet; null switches one off.

    Attributes:
        min_test_r2: The least R² of the test rows; of squared error only.
        max_test_rmse: The greatest RMSE; likewise.
        max_test_score: The greatest score by the metric that scores the folds.
        beat_baselines: `not_worse`: better than the best constant, significantly worse than no simple baseline;
            `shown`: significantly better than each of them.
    """

    min_test_r2: float | None
    max_test_rmse: Annotated[float, Field(gt=0)] | None
    max_test_score: float | None
    beat_baselines: Annotated[Literal["not_worse", "shown"], BeforeValidator(_required_verdict)] | None


class Evaluate(Settings):
    """How the final model is judged."""

    protocol: Literal["single", "repeated", "nested"]
    repeats: Annotated[int, Field(ge=2, le=100)]
    bootstrap_samples: Annotated[int, Field(ge=100)]
    confidence: Annotated[float, Field(gt=0, lt=1)]
    permutation_repeats: Annotated[int, Field(ge=1)]
    gates: Gates


class ValueSlice(Settings):
    """Test rows by the value of a column: each of the most frequent values, and all others together."""

    by: Literal["value"]
    column: str
    top: Annotated[int, Field(ge=1, le=100)] = 12


class SeenSlice(Settings):
    """Test rows whose value of a column occurs in the training rows, and those whose value is new."""

    by: Literal["seen"]
    column: str


class GridSlice(Settings):
    """Test rows by cells of two numeric columns, `size` wide in their unit: regions of a map."""

    by: Literal["grid"]
    columns: Annotated[tuple[str, str], Field(strict=False)]
    size: Annotated[float, Field(gt=0)]


class QuantileSlice(Settings):
    """Test rows by equal parts of a numeric column."""

    by: Literal["quantiles"]
    column: str
    parts: Annotated[int, Field(ge=2, le=20)] = 5


Slice = Annotated[ValueSlice | SeenSlice | GridSlice | QuantileSlice, Field(discriminator="by")]


class Judging(Settings):
    """Slices and baselines besides the whole test set; deciles of the target are always evaluated.

    Attributes:
        slices: Parts of the test rows that get metrics of their own.
        coordinates: Two columns of a position; they enable nearest neighbours on the map as a baseline.
    """

    slices: Annotated[tuple[Slice, ...], Field(strict=False)]
    coordinates: Annotated[tuple[str, str], Field(strict=False)] | None

    def check(self, columns: TableColumns, target: str) -> None:
        """Make sure that the columns of the slices and the coordinates exist and have the right type.

        Args:
            columns: Columns of the cleaned table.
            target: The target's column.

        Raises:
            ValueError: naming the entry and the column.
        """
        types = columns.types
        for position, part in enumerate(self.slices):
            where = f"judging.slices[{position}] ({part.by})"
            for column in part.columns if isinstance(part, GridSlice) else (part.column,):
                must_be_in(types, column, where)
                if not isinstance(part, SeenSlice):
                    _must_not_be_personal(columns, column, where)
                if isinstance(part, GridSlice | QuantileSlice):
                    must_be_number(types, column, where)
        where = "judging.coordinates"
        for column in self.coordinates or ():
            must_be_in(types, column, where)
            if column == target:
                raise ValueError(f"{where}: {column!r} is the target; name another column")
            if column in columns.made_of_target:
                raise ValueError(f"{where}: column {column!r} is made from the target; name another column")
            _must_not_be_personal(columns, column, where)
            must_be_number(types, column, where)


def _must_not_be_personal(columns: TableColumns, column: str, where: str) -> None:
    if column in columns.personal:
        raise ValueError(
            f"{where}: column {column!r} is personal, and reports would show its values; leave the entry out, slice"
            " by: seen, or remove personal: true from the column"
        )


class EvaluateBlocks(SplitBlocks):
    """The blocks of params.yaml that the evaluation reads."""

    evaluate: Evaluate


class JudgingBlock(Settings):
    """The facts about a table that the evaluation reads."""

    judging: Judging


def evaluation_settings(
    blocks: Blocks, columns: TableColumns, fitting: Fitting, target: str
) -> tuple[EvaluateBlocks, Judging]:
    """The settings of the evaluation, checked against the table and the model.

    Args:
        blocks: Both files.
        columns: Those of the cleaned table.
        fitting: What the model minimises.
        target: The target's column.

    Raises:
        ConfigError: with one line, for a mistake in either file.
    """
    choices, judging = blocks.choices(EvaluateBlocks), blocks.facts(JudgingBlock).judging
    with mistakes_in(PARAMS):
        check_choices(choices.evaluate, choices.split, fitting.objective, blocks.file)
    with mistakes_in(blocks.file):
        judging.check(columns, target)
    return choices, judging


def check_choices(evaluate: Evaluate, split: Split, objective: str, file: Path) -> None:
    """Refuse choices that have no effect under the others.

    Args:
        evaluate: The block.
        split: The block.
        objective: What the model minimises; `classes` for a target of classes.
        file: The dataset file, as messages call it.

    Raises:
        ValueError: naming the setting.
    """
    if evaluate.protocol != "single" and split.forward:
        raise ValueError(
            f"evaluate.protocol: {evaluate.protocol!r} draws further random splits, and split.strategy is"
            f" {split.strategy!r}, of which there is one; set it to single"
        )
    if objective == "squared_error":
        return
    reason = f"the target of {file} has classes" if objective == "classes" else f"booster.objective is {objective}"
    gates = evaluate.gates
    for name, value in (("min_test_r2", gates.min_test_r2), ("max_test_rmse", gates.max_test_rmse)):
        default = SQUARED_ERROR_GATES[name]
        if value is not None and value != default:
            remedy = "null" if default is None else f"{default} or null"
            raise ValueError(
                f"evaluate.gates.{name}: {value}: judges squared error only, and {reason}; set it to {remedy},"
                " or use max_test_score"
            )
