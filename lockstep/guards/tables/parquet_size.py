"""The memory that a Parquet file's columns take, computed before they are read: a few bytes can expand to many."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.errors import SourceError
from lockstep.guards.tables.unpacking import LARGE

MAX_EXPANSION = 1000
CELL_BYTES = 8
# Rows of text in memory at once while they are counted, per MiB of the file: one text may fill a page.
ROWS, MAX_ROWS = 16, 1024


def refuse_bomb(path: Path, file: pq.ParquetFile, names: Sequence[str] | None = None) -> None:
    """Refuse a file whose columns expand to far more than its bytes.

    Args:
        path: The file.
        file: The same, opened.
        names: The columns to read; by default all.

    Raises:
        SourceError: above 256 MiB in memory that are more than 1,000 times the file's size.
    """
    packed, metadata = path.stat().st_size, file.metadata
    remaining = limit = max(LARGE, MAX_EXPANSION * packed)
    fields = [field for field in file.schema_arrow if names is None or field.name in names]
    batch_rows = min(MAX_ROWS, ROWS * (1 + (packed >> 20)))
    for size in _sizes(path, fields, metadata.num_rows, batch_rows):
        remaining -= size
        if remaining < 0:
            raise SourceError(
                f"{packed} bytes stand for {metadata.num_rows:,} rows of {metadata.num_columns} columns with more than"
                f" {limit >> 20} MiB, as in no table; write it again without such repetition, or as CSV"
            )


def _sizes(path: Path, fields: Sequence[pa.Field], n_rows: int, batch_rows: int) -> Iterator[int]:
    """Bytes of all numbers, then those of texts, lists and records, a few rows at a time."""
    widths = {field.name: _width(field.type) for field in fields}
    yield n_rows * sum(max(CELL_BYTES, width or 0) for width in widths.values())
    if texts := [name for name, width in widths.items() if width is None]:
        # without its buffer Arrow would read the bytes of a whole row group at once
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(batch_rows, columns=texts, use_threads=False):
                yield sum(_decoded(values).nbytes for values in batch.columns)


def _width(kind: pa.DataType) -> int | None:
    """Bytes of each value; None if values differ in length."""
    try:
        return None if pa.types.is_dictionary(kind) else -(-kind.bit_width // 8)
    except ValueError:
        return None


def _decoded(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
