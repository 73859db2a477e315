"""Tables in CSV or Parquet files, whatever place serves them."""

import gzip
import tempfile
import zlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv

from lockstep.data.sources import download
from lockstep.errors import SourceError
from lockstep.schema.source import FileSource

GZIP_MAGIC = b"\x1f\x8b"


def load(source: FileSource) -> pa.Table:
    """Obtain the file, check it and parse it.

    Raises:
        SourceError: naming the place, the row where known, and the remedy.
    """
    with tempfile.TemporaryDirectory(prefix="lockstep-fetch-") as folder:
        return parse(source, download.obtain(source, Path(folder)))


def parse(source: FileSource, obtained: download.Obtained) -> pa.Table:
    """The table in an obtained file.

    Returns:
        A CSV file as text columns exactly as they stand in the file; a Parquet file with its own types.

    Raises:
        SourceError: naming the place, the row where known, and the remedy.
    """
    table = _parse_parquet(obtained) if source.kind == "parquet" else _parse_csv(source, obtained)
    names = table.column_names
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SourceError(f"{obtained.shown}: column name {twice[0]!r} stands twice in the header; rename one of them")
    if table.num_rows == 0:
        raise SourceError(f"{obtained.shown}: has a header but no rows; point `source` at the complete file")
    return table


def _parse_parquet(obtained: download.Obtained) -> pa.Table:
    try:
        return pq.read_table(obtained.file)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(f"{obtained.shown}: is no readable Parquet file: {_first_line(error)}") from None


def _parse_csv(source: FileSource, obtained: download.Obtained) -> pa.Table:
    names = list(source.header) if source.header else None
    try:
        content = unpacked(obtained.file)
        if not content.strip():
            raise SourceError(f"{obtained.shown}: the file is empty; check the source")
        # A first pass over one block tells the columns, so that each can be asked for as text.
        read = csv.ReadOptions(column_names=names, use_threads=False, encoding=source.encoding)
        parse = csv.ParseOptions(delimiter=source.delimiter, newlines_in_values=True)
        header = csv.open_csv(pa.BufferReader(content), read, parse).schema.names
        convert = csv.ConvertOptions(
            column_types={name: pa.string() for name in header}, strings_can_be_null=False, null_values=[]
        )
        return csv.read_csv(pa.BufferReader(content), read, parse, convert)
    except (ValueError, TypeError, LookupError, EOFError, OSError, zlib.error) as error:
        raise SourceError(f"{obtained.shown}: cannot be read as CSV: {_first_line(error)}") from None


def unpacked(file: Path) -> bytes:
    """A file's bytes, without gzip if it is packed.

    Raises:
        ValueError: if they are more than a table may have; EOFError, OSError or zlib.error if gzip is damaged.
    """
    with file.open("rb") as stream:
        if stream.read(2) != GZIP_MAGIC:
            stream.seek(0)
            return stream.read()
    with gzip.open(file) as stream:
        content = stream.read(download.MAX_BYTES + 1)
    if len(content) > download.MAX_BYTES:
        raise ValueError(f"unpacks to more than {download.MAX_BYTES} bytes")
    return content


def _first_line(error: BaseException) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
