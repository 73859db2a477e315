"""Progress lines, colours and other output that depends on the terminal."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

# With this many rows a stage takes minutes.
LONG_ROWS = 200_000


def step_printer(stage: str, rows: int) -> Callable[[str], None]:
    """A function that prints each step of a stage as it begins, if the table is large.

    Args:
        stage: The stage's name.
        rows: Number of rows of its table.
    """

    def print_step(step: str) -> None:
        if rows >= LONG_ROWS:
            print(f"{stage}: {step}", file=sys.stderr, flush=True)

    return print_step


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can overwrite its current line."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True)
class Paint:
    """Styles of terminal text.

    Attributes:
        on: False leaves every text as it is.
    """

    on: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> "Paint":
        """The style of a stream: off if it is not a terminal, or NO_COLOR is set (https://no-color.org)."""
        return cls(is_terminal(stream) and not os.environ.get("NO_COLOR"))

    def bold(self, text: str) -> str:
        """Bold, for the most important text."""
        return self._with("1", text)

    def dim(self, text: str) -> str:
        """Dim, for the least important text."""
        return self._with("2", text)

    def good(self, text: str) -> str:
        """Green."""
        return self._with("32", text)

    def bad(self, text: str) -> str:
        """Red."""
        return self._with("31", text)

    def _with(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text
