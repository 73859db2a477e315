"""How much memory a Parquet file's columns take, told before they are decoded: few bytes can stand for many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lockstep.data.sources.parquet_pages import (
    DICTIONARY,
    OF_DICTIONARY,
    OF_LENGTHS,
    OF_PREFIXES,
    Chunk,
    Page,
    chunks_of,
    pages_of,
)
from lockstep.data.sources.unpacking import LARGE
from lockstep.errors import SourceError

MOST_REPEATED = 1000
# Of a number, or where a text begins; what Arrow keeps of a dictionary's entry; what it needs for a page at least.
CELL_BYTES, ENTRY_BYTES, PAGE_BYTES = 8, 16, 8 << 10
TEXT = "BYTE_ARRAY"
# Rows of text that are decoded at once while it is counted, and bytes that they may become.
ROWS, COUNTED_BYTES = 1 << 14, 16 << 20
# Without a buffer Arrow reads the bytes of a whole row group at once.
PIECEWISE = {"pre_buffer": False, "buffer_size": 1 << 20}


@dataclass
class _Column:
    """What the pages of one column may become.

    Attributes:
        width: Bytes of a value, or of the place where its text begins.
        size: Bytes that are sure.
        texts: Bytes at most of texts that stand for more than they take in the file.
        longest: Bytes that one of its texts has at most.
        entries: How many texts of each row group stand in its dictionary.
        deltas: Whether some texts are written in a way that Arrow cannot read as a dictionary.
    """

    width: int
    size: int = 0
    texts: int = 0
    longest: int = 0
    entries: dict[int, int] = field(default_factory=dict)
    deltas: bool = False

    def add(self, page: Page, group: int, dictionary: int) -> None:
        """Count a page of a row group whose dictionary has a size, 0 where there are no texts."""
        self.longest = max(self.longest, page.unpacked)
        if page.kind == DICTIONARY:
            self.size += page.unpacked + PAGE_BYTES + ENTRY_BYTES * page.values
            return
        self.size += max(page.unpacked, PAGE_BYTES, self.width * page.values)
        if page.encoding in OF_DICTIONARY:
            self.texts += page.values * dictionary
            self.entries[group] = self.entries.get(group, 0) + page.values
        elif page.encoding == OF_PREFIXES:
            self.texts += page.values * page.unpacked
        self.deltas |= page.encoding in (OF_LENGTHS, OF_PREFIXES)


def refuse_bomb(path: Path, file: pq.ParquetFile, names: Sequence[str] | None = None) -> None:
    """Refuse a file whose columns become far more than its bytes.

    Args:
        path: The file.
        file: The same, opened.
        names: The columns that are asked for; by default all.

    Raises:
        SourceError: above 256 MiB in memory that are more than 1,000 times the file's size.
        ValueError: if the header of a page is damaged.
    """
    limit = _Limit(path, file)
    with path.open("rb") as stream:
        groups = chunks_of(stream)
        columns = {
            index: _measured(stream, file, index, [group[index] for group in groups if index < len(group)], limit)
            for index in _asked(file, names)
        }
    unsure = {index: column for index, column in columns.items() if column.texts}
    if limit.left >= sum(column.texts for column in unsure.values()):
        return
    most = {index: _most_texts(path, file.schema.column(index).path, column) for index, column in unsure.items()}
    if limit.left >= sum(most.values()):
        return
    for index in unsure:
        for size in _text_sizes(path, file, index, columns[index], most[index]):
            limit.take(size)


class _Limit:
    """What a file's columns may take together."""

    def __init__(self, path: Path, file: pq.ParquetFile) -> None:
        self._packed, self._metadata = path.stat().st_size, file.metadata
        self._most = self.left = max(LARGE, MOST_REPEATED * self._packed)

    def take(self, size: int) -> None:
        """Count bytes."""
        self.left -= size
        if self.left < 0:
            raise SourceError(
                f"{self._packed} bytes stand for {self._metadata.num_rows:,} rows of {self._metadata.num_columns}"
                f" columns with more than {self._most >> 20} MiB, as in no table; write it again without such"
                " repetition, or as CSV"
            )


def _asked(file: pq.ParquetFile, names: Sequence[str] | None) -> Iterator[int]:
    schema, asked = file.schema, None if names is None else set(names)
    for index in range(file.metadata.num_columns):
        parts = schema.column(index).path.split(".")
        # asked for `a`, Arrow also reads a column called `a.b`
        if asked is None or any(".".join(parts[:end]) in asked for end in range(1, len(parts) + 1)):
            yield index


def _measured(stream: BinaryIO, file: pq.ParquetFile, index: int, chunks: Sequence[Chunk], limit: _Limit) -> _Column:
    facts = file.schema.column(index)
    text = facts.physical_type == TEXT
    column = _Column(max(CELL_BYTES, facts.length))
    for group, chunk in enumerate(chunks):
        dictionary = 0
        for page in pages_of(stream, chunk):
            before = column.size
            column.add(page, group, dictionary if text else 0)
            dictionary = page.unpacked if page.kind == DICTIONARY else dictionary
            limit.take(column.size - before)
    return column


def _most_texts(path: Path, name: str, column: _Column) -> int:
    """Bytes of a column's texts if each were as long as the longest in its row group's dictionary."""
    if column.deltas:
        return column.texts
    most = 0
    with pq.ParquetFile(path, read_dictionary=[name], **PIECEWISE) as file:
        for group, values in column.entries.items():
            for rows in islice(file.iter_batches(1, row_groups=[group], columns=[name], use_threads=False), 1):
                most += values * max(_longest(part) for part in rows.columns)
    return most


def _text_sizes(path: Path, file: pq.ParquetFile, index: int, column: _Column, most: int) -> Iterator[int]:
    """Bytes of a column's texts, told while few of them are in memory; of nested ones `most`."""
    name = file.schema.column(index).path
    if not _is_flat(file, name):
        return iter((most,))
    if column.deltas:
        rows = max(1, min(ROWS, COUNTED_BYTES // max(column.longest, 1)))
        return _flat_texts(pq.ParquetFile(path, **PIECEWISE), name, rows)
    return _flat_texts(pq.ParquetFile(path, read_dictionary=[name], **PIECEWISE), name, ROWS)


def _is_flat(file: pq.ParquetFile, name: str) -> bool:
    position = file.schema_arrow.get_field_index(name)
    return position >= 0 and not pa.types.is_nested(file.schema_arrow.field(position).type)


def _flat_texts(opened: pq.ParquetFile, name: str, rows: int) -> Iterator[int]:
    with opened as file:
        for batch in file.iter_batches(rows, columns=[name], use_threads=False):
            yield sum(_text_bytes(values) for values in batch.columns)


def _text_bytes(texts: pa.Array) -> int:
    if not pa.types.is_dictionary(texts.type):
        return pc.sum(_lengths(texts)).as_py() or 0
    return pc.sum(pc.take(_lengths(texts.dictionary), texts.indices)).as_py() or 0


def _longest(values: pa.Array) -> int:
    """Bytes of the longest text in the dictionary that lies in an array."""
    if pa.types.is_dictionary(values.type):
        return pc.max(_lengths(values.dictionary)).as_py() or 0
    if pa.types.is_struct(values.type):
        return max((_longest(part) for part in values.flatten()), default=0)
    if pa.types.is_map(values.type):
        return max(_longest(values.keys), _longest(values.items))
    return _longest(values.flatten()) if pa.types.is_nested(values.type) else 0


def _lengths(texts: pa.Array) -> pa.Array:
    return pc.cast(pc.binary_length(texts), pa.int64())
