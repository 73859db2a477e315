"""Deterministic table I/O: the same rows give the same bytes."""

import errno
import fcntl
import json
import math
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from lockstep.storage.locks import held, is_at

# Ends the names of temporary files, which git and DVC ignore.
PART = ".part"


def write_table(table: pa.Table | pd.DataFrame, path: Path) -> None:
    """Write a Parquet file without pandas' metadata, so that its bytes depend on its content alone."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    with atomic_write(path) as part:
        pq.write_table(table.replace_schema_metadata(None), part, compression="zstd", store_schema=False)


class StoredTable:
    """A Parquet file whose columns are read when they are asked for, each by itself.

    Attributes:
        column_names: Its columns.
        num_rows: Number of its rows.
    """

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self.column_names: list[str] = self._file.schema_arrow.names
        self.num_rows: int = self._file.metadata.num_rows

    @property
    def nbytes(self) -> int:
        """What the columns take in memory together."""
        return sum(self.column(name).nbytes for name in self.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column's values."""
        # asked for `a`, Arrow also reads a column called `a.b`
        return self._file.read(columns=[name]).column(name)

    def frame(self) -> pd.DataFrame:
        """All columns as a pandas frame, without a second copy of them on the way."""
        return pd.DataFrame({name: self.column(name).to_pandas() for name in self.column_names}, copy=False)


def release_memory() -> None:
    """Return to the system what this process has freed: allocators keep some, by size and by what else runs."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def read_arrow(path: Path) -> pa.Table:
    """Read a Parquet file as an Arrow table."""
    return pq.read_table(path)


def read_arrow_rows(path: Path, rows: Sequence[int]) -> pa.Table:
    """Some rows of a Parquet file, by their ascending 0-based numbers; reads no further than the last."""
    parts, start = [], 0
    for batch in pq.ParquetFile(path).iter_batches():
        inside = [row - start for row in rows if start <= row < start + batch.num_rows]
        parts.append(batch.take(pa.array(inside, pa.int64())))
        start += batch.num_rows
        if start > rows[-1]:
            break
    return pa.Table.from_batches(parts)


def read_table(path: Path) -> pd.DataFrame:
    """Read a Parquet file as a pandas frame."""
    frame: pd.DataFrame = read_arrow(path).to_pandas()
    release_memory()
    return frame


def write_json(content: Any, path: Path) -> None:
    """Write sorted, indented JSON; NaN and infinity are refused.

    Raises:
        ValueError: if `content` holds a number JSON does not know.
    """
    text = json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises:
        ValueError: if it is none, or nested deeper than Python can go.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("is nested too deep") from None


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write CSV with ten significant digits, empty cells for missing values and Unix line ends."""
    with atomic_write(path) as part:
        part.write_bytes(csv_text(frame).encode())


def csv_text(frame: pd.DataFrame) -> str:
    """What write_csv writes."""
    text: str = frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return text


def significant(value: float, digits: int) -> float:
    """`value` rounded to significant digits, so that last-bit differences between CPUs vanish."""
    return value if value == 0 or not math.isfinite(value) else float(f"{value:.{digits - 1}e}")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that takes its place only when the block ends without an error.

    Whenever the process is killed or the power fails, `path` is absent, old or new, and whole. What a killed process
    leaves beside it goes with the next write.

    Raises:
        OSError: naming `path`, if it cannot be written; it is then as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left in abandoned_parts(path.parent, escape(path.name)):
        left.unlink(missing_ok=True)
    try:
        with _part(path) as (part, handle):
            yield part
            # mkstemp makes files for the owner alone; outputs get what the user's umask gives any file
            part.chmod(0o666 & ~_umask())
            # A name that reaches the disk before the content would be an empty file after a power cut.
            os.fsync(handle)
            part.replace(path)
    except OSError as error:
        if error.filename is not None and not Path(error.filename).name.startswith(f".{path.name}."):
            raise
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> OSError:
    """The error as one of `path`, in the system's words: libraries leave out the name, numpy the reason too."""
    reason = os.strerror(error.errno) if error.errno else f"cannot be written ({error})"
    return OSError(error.errno or errno.EIO, reason, str(path))


def abandoned_parts(folder: Path, name: str = "*") -> Iterator[Path]:
    """What killed processes have left of files that they were writing, each locked while it is handled.

    Args:
        folder: Where to look.
        name: Pattern of the files' names.
    """
    for part in folder.glob(f".{name}.{'?' * 8}{PART}"):
        # Another user's, or one that another process is just removing.
        with suppress(OSError), held(part, wait=False, create=False) as ownerless:
            if ownerless:
                yield part


@contextmanager
def _part(path: Path) -> Iterator[tuple[Path, int]]:
    handle, part = _new_part(path)
    try:
        yield part, handle
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _new_part(path: Path) -> tuple[int, Path]:
    """A temporary file, locked where locks exist: the lock tells `abandoned_parts` that its writer lives."""
    while True:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)  # taken for left over before it was locked
            continue
        except OSError:
            return handle, Path(name)
        if is_at(Path(name), handle):
            return handle, Path(name)
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
