"""Names of columns and values as messages show them, and repeated names."""

import reprlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

from lockstep.errors import one_line
from lockstep.guards.text.secrets import masked

MAX_NAMES, LENGTH = 20, 80
MAX_LINE = 1000


def listed(names: Sequence[str]) -> str:
    """The first names, separated by commas, each as `shown` gives it."""
    more = [f"and {len(names) - MAX_NAMES:,} more"] if len(names) > MAX_NAMES else []
    return ", ".join([shown(name) for name in names[:MAX_NAMES]] + more)


def shown(name: str) -> str:
    """A name in one short line: in quotes if it is empty or has invisible characters."""
    short = name if len(name) <= LENGTH else f"{name[:LENGTH]}..."
    return short if short.isprintable() and short.split(" ") == short.split() else repr(short)


def brief(text: str) -> str:
    """A text in one line, with unprintable characters replaced by spaces."""
    return "".join(char if char.isprintable() else " " for char in text)


def safe_line(text: object) -> str:
    """A message that quotes untrusted text, in one line without passwords.

    Long messages lose their middle, because the remedy is at the end.
    """
    line = one_line(brief(masked(str(text))))
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 300]} ... {line[-200:]}"


def repeated(names: Sequence[str]) -> list[str]:
    """Names that occur more than once, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


class _Short(reprlib.Repr):
    """Values without passwords, shortened: aliases can make the value of a small file very large."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = LENGTH

    def repr_str(self, x: str, level: int) -> str:
        # masked before it is shortened: without its end a password would not be recognised
        return super().repr_str(masked(x), level)


def quoted(value: Any) -> str:
    """A value as Python writes it, short and without passwords."""
    return _Short().repr(value)
