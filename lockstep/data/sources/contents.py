"""What a text file's bytes tell before it is parsed, read a piece at a time: it may be as large as the memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PIECE = 1 << 20
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


def _ends_a_line(text: bytes) -> bool:
    return b"\n" in text or b"\r" in text
