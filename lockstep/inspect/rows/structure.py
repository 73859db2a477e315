"""What the rows of a table are to one another, as plain data: copies, an order in time, groups, places."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from lockstep.evaluate.screens.copies import Copies


@dataclass(frozen=True)
class SplitAdvice:
    """The split that tests a model as it will be used.

    Attributes:
        strategy: The strategy of params.yaml; None: a random split does.
        time, group: The columns that it uses.
        why: The evidence, for a comment and the terminal.
        hints: Splits that the evidence does not settle.
    """

    strategy: str | None = None
    time: str | None = None
    group: str | None = None
    why: str = ""
    hints: tuple["SplitAdvice", ...] = ()

    def settings(self, renamed: Mapping[str, str]) -> list[str]:
        """The settings, as after `-S` in a shell; empty if the default split does.

        Args:
            renamed: Names after cleaning, where they differ.
        """
        if self.strategy is None:
            return []
        columns = {"group": self.group, "time": self.time}
        named = [setting(name, renamed.get(column, column)) for name, column in columns.items() if column is not None]
        return [f"split.strategy={self.strategy}", *named]

    def text(self, renamed: Mapping[str, str]) -> str:
        """The evidence, followed by the settings."""
        settings = self.settings(renamed)
        return f"{self.why}: {' '.join(settings)}" if settings else self.why


def setting(name: str, column: str) -> str:
    """`split.NAME=COLUMN` as a shell and `dvc exp run -S` read it."""
    plain = column.isascii() and column.isidentifier()
    return f"split.{name}={column}" if plain else shlex.quote(f"split.{name}={json.dumps(column, ensure_ascii=False)}")


@dataclass(frozen=True)
class CalendarDate:
    """A date whose parts are columns.

    Attributes:
        name: The name of the date's column.
        parts: The columns by the part they hold: year, month, day, hour, minute.
        missing: Rows in which they are no date.
    """

    name: str
    parts: Mapping[str, str]
    missing: int


@dataclass(frozen=True)
class Place:
    """Two columns that are a place.

    Attributes:
        y: Latitude, or the coordinate to the north.
        x: Longitude, or the coordinate to the east.
        scale: Length of a unit of x in units of y: degrees of longitude are shorter.
        why: The evidence for the features that are made of it.
        helps: Whether rows near one another have similar targets beyond what the columns tell.
    """

    y: str
    x: str
    scale: float
    why: str
    helps: bool


@dataclass(frozen=True)
class Relations:
    """What the rows of a table are to one another.

    Attributes:
        copies: Rows that repeat another one in all columns except identifiers.
        split: The split that tests a model as it will be used.
        calendars: Dates whose parts are columns.
        places: Pairs of columns that are a place.
    """

    copies: Copies = field(default_factory=Copies)
    split: SplitAdvice = field(default_factory=SplitAdvice)
    calendars: tuple[CalendarDate, ...] = ()
    places: tuple[Place, ...] = ()


def copies_text(copies: Copies) -> str:
    """The copies as a sentence."""
    repeat = "row repeats" if copies.rows == 1 else "rows repeat"
    return (
        f"{copies.rows:,} {repeat} an earlier one (identifiers aside): in a random split {100 * copies.in_test:.3g}% of"
        " the test rows would equal a training row"
    )
