"""The base of sources of tables. A source is one class in one file of lockstep/fetch/sources/."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pyarrow as pa
from pydantic import model_validator

from lockstep.errors import SourceError
from lockstep.fetch.file_places import FilePlaces, Obtained
from lockstep.guards.text.messages import repeated
from lockstep.project.kinds import Kind, OneOfKind
from lockstep.project.settings import Settings
from lockstep.storage.scratch import scratch_folder

# Settings of text, which a file with types of its own does not have.
OPTIONS_OF_TEXT = ("header", "delimiter", "encoding", "skip_lines", "skip_after_header", "drop_empty", "comment")


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

    # whether the path is a folder of files
    FOLDER: ClassVar[bool] = False
    # the remedy for a name that stands twice
    RENAME: ClassVar[str] = "rename one of them"

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
        if obtained.file.is_dir() and not self.FOLDER:
            raise SourceError(f"{obtained.label}: is a folder; name a file, or set source.kind to parquet_folder")
        return self.checked(self.read(obtained), obtained.label)

    def checked(self, table: pa.Table, label: str) -> pa.Table:
        """A table with rows, whose names are unique.

        Raises:
            SourceError: for any other.
        """
        if duplicates := repeated(table.column_names):
            raise SourceError(f"{label}: column name {duplicates[0]!r} occurs twice in the header; {self.RENAME}")
        if table.num_rows == 0:
            raise SourceError(f"{label}: has a header but no rows; point `source` at the complete file")
        return table

    def load(self) -> pa.Table:
        # settings are read in every stage and command, the network in fetch alone
        from lockstep.fetch.download import obtain

        with scratch_folder("fetch") as folder:
            return self.parse(obtain(self, folder))


class TypedFile(FileSource):
    """Base of sources whose files hold names and types of their own."""

    # such a file in messages, with its article
    FORMAT: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _no_options_of_text(cls, content: Any) -> Any:
        for name in OPTIONS_OF_TEXT:
            if isinstance(content, dict) and name in content:
                raise ValueError(f"{name} goes with kind csv; {cls.FORMAT} has its own; remove the key")
        return content


SOURCES: Kind[Source] = Kind(name="source", base=Source, package="lockstep.fetch.sources", key="kind")
