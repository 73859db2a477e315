"""What a rule declares about its columns, as checked plain data, and what follows from it."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Self, get_args

from lockstep.clean.column_block import Column
from lockstep.clean.rule import Given, Rule, mistakes_of, place_of
from lockstep.errors import ConfigError
from lockstep.guards.text.messages import repeated, shown
from lockstep.project.settings import is_reserved
from lockstep.table.table_columns import must_be_date, must_be_in, must_be_number

TYPES = tuple(name for name in get_args(Column.model_fields["type"].annotation) if name != "ignore")


@dataclass(frozen=True)
class Declaration:
    """The columns of a rule; see the methods of `Rule` with these names."""

    reads: tuple[str, ...]
    reads_numbers: tuple[str, ...]
    reads_dates: tuple[str, ...]
    makes: Mapping[str, str]
    changes: tuple[str, ...]
    renames: Mapping[str, str]
    removes: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]
    given: Mapping[str, Given]

    @classmethod
    def of(cls, rule: Rule) -> Self:
        """What a rule declares.

        Raises:
            ConfigError: naming the file of a project's own rule, if it declares something else than names and types.
        """
        with mistakes_of(rule):
            reads, numbers, dates = rule.reads(), rule.reads_numbers(), rule.reads_dates()
            makes, changes, renames, removes = rule.makes(), rule.changes(), rule.renames(), rule.removes()
            sources, given = rule.sources(), rule.given()
        for method, value in {"makes": makes, "renames": renames, "sources": sources, "given": given}.items():
            if not isinstance(value, Mapping):
                raise _mistake(rule, method, value, "a mapping, {} for none")
        for name, kind in makes.items():
            if kind not in TYPES:
                raise _mistake(rule, "makes", {name: kind}, f"one of the types {', '.join(TYPES)} for each name")
        declared = cls(
            _names(rule, "reads", reads),
            _names(rule, "reads_numbers", numbers),
            _names(rule, "reads_dates", dates),
            dict(zip(_names(rule, "makes", list(makes)), makes.values(), strict=True)),
            _names(rule, "changes", changes),
            dict(
                zip(_names(rule, "renames", list(renames)), _names(rule, "renames", [*renames.values()]), strict=True)
            ),
            _names(rule, "removes", removes),
            {name: _names(rule, "sources", names) for name, names in sources.items()},
            given,
        )
        if not set(given) <= set(declared.makes) or not all(isinstance(column, Given) for column in given.values()):
            raise _mistake(rule, "given", given, "a Given for columns that the rule makes")
        if set(declared.sources) != set(declared.results):
            raise _mistake(rule, "sources", list(sources), "an entry for each column made or changed")
        if not set(declared.reads).issuperset(name for names in declared.sources.values() for name in names):
            raise _mistake(rule, "sources", sources, "columns that the rule reads")
        return declared

    @property
    def results(self) -> tuple[str, ...]:
        """Columns whose values the rule computes."""
        return (*self.makes, *self.changes)

    def types_after(self, types: Mapping[str, str], where: str) -> dict[str, str]:
        """Names and types of the columns after the rule.

        Args:
            types: Names and types of the columns before the rule, in order.
            where: The rule in messages.

        Raises:
            ValueError: if a column is absent or has another type, or a new name is taken.
        """
        for column in (*self.reads, *self.changes, *self.renames, *self.removes):
            must_be_in(types, column, where)
        for column in self.reads_numbers:
            must_be_in(types, column, where)
            must_be_number(types, column, where)
        for column in self.reads_dates:
            must_be_in(types, column, where)
            must_be_date(types, column, where)
        # a column that is renamed or removed frees its name for another one, but not for values that the rule makes
        renamed = list(self.renames.values())
        check_new_names(renamed, types.keys() - self.renames.keys() - set(self.removes), where)
        check_new_names(list(self.makes), {*types, *renamed}, where)
        return {new: types[old] for old, new in self._names_after(types).items()} | dict(self.makes)

    def marks_after(self, marks: Mapping[str, Any]) -> dict[str, Any]:
        """The marks of columns under the names that the columns have after the rule."""
        return {new: marks[old] for old, new in self._names_after(marks).items()}

    def needed_before(self, needed: AbstractSet[str]) -> set[str]:
        """Columns of new rows needed before the rule.

        Args:
            needed: Columns needed after the rule.
        """
        old = {new: old for old, new in self.renames.items()}
        reads = () if set(self.results) <= self.given.keys() else self.reads
        return {old.get(name, name) for name in needed if name not in self.makes} | set(reads)

    def _names_after(self, names: Collection[str]) -> dict[str, str]:
        return {name: self.renames.get(name, name) for name in names if name not in self.removes}


def check_new_names(names: Sequence[str], taken: Collection[str], where: str) -> None:
    """Refuse names of new columns that are reserved, taken, or the same.

    Raises:
        ValueError: beginning with `where`.
    """
    duplicates = set(repeated(names))
    for name in names:
        if is_reserved(name):
            raise ValueError(f"{where}: the name {name!r} is reserved for the pipeline; choose another")
        if name in taken or name in duplicates:
            raise ValueError(f"{where}: makes column {name!r} twice; choose another name")


def _names(rule: Rule, method: str, names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Collection) or not all(isinstance(name, str) for name in names):
        raise _mistake(rule, method, names, "a tuple of names")
    return tuple(names)


def _mistake(rule: Rule, method: str, value: Any, expected: str) -> ConfigError:
    return ConfigError(f"{place_of(rule)}: {method}() returns {shown(repr(value))}; return {expected}")
