"""What the person's terminal can show: movement and colour, which only decorate what the words say."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

# A stage takes minutes over a table of so many rows.
LONG_ROWS = 200_000


def step_printer(stage: str, rows: int) -> Callable[[str], None]:
    """What tells the person which step of a stage has begun, if the table makes steps long.

    Args:
        stage: The stage's name.
        rows: Rows of its table.
    """

    def tell(step: str) -> None:
        if rows >= LONG_ROWS:
            print(f"{stage}: {step}", file=sys.stderr, flush=True)

    return tell


def is_terminal(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can go back in its line."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


@dataclass(frozen=True)
class Paint:
    """Looks of text.

    Attributes:
        on: False leaves every text as it is.
    """

    on: bool = False

    @classmethod
    def of(cls, stream: TextIO) -> "Paint":
        """For a stream: off if it is no terminal, or NO_COLOR is set (https://no-color.org)."""
        return cls(is_terminal(stream) and not os.environ.get("NO_COLOR"))

    def bold(self, text: str) -> str:
        """What is read first."""
        return self._with("1", text)

    def dim(self, text: str) -> str:
        """What is read last."""
        return self._with("2", text)

    def good(self, text: str) -> str:
        """Green."""
        return self._with("32", text)

    def bad(self, text: str) -> str:
        """Red."""
        return self._with("31", text)

    def _with(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on else text
