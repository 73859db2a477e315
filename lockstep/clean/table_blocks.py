"""The blocks `target`, `missing_values`, `columns` and `clean` of datasets/NAME.yaml: the cleaned table."""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from lockstep.clean.column_block import IGNORED, Column
from lockstep.clean.declaration import Declaration, check_new_names
from lockstep.clean.lineage import Lineage
from lockstep.clean.rule import RULES, Rule
from lockstep.project.settings import ROW_ID
from lockstep.table.table_columns import TableColumns, must_be_in, must_be_number
from lockstep.table.target import WeightedTargetBlock

# Every rule is checked against all columns, so the number of rules is limited.
MAX_RULES = 500


class TableBlocks(WeightedTargetBlock):
    """The columns of the file, and the rules that turn them into the cleaned table."""

    missing_values: Annotated[tuple[str, ...], Field(strict=False)]
    columns: Annotated[dict[str, Column], Field(min_length=2)]
    clean: Annotated[
        tuple[Annotated[Rule, BeforeValidator(RULES.parse)], ...], Field(strict=False, max_length=MAX_RULES)
    ]

    def clean_types(self) -> dict[str, str]:
        """Names and types of the cleaned table's columns, in order, without row_id.

        Raises:
            ValueError: if a rule needs a column that is absent or not a number, or makes a name that is taken.
        """
        types = {name: column.cleaned_type for name, column in self.columns.items() if column.type != "ignore"}
        for position, rule in enumerate(self.clean):
            types = Declaration.of(rule).types_after(types, f"clean[{position}] ({rule.kind_name()})")
        return types

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if self.columns.get(ROW_ID, IGNORED).type != "ignore":
            raise ValueError(
                f"columns: the name {ROW_ID!r} is reserved for the pipeline; state type ignore, or rename it there"
            )
        types = self.clean_types()
        self._check_unnamed()
        check_new_names(list(types), [], "columns")
        must_be_in(types, self.target_column, "target")
        self._check_not_personal()
        if not self.classes:
            must_be_number(types, self.target_column, "target")
        else:
            _check_classes(self.classes, types[self.target_column], f"target: {self.target_column!r}")
        self.check_weighing(types, self.made_of_target())
        return self

    def _check_not_personal(self) -> None:
        """Refuse a promise that cannot be kept: metrics, figures and predictions show the target's values."""
        if self._origin(self.target_column).personal:
            raise ValueError(
                f"target: {self.target_column!r} is personal, and every report shows its values; predict another"
                " column, or remove its personal: true"
            )

    def _check_unnamed(self) -> None:
        """Refuse a feature without a name: MLflow's model cannot read such a column. The target may have none."""
        name = ""
        for rule in self.clean:
            name = Declaration.of(rule).renames.get(name, name)
        if self.columns.get("", IGNORED).type != "ignore" and name != self.target_column:
            raise ValueError(
                "columns: '': a column without a name cannot be a feature; state type ignore, or name it in the file"
            )

    def cleaned(self) -> TableColumns:
        """The cleaned table's columns, for the other stages."""
        target = self.target_column
        return TableColumns(self.clean_types(), self.made_of_target(), self._origin(target).genuine, self.personal())

    def _origin(self, name: str) -> Column:
        """The entry of a column of the cleaned table, before rules renamed it."""
        for rule in reversed(self.clean):
            old_names = {new: old for old, new in Declaration.of(rule).renames.items()}
            name = old_names.get(name, name)
        return self.columns.get(name, IGNORED)

    def made_of_target(self) -> set[str]:
        """Columns of the cleaned table that rules compute from the target."""
        lineage = self._lineage()
        target = lineage.marks[self.target_column]
        return {name for name in lineage.made_of({target}) if lineage.marks[name] != target}

    def personal(self) -> set[str]:
        """Columns of the cleaned table that are personal, or that rules compute from such columns."""
        return self._lineage().made_of_raw(name for name, column in self.columns.items() if column.personal)

    def _lineage(self) -> Lineage:
        return Lineage.of((name for name, column in self.columns.items() if column.type != "ignore"), self.clean)


def _check_classes(classes: Sequence[bool | int | str], kind: str, where: str) -> None:
    """Check that classes are possible values of a column of the type."""
    if kind in ("number", "date"):
        raise ValueError(f"{where} is a {kind}; classes need another type")
    if kind == "integer" and not all(isinstance(name, int) and not isinstance(name, bool) for name in classes):
        raise ValueError(f"{where}: classes of an integer column are whole numbers, written without quotes")
    if kind == "boolean" and not all(isinstance(name, int) and name in (0, 1) for name in classes):
        raise ValueError(f"{where}: classes of a boolean column are false and true, written without quotes")
