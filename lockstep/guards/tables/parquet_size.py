"""How much memory a Parquet file's columns take, told before they are read: few bytes can stand for many."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.errors import SourceError
from lockstep.guards.tables.unpacking import LARGE

MOST_REPEATED = 1000
CELL_BYTES = 8
# Texts that are in memory at once while they are counted, for each MiB of the file: one may be as long as a page.
ROWS, MOST_ROWS = 16, 1024


def refuse_bomb(path: Path, file: pq.ParquetFile, names: Sequence[str] | None = None) -> None:
    """Refuse a file whose columns become far more than its bytes.

    Args:
        path: The file.
        file: The same, opened.
        names: The columns that are asked for; by default all.

    Raises:
        SourceError: above 256 MiB in memory that are more than 1,000 times the file's size.
    """
    packed, metadata = path.stat().st_size, file.metadata
    left = most = max(LARGE, MOST_REPEATED * packed)
    fields = [field for field in file.schema_arrow if names is None or field.name in names]
    at_once = min(MOST_ROWS, ROWS * (1 + (packed >> 20)))
    for size in _sizes(path, fields, metadata.num_rows, at_once):
        left -= size
        if left < 0:
            raise SourceError(
                f"{packed} bytes stand for {metadata.num_rows:,} rows of {metadata.num_columns} columns with more than"
                f" {most >> 20} MiB, as in no table; write it again without such repetition, or as CSV"
            )


def _sizes(path: Path, fields: Sequence[pa.Field], n_rows: int, at_once: int) -> Iterator[int]:
    """Bytes of all numbers, then those of texts, lists and records, a few rows at a time."""
    widths = {field.name: _width(field.type) for field in fields}
    yield n_rows * sum(max(CELL_BYTES, width or 0) for width in widths.values())
    if texts := [name for name, width in widths.items() if width is None]:
        # without its buffer Arrow would read the bytes of a whole row group at once
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20) as file:
            for batch in file.iter_batches(at_once, columns=texts, use_threads=False):
                yield sum(_decoded(values).nbytes for values in batch.columns)


def _width(kind: pa.DataType) -> int | None:
    """Bytes of each value, None where values differ in length."""
    try:
        return None if pa.types.is_dictionary(kind) else -(-kind.bit_width // 8)
    except ValueError:
        return None


def _decoded(values: pa.Array) -> pa.Array:
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
