"""Which columns of the cleaned table rules compute from which others."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Self

from lockstep.clean.declaration import Declaration
from lockstep.clean.rule import Rule

# The position of the rule that made a column (-1: of the file) and the column's name then.
Mark = tuple[int, str]


@dataclass(frozen=True)
class Lineage:
    """The origin of each column of the cleaned table.

    Attributes:
        marks: The identity of each column under its name in the cleaned table, since a name can pass to another column.
        computed_from: Each column that a rule computed, in order, and the columns that it was computed from.
    """

    marks: Mapping[str, Mark]
    computed_from: Sequence[tuple[Mark, Sequence[Mark]]]

    @classmethod
    def of(cls, names: Iterable[str], rules: Sequence[Rule]) -> Self:
        """The lineage of columns.

        Args:
            names: Columns before the first rule.
            rules: The rules, in order; what one reads besides `names` and earlier results counts as of no column.
        """
        marks: dict[str, Mark] = {name: (-1, name) for name in names}
        computed_from = list[tuple[Mark, Sequence[Mark]]]()
        for position, rule in enumerate(rules):
            declared = Declaration.of(rule)
            before = dict(marks)
            marks |= {name: (position, name) for name in declared.makes}
            computed_from += [
                (marks[name], [before[source] for source in sources if source in before])
                for name, sources in declared.sources.items()
                if name in marks
            ]
            marks = declared.marks_after(marks)
        return cls(marks, computed_from)

    def made_of(self, start: AbstractSet[Mark]) -> set[str]:
        """Columns of the cleaned table that are among `start`, or are computed from them."""
        descendants = set(start)
        for mark, sources in self.computed_from:
            if not descendants.isdisjoint(sources):
                descendants.add(mark)
        return {name for name, mark in self.marks.items() if mark in descendants}

    def made_of_raw(self, names: Iterable[str]) -> set[str]:
        """The same for columns before the first rule."""
        return self.made_of({(-1, name) for name in names})
