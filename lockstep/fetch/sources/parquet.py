"""The source parquet."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import TypedFile
from lockstep.guards.tables.csv_errors import first_line
from lockstep.guards.tables.parquet_size import refuse_bomb


class ParquetFile(TypedFile):
    """A Parquet file, published at URLs or stored at a path; its columns have their own types."""

    FORMAT = "a Parquet file"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table.parquet", "sha256": "0" * 64}]

    def read(self, obtained: Obtained) -> pa.Table:
        try:
            with pq.ParquetFile(obtained.file) as file:
                refuse_bomb(obtained.file, file)
                return file.read()
        except SourceError as error:
            raise SourceError(f"{obtained.label}: {error}") from None
        # a name that is not UTF-8 is a UnicodeDecodeError
        except (pa.ArrowException, OSError, ValueError) as error:
            raise SourceError(f"{obtained.label}: is no readable Parquet file: {first_line(error)}") from None
