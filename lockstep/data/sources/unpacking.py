"""Packed files, unpacked within limits: a small file that grows without end is refused, not read."""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Protocol

from lockstep.data.sources.formats import GZIP_MAGIC
from lockstep.data.tables import not_written
from lockstep.errors import DiskError, SourceError, file_trouble
from lockstep.scratch import scratch_folder

MAX_BYTES = 8 * 2**30
# What grows to more than this, by more than this factor, is no table: gzip packs CSV 3 to 20 times, zeros 1,000 times.
LARGE, MOST_PACKED = 256 * 2**20, 200
MAX_MEMBERS = 100_000
CHUNK = 1 << 20
DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
    OSError,
    ValueError,
)


class Readable(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """At most `size` further bytes."""


class Unpacked:
    """A stream that counts what it gives.

    Args:
        stream: What is read.
        packed: Bytes that it is made from.

    Raises:
        SourceError: from `read`, once there is too much.
    """

    def __init__(self, stream: Readable, packed: int) -> None:
        self._stream, self._packed, self._given = stream, packed, 0

    def read(self, size: int, /) -> bytes:
        """At most `size` further bytes."""
        block = self._stream.read(size)
        self._given += len(block)
        if self._given > MAX_BYTES:
            raise SourceError(f"unpacks to more than {MAX_BYTES} bytes; make the table smaller, or unpack it yourself")
        if self._given > max(LARGE, MOST_PACKED * self._packed):
            raise SourceError(
                f"unpacks to more than {MOST_PACKED} times its size, as no table does; unpack it yourself if it is one"
            )
        return block


@contextmanager
def plain(file: Path, shown: str) -> Iterator[Path]:
    """The file without gzip: itself, or an unpacked copy for as long as the block runs.

    Args:
        file: The file.
        shown: What messages call it.

    Raises:
        SourceError: if it is more than a table may have, or gzip is damaged.
        DiskError: if there is no room for the copy.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        packed = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    if not packed:
        if size > MAX_BYTES:
            raise SourceError(f"{shown}: has more than {MAX_BYTES} bytes; make the table smaller")
        yield file
        return
    with scratch_folder("unpacked") as folder:
        copy = folder / "plain"
        try:
            with gzip.open(file) as unzip:
                _copy(Unpacked(unzip, size), copy)
        except SourceError as error:
            raise SourceError(f"{shown}: {error}") from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceError(f"{shown}: damaged gzip file: {error}; get it again") from None
        yield copy


def unpack_member(archive: Path, member: str, target: Path) -> None:
    """Write one named member of a tar or zip archive to `target`; no other is written and no path of it is used.

    Raises:
        SourceError: if there is no such regular file in it, or it is damaged or too large.
        DiskError: if there is no room for it.
    """
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as unzip, unzip.open(member) as stream:
                _copy(Unpacked(stream, archive.stat().st_size), target)
        elif tarfile.is_tarfile(archive):
            _unpack_tar(archive, member, target)
        else:
            raise SourceError("is neither a tar nor a zip archive; leave out archive_member if it is the table itself")
    except KeyError:
        raise SourceError(f"the archive has no member {member!r}; correct source.archive_member") from None
    except DAMAGED as error:
        raise SourceError(f"damaged archive: {error}; get it again") from None


def _unpack_tar(archive: Path, member: str, target: Path) -> None:
    with _opened(archive) as raw:
        stream = Unpacked(raw, archive.stat().st_size)
        # read as it comes, so that nothing is unpacked uncounted
        with tarfile.open(fileobj=stream, mode="r|") as tar:  # type: ignore[call-overload]
            for number, info in enumerate(tar):
                if number >= MAX_MEMBERS:
                    raise SourceError(f"the archive has more than {MAX_MEMBERS} members; unpack it yourself")
                if info.name != member:
                    continue
                found = tar.extractfile(info) if info.isreg() else None
                if found is None:
                    raise SourceError(f"archive member {member!r} is no regular file; name one that is")
                _copy(found, target)
                return
    raise KeyError(member)


def _opened(archive: Path) -> gzip.GzipFile | IO[bytes]:
    with archive.open("rb") as stream:
        head = stream.read(6)
    if head.startswith(GZIP_MAGIC):
        return gzip.open(archive)
    if head.startswith(b"BZh"):
        return bz2.open(archive)
    return lzma.open(archive) if head.startswith(b"\xfd7zXZ") else archive.open("rb")


def _copy(stream: Readable, target: Path) -> None:
    write_blocks(iter(partial(stream.read, CHUNK), b""), target)


def write_blocks(blocks: Iterable[bytes], target: Path) -> None:
    """Write a temporary file; whatever `blocks` raises passes through.

    Raises:
        DiskError: if the disk does not take it, which says nothing of where the bytes come from.
    """
    with _told_of(target):
        file = target.open("wb")
    try:
        for block in blocks:
            with _told_of(target):
                file.write(block)
    finally:
        with _told_of(target):
            file.close()


@contextmanager
def _told_of(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = file_trouble(not_written(target, error))
        raise DiskError(f"{reason}; free space there, or set TMPDIR to a folder on another disk") from None
