"""The encoding of a text file."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from lockstep.errors import SourceError
from lockstep.guards.tables.contents import PIECE, Contents, pieces
from lockstep.guards.tables.formats import BYTE_ORDER_MARKS
from lockstep.inspect.files.alphabets import explained_words
from lockstep.inspect.files.double_bytes import encoding_of_two_bytes

# Lines with other characters than ASCII that are looked at, spread over the file.
LINES, LINES_PER_PIECE, LONGEST = 2000, 50, 2000
OTHER = re.compile(rb"[\x80-\xff]")
# Different words of these lines; more of them decide nothing else.
WORD, WORDS = re.compile(rb"""[^\s,;"]*[\x80-\xff][^\s,;"]*"""), 500
# Share of different words that are no UTF-8 (of lines: half of it) below which a file is damaged UTF-8.
DAMAGED = 0.2


@dataclass(frozen=True)
class TextEncoding:
    """An encoding, and the reason where it was guessed.

    Attributes:
        name: Its name in Python.
        samples: Up to two texts as it reads them; none where the file itself tells its encoding.
    """

    name: str
    samples: tuple[str, ...] = ()


def detect_encoding(file: Path, contents: Contents, label: str) -> TextEncoding:
    """The encoding of a file: by its byte-order mark, UTF-8 if all of it is, otherwise the most plausible one.

    Raises:
        SourceError: for UTF-8 that is damaged in a few lines.
    """
    for mark, name in BYTE_ORDER_MARKS:
        if contents.head.startswith(mark):
            return TextEncoding(name)
    if decodes(file, "utf-8"):
        return TextEncoding("utf-8")
    lines = list(_other_lines(file))
    words = list(islice(dict.fromkeys(word for line in lines for word in WORD.findall(line)), WORDS))
    _refuse_damaged_utf8(words, lines, label)
    sample = b"\n".join(words)
    for name in _candidates(sample):
        if decodes(file, name):
            return TextEncoding(name, _samples(words, name))
    return TextEncoding("latin-1", _samples(words, "latin-1"))


def decodes(file: Path, encoding: str) -> bool:
    """Whether all of a file is text in an encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _other_lines(file: Path) -> Iterator[bytes]:
    """Lines with other characters than ASCII: the first of pieces at equal distances."""
    step = 1 + file.stat().st_size // PIECE // (LINES // LINES_PER_PIECE)
    for number, piece in enumerate(islice(pieces(file), 0, None, step)):
        # a piece begins and ends inside of lines
        whole = piece.splitlines()[1 if number else 0 :]
        lines = (line for line in whole if OTHER.search(line))
        yield from (line[:LONGEST] for line in islice(lines, LINES_PER_PIECE if step > 1 else LINES))


def _refuse_damaged_utf8(words: list[bytes], lines: list[bytes], label: str) -> None:
    damaged = [word for word in words if not _is_utf8(word)]
    n_damaged = sum(not _is_utf8(line) for line in lines)
    if len(damaged) < DAMAGED * len(words) or n_damaged < DAMAGED / 2 * len(lines):
        shown = repr(damaged[0].decode("utf-8", errors="replace")[:60]) if damaged else "in a later line"
        raise SourceError(
            f"{label}: is UTF-8 text but for few words, such as {shown}; mend them, or read the file with"
            " --encoding cp1252, which reads all other words wrong"
        )


def _is_utf8(word: bytes) -> bool:
    try:
        word.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _candidates(sample: bytes) -> Iterator[str]:
    """Encodings, the most plausible first."""
    if name := encoding_of_two_bytes(sample):
        yield name
    yield from (found.encoding for found in explained_words(sample))


def _samples(words: list[bytes], name: str) -> tuple[str, ...]:
    """Two different words with other characters than ASCII."""
    texts = dict.fromkeys(word.decode(name, errors="replace").strip() for word in words)
    return tuple(text[:30] for text in islice(texts, 2))
