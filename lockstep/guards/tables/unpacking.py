"""Packed files, unpacked within limits: a small file that grows without end is refused, not read."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Protocol, Self

from lockstep.errors import DiskError, SourceError, file_trouble
from lockstep.guards.tables.formats import GZIP_MAGIC
from lockstep.storage.scratch import scratch_folder
from lockstep.storage.tables import write_error

MAX_BYTES = 8 * 2**30
# What grows to more than this, by more than this factor, is no table: gzip packs CSV 3 to 20 times, zeros 1,000 times.
LARGE, MOST_PACKED = 256 * 2**20, 200
MAX_MEMBERS = 100_000
# Of a member's long name and other facts; Python reads each whole.
MAX_HEADER = 1 << 20
HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
# Python unpacks these two a whole read of packed bytes at a time, whatever that becomes in memory.
ZIP_METHODS = {zipfile.ZIP_BZIP2: "bzip2", zipfile.ZIP_LZMA: "LZMA"}
ZIP_ENTRY = b"PK\x01\x02"
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
            unpack_gzip(file, copy)
        except SourceError as error:
            raise SourceError(f"{shown}: {error}") from None
        yield copy


def unpack_gzip(file: Path, target: Path) -> None:
    """Write what a gzip file holds to `target`.

    Raises:
        SourceError: if it is more than a table may have, or damaged.
        DiskError: if there is no room for it.
    """
    try:
        with gzip.open(file) as unzip:
            _copy(Unpacked(unzip, file.stat().st_size), target)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"damaged gzip file: {error}; get it again") from None


def unpack_member(archive: Path, member: str, target: Path) -> None:
    """Write one named member of a tar or zip archive to `target`; no other is written and no path of it is used.

    Raises:
        SourceError: if there is no such regular file in it, or it is damaged or too large.
        DiskError: if there is no room for it.
    """
    try:
        if zipfile.is_zipfile(archive):
            _unpack_zip(archive, member, target)
        else:
            _unpack_tar(archive, member, target)
    except KeyError:
        raise SourceError(f"the archive has no member {member!r}; correct source.archive_member") from None
    except DAMAGED as error:
        raise SourceError(f"damaged archive: {error}; get it again") from None


def _unpack_zip(archive: Path, member: str, target: Path) -> None:
    with _ZipBytes(archive) as raw, zipfile.ZipFile(raw) as unzip:
        method = unzip.getinfo(member).compress_type
        if method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise SourceError(
                f"archive member {member!r} is packed with {ZIP_METHODS.get(method, f'method {method}')};"
                " pack it again with deflate, as zip does by itself"
            )
        with unzip.open(member) as stream:
            _copy(Unpacked(stream, archive.stat().st_size), target)


class _ZipBytes(io.FileIO):
    """A zip archive's bytes, and no directory of very many members among them.

    ZipFile reads the directory in one piece and makes an object of each entry. How many there are it does not take from
    the archive's end, which may tell another number.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` further bytes."""
        # an entry's name and facts take less than this together
        if size is not None and size > MAX_MEMBERS << 10:
            raise _too_many_members()
        block = super().read(size) or b""
        if block.count(ZIP_ENTRY) > MAX_MEMBERS:
            raise _too_many_members()
        return block


def _too_many_members() -> SourceError:
    return SourceError(f"the archive has more than {MAX_MEMBERS} members; unpack it yourself")


class _Member(tarfile.TarInfo):
    """A tar archive's member of which little is read before it is known what it is."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The member of a header."""
        info = super().frombuf(buf, encoding, errors)
        if info.type in HEADERS and info.size > MAX_HEADER:
            raise SourceError(f"the archive has a header of more than {MAX_HEADER} bytes; unpack it yourself")
        return info

    def _proc_sparse(self, *_: object) -> Self:
        # Python's own reads the map of a sparse member without a limit, and fills holes with bytes that nobody counts
        raise SourceError("the archive has a sparse member; pack it again without --sparse")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _proc_sparse


def _tar(stream: Readable) -> tarfile.TarFile:
    # tarfile.is_tarfile would read the first header whole, whatever its size
    try:
        # closed by who asks for it
        opened: tarfile.TarFile = tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member)  # type: ignore[call-overload]  # noqa: SIM115
    except tarfile.ReadError:
        raise SourceError(
            "is neither a tar nor a zip archive; leave out archive_member if it is the table itself"
        ) from None
    return opened


def _unpack_tar(archive: Path, member: str, target: Path) -> None:
    with _opened(archive) as raw:
        size = archive.stat().st_size
        stream = Unpacked(raw, size)
        # read as it comes, so that nothing is unpacked uncounted
        with _tar(stream) as tar:
            for number, info in enumerate(tar):
                if number >= MAX_MEMBERS:
                    raise _too_many_members()
                if info.name != member:
                    continue
                found = tar.extractfile(info) if info.isreg() else None
                if found is None:
                    raise SourceError(f"archive member {member!r} is no regular file; name one that is")
                # counted again: what is copied may be more than what was read for it
                _copy(Unpacked(found, size), target)
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
        reason = file_trouble(write_error(target, error))
        raise DiskError(f"{reason}; free space there, or set TMPDIR to a folder on another disk") from None
