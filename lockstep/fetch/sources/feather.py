"""The source feather."""

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.source import TypedFile
from lockstep.guards.tables.arrow_size import START, refuse_arrow_bomb, refuse_repeated_texts
from lockstep.guards.tables.csv_errors import first_line


class FeatherFile(TypedFile):
    """A Feather file (version 2) or another file in Arrow's IPC format; its columns have their own types."""

    FORMAT = "a Feather file"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [{"path": "table.feather", "sha256": "0" * 64}]

    def read(self, obtained: Obtained) -> pa.Table:
        try:
            refuse_arrow_bomb(obtained.file)
            with pa.OSFile(str(obtained.file)) as file:
                # as a stream, which is what was measured: a file's own list of its parts may name others
                file.seek(START)
                table = pa.ipc.open_stream(file).read_all()
            # Arrow trusts offsets and texts of such a file
            table.validate(full=True)
            refuse_repeated_texts(obtained.file, table)
        except SourceError as error:
            raise SourceError(f"{obtained.label}: {error}") from None
        except (pa.ArrowException, OSError, ValueError, MemoryError, struct.error) as error:
            raise SourceError(f"{obtained.label}: is no readable Feather file: {first_line(error)}") from None
        return _without_views(table)


def _without_views(table: pa.Table) -> pa.Table:
    """Polars' texts as the text that all other files have."""
    views = {field.name for field in table.schema if pa.types.is_string_view(field.type)}
    fields = [field.with_type(pa.string()) if field.name in views else field for field in table.schema]
    return table.cast(pa.schema(fields)) if views else table
