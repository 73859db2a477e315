"""The blocks `target`, `missing_values`, `columns` and `clean` of datasets/NAME.yaml: the cleaned table."""

from collections.abc import Collection, Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lockstep.clean.rules import DropColumns, RenameColumns, Rule
from lockstep.guards.text.messages import repeated
from lockstep.project.settings import RESERVED, ROW_ID, Settings
from lockstep.table.table_columns import TableColumns, must_be_date, must_be_in, must_be_number
from lockstep.table.target import TargetBlock

# Every rule is checked against all columns, so the number of rules is limited.
MAX_RULES = 500


class Column(Settings):
    """One column of the file: its type and the limits of its values.

    Attributes:
        type: number, integer, boolean, category (a feature), text (kept, no feature), date
            (YYYY, YYYY-MM, YYYY-MM-DD or an ISO date-time) or ignore (left out by clean).
        min, max: Inclusive bounds of a number or integer.
        missing: Whether missing values are allowed.
        about: Its meaning, with its unit.
    """

    type: Literal["number", "integer", "boolean", "category", "text", "date", "ignore"]
    min: float | None = None
    max: float | None = None
    missing: bool = False
    about: str = ""

    @model_validator(mode="after")
    def _bounds_fit(self) -> Self:
        bounded = self.min is not None or self.max is not None
        if bounded and self.type not in ("number", "integer"):
            raise ValueError(f"min and max go with number and integer, not with {self.type}")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is greater than max {self.max}; swap them")
        return self


IGNORED = Column(type="ignore")


class TableBlocks(TargetBlock):
    """The columns of the file, and the rules that turn them into the cleaned table."""

    missing_values: Annotated[tuple[str, ...], Field(strict=False)]
    columns: Annotated[dict[str, Column], Field(min_length=2)]
    clean: Annotated[tuple[Rule, ...], Field(strict=False, max_length=MAX_RULES)]

    def clean_types(self) -> dict[str, str]:
        """Names and types of the cleaned table's columns, in order, without row_id.

        Raises:
            ValueError: if a rule needs a column that is absent or not a number, or makes a name that is taken.
        """
        types: dict[str, str] = {name: column.type for name, column in self.columns.items() if column.type != "ignore"}
        for position, rule in enumerate(self.clean):
            where = f"clean[{position}] ({rule.rule})"
            for column in rule.needs():
                must_be_in(types, column, where)
            for column in rule.needs_numbers():
                must_be_number(types, column, where)
            for column in rule.needs_dates():
                must_be_date(types, column, where)
            after = rule.types_after(dict(types))
            # renaming a column frees its name
            taken = types.keys() - rule.columns.keys() if isinstance(rule, RenameColumns) else types
            _check_new_names(rule.makes(), taken, where)
            types = after
        return types

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        if self.columns.get(ROW_ID, IGNORED).type != "ignore":
            raise ValueError(
                f"columns: the name {ROW_ID!r} is reserved for the pipeline; state type ignore, or rename it there"
            )
        types = self.clean_types()
        self._check_unnamed()
        _check_new_names(list(types), [], "columns")
        must_be_in(types, self.target_column, "target")
        if not self.classes:
            must_be_number(types, self.target_column, "target")
        else:
            _check_classes(self.classes, types[self.target_column], f"target: {self.target_column!r}")
        return self

    def _check_unnamed(self) -> None:
        """Refuse a feature without a name: MLflow's model cannot read such a column. The target may have none."""
        name = ""
        for rule in self.clean:
            name = rule.columns.get(name, name) if isinstance(rule, RenameColumns) else name
        if self.columns.get("", IGNORED).type != "ignore" and name != self.target_column:
            raise ValueError(
                "columns: '': a column without a name cannot be a feature; state type ignore, or name it in the file"
            )

    def cleaned(self) -> TableColumns:
        """The cleaned table's columns, for the other stages."""
        return TableColumns(self.clean_types(), self.made_of_target())

    def made_of_target(self) -> set[str]:
        """Columns of the cleaned table that rules compute from the target."""
        # marks: the identity of each column by its present name, since a name can pass to another column;
        # sources: for each column that a rule makes the marks from which it is computed, in the order of the rules
        marks = {name: (-1, name) for name, column in self.columns.items() if column.type != "ignore"}
        sources = dict[tuple[int, str], list[tuple[int, str]]]()
        for position, rule in enumerate(self.clean):
            for name, source_names in rule.sources().items():
                marks[name] = (position, name)
                sources[position, name] = [marks[source] for source in source_names]
            if isinstance(rule, RenameColumns):
                marks = {rule.columns.get(name, name): mark for name, mark in marks.items()}
            elif isinstance(rule, DropColumns):
                dropped = set(rule.columns)
                marks = {name: mark for name, mark in marks.items() if name not in dropped}
        target = marks[self.target_column]
        computed = {target}
        for mark, source_marks in sources.items():
            if not computed.isdisjoint(source_marks):
                computed.add(mark)
        return {name for name, mark in marks.items() if mark in computed and mark != target}


def _check_classes(classes: Sequence[bool | int | str], kind: str, where: str) -> None:
    """Check that classes are possible values of a column of the type."""
    if kind in ("number", "date"):
        raise ValueError(f"{where} is a {kind}; classes need another type")
    if kind == "integer" and not all(isinstance(name, int) and not isinstance(name, bool) for name in classes):
        raise ValueError(f"{where}: classes of an integer column are whole numbers, written without quotes")
    if kind == "boolean" and not all(isinstance(name, int) and name in (0, 1) for name in classes):
        raise ValueError(f"{where}: classes of a boolean column are false and true, written without quotes")


def _check_new_names(names: Sequence[str], taken: Collection[str], where: str) -> None:
    duplicates = set(repeated(names))
    for name in names:
        if name in RESERVED:
            raise ValueError(f"{where}: the name {name!r} is reserved for the pipeline; choose another")
        if name in taken or name in duplicates:
            raise ValueError(f"{where}: makes column {name!r} twice; choose another name")
