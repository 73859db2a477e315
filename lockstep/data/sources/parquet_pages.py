"""The headers of a Parquet file's pages: what Arrow would make of its bytes, told before it does.

Their form is Thrift's compact protocol, their fields those of the Parquet format's FileMetaData and PageHeader.
pyarrow's own view of a column's metadata will not do: of some damaged ones Arrow ends the process.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

# Numbers of fields, types and encodings as parquet.thrift has them.
ROW_GROUPS, COLUMNS, METADATA = 4, 1, 3
CHUNK_VALUES, CHUNK_BYTES, DATA_AT, DICTIONARY_AT = 5, 7, 9, 11
TYPE, UNPACKED, PACKED = 1, 2, 3
DATA, INDEX, DICTIONARY, DATA_V2 = 0, 1, 2, 3
FACTS = {DATA: 5, INDEX: 6, DICTIONARY: 7, DATA_V2: 8}
VALUES, ENCODING, ENCODING_V2 = 1, 2, 4
OF_DICTIONARY, OF_LENGTHS, OF_PREFIXES = (2, 8), 6, 7
END = b"PAR1"
# A number of 64 bits has at most ten bytes; structures lie six deep.
MOST_BYTES, MOST_DEPTH = 10, 8
Fields = dict[int, "int | Fields | list[int | Fields]"]


@dataclass(frozen=True)
class Chunk:
    """Where a column's pages of one row group lie.

    Attributes:
        start: The first byte.
        end: The byte behind the last.
        values: How many values they hold, missing ones too.
    """

    start: int
    end: int
    values: int


@dataclass(frozen=True)
class Page:
    """One page of a column.

    Attributes:
        kind: DATA, DATA_V2, DICTIONARY or INDEX.
        unpacked: Its bytes once they are unpacked.
        values: How many values it holds, missing ones too.
        encoding: How they are written.
    """

    kind: int
    unpacked: int
    values: int
    encoding: int


def chunks_of(stream: BinaryIO) -> list[list[Chunk]]:
    """Each row group's columns.

    Raises:
        ValueError: if the file's end is damaged.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(max(size - 8, 0))
    end = stream.read(8)
    length = int.from_bytes(end[:4], "little")
    if not end.endswith(END) or length + 8 > size:
        raise _damaged()
    stream.seek(size - 8 - length)
    facts = _fields(io.BytesIO(stream.read(length)))
    return [[_chunk(column) for column in _list(group, COLUMNS)] for group in _list(facts, ROW_GROUPS)]


def _list(facts: Fields, field: int) -> list[Fields]:
    found = facts.get(field, [])
    if not isinstance(found, list):
        raise _damaged()
    return [part for part in found if isinstance(part, dict)]


def _chunk(column: Fields) -> Chunk:
    facts = column.get(METADATA)
    if not isinstance(facts, dict):
        raise _damaged()
    start, dictionary = _number(facts, DATA_AT, 63), _number({DICTIONARY_AT: 0} | facts, DICTIONARY_AT, 63)
    start = min(start, dictionary) if dictionary else start
    return Chunk(start, start + _number(facts, CHUNK_BYTES, 63), _number(facts, CHUNK_VALUES, 63))


def pages_of(stream: BinaryIO, chunk: Chunk) -> Iterator[Page]:
    """The pages that Arrow reads for a column of a row group.

    Raises:
        ValueError: if a header is damaged.
    """
    at, seen = chunk.start, 0
    while seen < chunk.values and at < chunk.end:
        stream.seek(at)
        header = _fields(stream)
        at = stream.tell() + _number(header, PACKED)
        page = _page(header)
        seen += page.values if page.kind in (DATA, DATA_V2) else 0
        yield page


def _page(header: Fields) -> Page:
    kind = _number(header, TYPE)
    facts = header.get(FACTS.get(kind, -1), {})
    if not isinstance(facts, dict):
        raise _damaged()
    if kind not in (DATA, DATA_V2, DICTIONARY):
        return Page(kind, _number(header, UNPACKED), 0, -1)
    encoding = _number(facts, ENCODING_V2 if kind == DATA_V2 else ENCODING)
    return Page(kind, _number(header, UNPACKED), _number(facts, VALUES), encoding)


def _number(header: Fields, field: int, bits: int = 31) -> int:
    number = header.get(field)
    # Thrift would leave out the other bits
    if not isinstance(number, int) or not 0 <= number < 1 << bits:
        raise _damaged()
    return number


def _fields(stream: BinaryIO, depth: int = 0) -> Fields:
    """A structure: what its fields hold, by their numbers; texts are passed over."""
    if depth > MOST_DEPTH:
        raise _damaged()
    fields: Fields = {}
    last = 0
    while head := _byte(stream):
        last = last + (head >> 4) if head >> 4 else _signed(stream)
        # of two that are called alike, or would be in 16 bits, it is the reader's choice which one counts
        if last in fields or not 0 <= last < 1 << 15:
            raise _damaged()
        kind = head & 15
        fields[last] = _items(stream, depth) if kind in (9, 10) else _value(stream, kind, depth)
    return fields


def _items(stream: BinaryIO, depth: int) -> list[int | Fields]:
    head = _byte(stream)
    size, kind = head >> 4, head & 15
    size = _unsigned(stream) if size == 15 else size
    # in a list a truth value takes a byte
    return [_value(stream, 3 if kind in (1, 2) else kind, depth) for _ in range(size)]


def _value(stream: BinaryIO, kind: int, depth: int) -> int | Fields:
    match kind:
        case 1 | 2:
            return int(kind == 1)
        case 3:
            return _byte(stream)
        case 4 | 5 | 6:
            return _signed(stream)
        case 7:
            return stream.seek(8, io.SEEK_CUR)
        case 8:
            return stream.seek(_unsigned(stream), io.SEEK_CUR)
        case 12:
            return _fields(stream, depth + 1)
    raise _damaged()


def _signed(stream: BinaryIO) -> int:
    number = _unsigned(stream)
    return -(number + 1 >> 1) if number & 1 else number >> 1


def _unsigned(stream: BinaryIO) -> int:
    number = 0
    for position in range(MOST_BYTES):
        byte = _byte(stream)
        number |= (byte & 127) << 7 * position
        if byte < 128:
            return number
    raise _damaged()


def _byte(stream: BinaryIO) -> int:
    byte = stream.read(1)
    if not byte:
        raise _damaged()
    return byte[0]


def _damaged() -> ValueError:
    return ValueError("the header of a page is damaged")
