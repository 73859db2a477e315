"""Files of rows written in batches, in the formats of lockstep.predict.row_files."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from lockstep.errors import DataError
from lockstep.guards.tables.csv_errors import first_line
from lockstep.predict.row_files import PACKED_CSV, PARQUET


class Writer:
    """A file of rows opened for writing; the first batch tells the columns.

    Args:
        path: Where to write.
        kind: CSV, PACKED_CSV or PARQUET.
        shown: What messages call it.
    """

    def __init__(self, path: Path, kind: str, shown: str) -> None:
        self._path, self._kind, self._shown, self._stack = path, kind, shown, ExitStack()
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def write(self, table: pa.Table) -> None:
        """Append rows.

        Raises:
            DataError: for a column whose type the format does not hold.
        """
        try:
            if self._writer is None:
                self._writer = self._stack.enter_context(self._opened(table.schema))
            self._writer.write_table(table)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise DataError(f"{self._shown}: cannot be written: {first_line(error)}; keep other columns") from None

    def _opened(self, schema: pa.Schema) -> Any:
        if self._kind == PARQUET:
            return pq.ParquetWriter(self._path, schema, compression="zstd")
        sink = self._stack.enter_context(pa.OSFile(str(self._path), "wb"))
        if self._kind == PACKED_CSV:
            sink = self._stack.enter_context(pa.CompressedOutputStream(sink, "gzip"))
        plain = not any(sign in name for name in schema.names for sign in ',"\r\n')
        options = csv.WriteOptions(quoting_header="none" if plain else "needed")
        return csv.CSVWriter(sink, schema, write_options=options)
