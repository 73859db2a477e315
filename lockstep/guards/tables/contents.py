"""Facts about a text file before it is parsed, read in pieces because it may be as large as the memory."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PIECE = 1 << 20
# Arrow needs 12 kB for a column before it has read a value, and a dataset file six to eight values to describe it.
MAX_COLUMNS = 25_000
# Wide characters have NUL bytes.
WHITE = b" \t\n\r\v\f\0"
LINE_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True)
class Contents:
    """Facts about the content of a text file.

    Attributes:
        head: Its first MiB.
        quoted_end: Whether its last character other than white space is a quote.
        blank: Whether it contains only white space.
        one_line: Whether no line ends before the last character other than white space.
        nul_line: The first line, counted from 1, with a NUL byte, or None.
    """

    head: bytes
    quoted_end: bool
    blank: bool
    one_line: bool
    nul_line: int | None

    @classmethod
    def of(cls, file: Path) -> Self:
        """Scan a file."""
        head, last = b"", b""
        blank, one_line, ended, lines, nul_line = True, True, False, 0, None
        for piece in pieces(file):
            head, last = head or piece, piece.rstrip(WHITE)[-1:] or last
            if nul_line is None and (position := piece.find(b"\0")) >= 0:
                nul_line = lines + piece.count(b"\n", 0, position) + 1
            lines += piece.count(b"\n")
            text = piece.lstrip() if blank else piece
            stripped = text.rstrip()
            if stripped:
                blank = False
                one_line = one_line and not ended and not _ends_a_line(stripped)
            ended = ended or (not blank and _ends_a_line(text[len(stripped) :]))
        return cls(head, last == b'"', blank, one_line, nul_line)


def pieces(file: Path) -> Iterator[bytes]:
    """A file's bytes, a MiB at a time."""
    with file.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def after_lines(text: str, n_lines: int) -> str:
    """A text without its first lines, whatever ends them."""
    if not n_lines:
        return text
    parts = LINE_END.split(text.removeprefix("\ufeff"), maxsplit=n_lines)
    return parts[n_lines] if len(parts) > n_lines else ""


def header_width(text: str, delimiter: str, most: int) -> tuple[int, bool]:
    """Count the columns of the first line that is not empty, split as Arrow does.

    Args:
        text: The beginning of the file.
        delimiter: The delimiter of names.
        most: The number at which counting stops.

    Returns:
        The number, at most `most` + 1, and whether the line ends inside the text.
    """
    # a quote counts only where a name begins; text after the quoted part belongs to the name
    name = re.compile(rf'(?:"[^"]*(?:""[^"]*)*(?:"|\Z))?[^\r\n{re.escape(delimiter)}]*')
    text = text.removeprefix("\ufeff")
    position, width = len(text) - len(text.lstrip("\r\n")), 0
    while width <= most:
        width, match = width + 1, name.match(text, position)
        position = match.end() if match else len(text)
        if text[position : position + 1] != delimiter:
            break
        position += 1
    return width, position < len(text)


def _ends_a_line(text: bytes) -> bool:
    return b"\n" in text or b"\r" in text
