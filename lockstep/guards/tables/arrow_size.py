"""The memory that an Arrow IPC file takes, computed before it is read: compressed buffers can expand to many bytes."""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lockstep.errors import SourceError
from lockstep.guards.tables.parquet_size import CELL_BYTES, MAX_EXPANSION
from lockstep.guards.tables.unpacking import LARGE

MAGIC = b"ARROW1"
# The messages begin behind the magic, padded to eight bytes.
START = 8
DICTIONARY_BATCH, RECORD_BATCH = 2, 3


def refuse_arrow_bomb(path: Path) -> None:
    """Refuse a file whose messages, read as a stream, expand to far more than its bytes.

    Raises:
        SourceError: above 256 MiB in memory that are more than 1,000 times the file's size.
        struct.error, pyarrow.ArrowException: if it is damaged.
    """
    packed = path.stat().st_size
    remaining = max(LARGE, MAX_EXPANSION * packed)
    with pa.memory_map(str(path)) as file:
        file.seek(START)
        for message in pa.ipc.MessageReader.open_stream(file):
            remaining -= _size(message)
            if remaining < 0:
                raise _bomb(packed)


def refuse_repeated_texts(path: Path, table: pa.Table) -> None:
    """Refuse a table in which one text stands for many: as a dictionary's entry, or as a view of the same bytes.

    Raises:
        SourceError: by the limit of `refuse_arrow_bomb`.
    """
    packed = path.stat().st_size
    if sum(_text_bytes(chunk) for column in table.columns for chunk in column.chunks) > max(
        LARGE, MAX_EXPANSION * packed
    ):
        raise _bomb(packed)


def _bomb(packed: int) -> SourceError:
    return SourceError(
        f"{packed} bytes stand for more than {max(LARGE, MAX_EXPANSION * packed) >> 20} MiB, as in no table; write it"
        " again without such repetition, or as CSV"
    )


def _text_bytes(chunk: pa.Array) -> int:
    if pa.types.is_dictionary(chunk.type):
        kind = chunk.type.value_type
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            return int(pc.sum(pc.binary_length(chunk.dictionary).take(chunk.indices)).as_py() or 0)
    if pa.types.is_string_view(chunk.type) or pa.types.is_binary_view(chunk.type):
        # a view is 16 bytes, of which the first four are its length
        lengths = np.frombuffer(chunk.buffers()[1], np.int32)[::4][chunk.offset : chunk.offset + len(chunk)]
        return int(lengths.sum(dtype=np.int64))
    return 0


def _size(message: pa.ipc.Message) -> int:
    """Bytes of a message's values: those of its buffers, unpacked, and at least eight for each value."""
    # format/Message.fbs of Apache Arrow describes these tables
    content = memoryview(message.metadata)
    root = struct.unpack_from("<I", content)[0]
    kind = struct.unpack_from("<B", content, _field(content, root, 1) or root)[0]
    if kind not in (DICTIONARY_BATCH, RECORD_BATCH):
        return 0
    batch = _target(content, _field(content, root, 2))
    if kind == DICTIONARY_BATCH:
        batch = _target(content, _field(content, batch, 1))
    nodes = [node[0] for node in _structs(content, _field(content, batch, 1))]
    packed = bool(_field(content, batch, 3))
    body = memoryview(message.body) if message.body is not None else memoryview(b"")
    buffers = _structs(content, _field(content, batch, 2))
    unpacked = sum(_unpacked(body, offset, length) if packed else length for offset, length in buffers)
    return int(max(unpacked, CELL_BYTES * sum(nodes)))


def _unpacked(body: memoryview, offset: int, length: int) -> int:
    """A packed buffer begins with its unpacked length; -1 if it is not packed after all."""
    if not length:
        return 0
    size: int = struct.unpack_from("<q", body, offset)[0]
    return length if size < 0 else size


def _field(content: memoryview, table: int, number: int) -> int:
    """The position of a table's field; 0 if it is absent."""
    fields = table - struct.unpack_from("<i", content, table)[0]
    place = 4 + 2 * number
    if place >= struct.unpack_from("<H", content, fields)[0]:
        return 0
    offset: int = struct.unpack_from("<H", content, fields + place)[0]
    return table + offset if offset else 0


def _target(content: memoryview, position: int) -> int:
    return position + int(struct.unpack_from("<I", content, position)[0])


def _structs(content: memoryview, position: int) -> Iterator[tuple[int, int]]:
    """The pairs of 64-bit integers of a vector."""
    if not position:
        return
    start = _target(content, position)
    for index in range(struct.unpack_from("<I", content, start)[0]):
        yield struct.unpack_from("<qq", content, start + 4 + 16 * index)
