"""The source parquet_folder."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pydantic import model_validator

from lockstep.errors import SourceError
from lockstep.fetch.file_digest import part_files
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import TypedFile
from lockstep.guards.tables.csv_errors import first_line
from lockstep.guards.tables.parquet_size import refuse_bomb


class ParquetFolder(TypedFile):
    """A folder of Parquet files, such as Spark writes: one table, its rows in the order of the files' paths.

    Folders named `year=2024` become columns. Files and folders whose names begin with a dot or _ are left out. The
    sha256 is that of the list which `sha256sum` prints for the files, one line each, in the order of their paths:
    `find . -type f -not -path '*/[._]*' -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum`.
    """

    FORMAT = "a Parquet file"
    FOLDER = True

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table", "sha256": "0" * 64}]

    @model_validator(mode="after")
    def _stored(self) -> Self:
        if self.urls or self.archive_member:
            raise ValueError("a folder needs a path, not urls or archive_member")
        return self

    def read(self, obtained: Obtained) -> pa.Table:
        if not obtained.file.is_dir():
            raise SourceError(f"{obtained.label}: is no folder; set source.kind to parquet, or name the folder")
        label, files = obtained.label, part_files(obtained.file, obtained.label)
        try:
            for file in files:
                label = f"{obtained.label}/{file.relative_to(obtained.file).as_posix()}"
                with pq.ParquetFile(file) as opened:
                    refuse_bomb(file, opened)
            label = obtained.label
            parts = ds.dataset([str(file) for file in files], partitioning=ds.partitioning(flavor="hive"))
            return parts.to_table(use_threads=False)
        except SourceError as error:
            raise SourceError(f"{label}: {error}") from None
        # files whose columns differ in type are an ArrowTypeError
        except (pa.ArrowException, OSError, ValueError, TypeError) as error:
            raise SourceError(f"{label}: is no readable Parquet file: {first_line(error)}") from None
