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

# Suffix of temporary files, which git and DVC ignore.
PART = ".part"


def write_table(table: pa.Table | pd.DataFrame, path: Path) -> None:
    """Write a Parquet file without pandas' metadata, so that its bytes depend on its content alone."""
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table, preserve_index=False)
    with atomic_write(path) as part:
        pq.write_table(table.replace_schema_metadata(None), part, compression="zstd", store_schema=False)


class StoredTable:
    """A Parquet file whose columns are read one by one when they are needed.

    Attributes:
        column_names: Names of its columns.
        num_rows: Number of its rows.
    """

    def __init__(self, path: Path) -> None:
        self._file = pq.ParquetFile(path)
        self.column_names: list[str] = self._file.schema_arrow.names
        self.num_rows: int = self._file.metadata.num_rows

    @property
    def nbytes(self) -> int:
        """Size of all columns in memory."""
        return sum(self.column(name).nbytes for name in self.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """One column's values."""
        # for `a` Arrow also reads a column called `a.b`
        return self._file.read(columns=[name]).column(name)

    def frame(self) -> pd.DataFrame:
        """All columns as a pandas frame, without a second copy in memory."""
        return pd.DataFrame({name: self.column(name).to_pandas() for name in self.column_names}, copy=False)


def release_memory() -> None:
    """Return freed memory to the operating system; Arrow's allocators keep some of it otherwise."""
    for pool in (pa.default_memory_pool(), pa.system_memory_pool()):
        pool.release_unused()


def read_arrow(path: Path) -> pa.Table:
    """Read a Parquet file as an Arrow table."""
    return pq.read_table(path)


def read_arrow_rows(path: Path, rows: Sequence[int]) -> pa.Table:
    """The rows of a Parquet file with these ascending 0-based numbers; nothing behind the last one is read."""
    parts, start = [], 0
    for batch in pq.ParquetFile(path).iter_batches():
        positions = [row - start for row in rows if start <= row < start + batch.num_rows]
        parts.append(batch.take(pa.array(positions, pa.int64())))
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
        ValueError: if `content` contains NaN or infinity.
    """
    text = json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n"
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")


def read_json(path: Path) -> Any:
    """Content of a JSON file.

    Raises:
        ValueError: if it is not JSON, or nested deeper than Python's recursion limit.
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
    """The text that write_csv writes."""
    text: str = frame.to_csv(index=False, float_format="%.10g", lineterminator="\n")
    return text


def significant(value: float, digits: int) -> float:
    """`value` rounded to significant digits, which removes last-bit differences between CPUs."""
    return value if value == 0 or not math.isfinite(value) else float(f"{value:.{digits - 1}e}")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` that replaces it only when the block ends without an error.

    If the process is killed or the power fails, `path` is absent, old or new, but never torn. The next write removes
    the temporary files of killed processes.

    Raises:
        OSError: naming `path`, if it cannot be written; it is then unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for old_part in abandoned_parts(path.parent, escape(path.name)):
        old_part.unlink(missing_ok=True)
    try:
        with _part(path) as (part, handle):
            yield part
            # mkstemp makes files for the owner alone; outputs get the permissions of the user's umask
            part.chmod(0o666 & ~_umask())
            # If the name reached the disk before the content, a power cut would leave an empty file.
            os.fsync(handle)
            part.replace(path)
    except OSError as error:
        if error.filename is not None and not Path(error.filename).name.startswith(f".{path.name}."):
            raise
        raise write_error(path, error) from error


def write_error(path: Path, error: OSError) -> OSError:
    """The error as one that names `path` and the system's reason: libraries omit the name, numpy also the reason."""
    reason = os.strerror(error.errno) if error.errno else f"cannot be written ({error})"
    return OSError(error.errno or errno.EIO, reason, str(path))


def abandoned_parts(folder: Path, name: str = "*") -> Iterator[Path]:
    """Temporary files of killed processes; each is locked while the caller handles it.

    Args:
        folder: The folder to search.
        name: Pattern of the written files' names.
    """
    for part in folder.glob(f".{name}.{'?' * 8}{PART}"):
        # The file may be another user's, or another process may be removing it.
        with suppress(OSError), held(part, wait=False, create=False) as free:
            if free:
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
            os.close(handle)  # another process took it for abandoned before it was locked
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
