"""The source csv."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TextIO

import pyarrow as pa
from pydantic import Field

from lockstep.errors import SourceError
from lockstep.fetch.file_places import Obtained
from lockstep.fetch.text_table import ENCODE, TextTable, read_text
from lockstep.guards.tables.contents import PIECE
from lockstep.guards.tables.csv_errors import csv_reason
from lockstep.guards.tables.unpacking import plain
from lockstep.storage.scratch import scratch_folder


class CsvFile(TextTable):
    """A CSV file, published at URLs or stored at a path; its values are unchanged text.

    Attributes:
        delimiter: The character between values.
        encoding: Of the text, as Python calls it: utf-8, latin-1, cp1252, ...
        comment: The character at the beginning of lines that are no rows, such as #; null: there are none.
    """

    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    encoding: str = "utf-8"
    comment: Annotated[str, Field(min_length=1, max_length=1)] | None = None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return [
            {"path": "table.csv", "sha256": "0" * 64},
            {"path": "table.csv", "sha256": "0" * 64, "skip_lines": 2, "comment": "#", "encoding": "cp1252"},
        ]

    def read(self, obtained: Obtained) -> pa.Table:
        with plain(obtained.file, obtained.label) as file, self._without_comments(file, obtained.label) as rows:
            return read_text(self, Obtained(rows, obtained.label), self.delimiter, self.encoding)

    @contextmanager
    def _without_comments(self, file: Path, label: str) -> Iterator[Path]:
        """The file, or a copy without lines of comments."""
        if self.comment is None:
            yield file
            return
        with scratch_folder("comments") as folder:
            copy = folder / "rows"
            try:
                with file.open(encoding=self.encoding, newline="") as lines, copy.open("wb") as rows:
                    for line in _rows(lines, self.comment):
                        rows.write(line.encode(self.encoding if rows.tell() == 0 else _without_mark(self.encoding)))
            except (ValueError, LookupError) as error:
                reason = csv_reason(error, encode=ENCODE)
                raise SourceError(f"{label}: cannot be read as CSV: {reason}") from None
            yield copy


def _rows(lines: TextIO, comment: str) -> Iterator[str]:
    """Pieces of lines, without those of lines that begin with a comment's character outside of quotes."""
    begins, quoted, skipped = True, False, False
    for piece in iter(partial(lines.readline, PIECE), ""):
        if begins and not quoted:
            skipped = piece.lstrip("\ufeff").startswith(comment)
        begins = piece.endswith(("\n", "\r"))
        if not skipped:
            quoted ^= piece.count('"') % 2 == 1
            yield piece


def _without_mark(encoding: str) -> str:
    """The encoding that continues a text: the byte-order mark stands at its beginning alone."""
    return {"utf-8-sig": "utf-8"}.get(encoding.lower(), encoding)
