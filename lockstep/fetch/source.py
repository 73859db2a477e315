"""The base of sources of tables. A source is one class in one file of lockstep/fetch/sources/."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from lockstep.errors import SourceError
from lockstep.fetch.file_places import FilePlaces, Obtained
from lockstep.guards.text.messages import repeated
from lockstep.project.kinds import Kind, OneOfKind
from lockstep.project.settings import Settings
from lockstep.storage.scratch import scratch_folder


class Source(Settings, OneOfKind, ABC):
    """Where a table comes from. The fields of the class are the source's settings in the dataset file."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        """Settings as in YAML, without the key `kind`."""
        return ()

    @abstractmethod
    def load(self) -> pa.Table:
        """The unchanged table.

        Raises:
            SourceError: if the table cannot be obtained, or differs from the sha256 of the dataset file.
        """


class FileSource(FilePlaces, Source):
    """Base of sources that are files, published at URLs or stored at a path."""

    @abstractmethod
    def read(self, obtained: Obtained) -> pa.Table:
        """The table in an obtained file, whatever its number of rows and its names.

        Raises:
            SourceError: naming the place, the row where known, and the remedy.
        """

    def parse(self, obtained: Obtained) -> pa.Table:
        """The table in an obtained file.

        Raises:
            SourceError: naming the place, the row where known, and the remedy.
        """
        table = self.read(obtained)
        if duplicates := repeated(table.column_names):
            raise SourceError(
                f"{obtained.label}: column name {duplicates[0]!r} occurs twice in the header; rename one of them"
            )
        if table.num_rows == 0:
            raise SourceError(f"{obtained.label}: has a header but no rows; point `source` at the complete file")
        return table

    def load(self) -> pa.Table:
        # settings are read in every stage and command, the network in fetch alone
        from lockstep.fetch.download import obtain

        with scratch_folder("fetch") as folder:
            return self.parse(obtain(self, folder))


SOURCES: Kind[Source] = Kind(name="source", base=Source, package="lockstep.fetch.sources", key="kind")
