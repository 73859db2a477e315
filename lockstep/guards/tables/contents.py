"""What a text file's bytes tell before it is parsed, read a piece at a time: it may be as large as the memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PIECE = 1 << 20
# Arrow needs 12 kB for a column before it has read a value, and a dataset file six to eight values to describe it.
MOST_COLUMNS = 25_000
# Between the values of a row, the most usual first, and as a message lists them.
DELIMITERS, DELIMITERS_SHOWN = (",", ";", "\t", "|"), "comma, semicolon, tab or |"
# Wide characters have NUL bytes.
WHITE = b" \t\n\r\v\f\0"


@dataclass(frozen=True)
class Contents:
    """A text file's ends, and what is in between.

    Attributes:
        head: Its first MiB.
        quoted_end: Whether its last sign that is no white space is a quote.
        blank: Whether it holds nothing but white space.
        one_line: Whether no line ends before the last sign that is no white space.
        nul_line: The first line, counted from 1, with a NUL byte, or None.
    """

    head: bytes
    quoted_end: bool
    blank: bool
    one_line: bool
    nul_line: int | None

    @classmethod
    def of(cls, file: Path) -> Self:
        """Look through a file."""
        head, last = b"", b""
        blank, one_line, ended, lines, nul_line = True, True, False, 0, None
        for piece in pieces(file):
            head, last = head or piece, piece.rstrip(WHITE)[-1:] or last
            if nul_line is None and (position := piece.find(b"\0")) >= 0:
                nul_line = lines + piece.count(b"\n", 0, position) + 1
            lines += piece.count(b"\n")
            text = piece.lstrip() if blank else piece
            kept = text.rstrip()
            if kept:
                blank = False
                one_line = one_line and not ended and not _ends_a_line(kept)
            ended = ended or (not blank and _ends_a_line(text[len(kept) :]))
        return cls(head, last == b'"', blank, one_line, nul_line)


def pieces(file: Path) -> Iterator[bytes]:
    """A file's bytes, a MiB at a time."""
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def header_width(text: str, delimiter: str, most: int) -> tuple[int, bool]:
    """How many columns the first line that is not empty names, as Arrow divides it.

    Args:
        text: The file's beginning.
        delimiter: What stands between two names.
        most: Where counting may end.

    Returns:
        The number, `most` + 1 at most, and whether the line ends inside the text.
    """
    # a quote counts where a name begins; what follows the quoted part belongs to the name
    name = re.compile(rf'(?:"[^"]*(?:""[^"]*)*(?:"|\Z))?[^\r\n{re.escape(delimiter)}]*')
    text = text.removeprefix("\ufeff")
    position, width = len(text) - len(text.lstrip("\r\n")), 0
    while width <= most:
        width, found = width + 1, name.match(text, position)
        position = found.end() if found else len(text)
        if text[position : position + 1] != delimiter:
            break
        position += 1
    return width, position < len(text)


def _ends_a_line(text: bytes) -> bool:
    return b"\n" in text or b"\r" in text
