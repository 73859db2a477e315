"""Names of columns and values as messages show them, and names that stand twice."""

import reprlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lockstep.errors import one_line
from lockstep.guards.text.secrets import masked

SHOWN, LENGTH = 20, 80
LONGEST_LINE = 1000


def listed(names: Sequence[str]) -> str:
    """The first names; in quotes where a reader would not see what they hold."""
    more = [f"and {len(names) - SHOWN:,} more"] if len(names) > SHOWN else []
    return ", ".join([shown(name) for name in names[:SHOWN]] + more)


def shown(name: str) -> str:
    """A name in one short line: in quotes if it is empty, long, or has signs that cannot be seen."""
    short = name if len(name) <= LENGTH else f"{name[:LENGTH]}..."
    return short if short.isprintable() and short.split(" ") == short.split() else repr(short)


def brief(text: str) -> str:
    """A text in one line that a terminal shows as it is."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def safe_line(text: object) -> str:
    """A message that quotes what somebody wrote, in one line without passwords.

    It goes without its middle where it is longer than a person reads: the remedy stands at its end.
    """
    line = one_line(brief(masked(str(text))))
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 300]} ... {line[-200:]}"


def repeated(names: Sequence[str]) -> list[str]:
    """Names that stand more than once, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


class _Short(reprlib.Repr):
    """Values without passwords, cut where they are long: aliases can make a small file's value very large."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = LENGTH

    def repr_str(self, x: str, level: int) -> str:
        # a password's end could be cut away, and with it what tells that it is one
        return super().repr_str(masked(x), level)


def quoted(value: Any) -> str:
    """A value as Python writes it, short and without passwords."""
    return _Short().repr(value)
