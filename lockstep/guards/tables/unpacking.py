"""Packed files, unpacked within limits: a small file that expands too far is refused."""

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
# A file that expands beyond this size and factor is not a table: gzip packs CSV 3 to 20 times, zeros 1,000 times.
LARGE, MAX_EXPANSION = 256 * 2**20, 200
MAX_MEMBERS = 100_000
# Bytes of a header with a member's long name or other facts, which Python reads at once.
MAX_HEADER = 1 << 20
HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
# Python unpacks these two by whole reads of packed bytes, without a limit on their size in memory.
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
    """A stream that counts the bytes read from it.

    Args:
        stream: The stream to read.
        packed: Size of the packed file in bytes.

    Raises:
        SourceError: from `read`, once the limits are exceeded.
    """

    def __init__(self, stream: Readable, packed: int) -> None:
        self._stream, self._packed, self._n_read = stream, packed, 0

    def read(self, size: int, /) -> bytes:
        """At most `size` further bytes."""
        block = self._stream.read(size)
        self._n_read += len(block)
        if self._n_read > MAX_BYTES:
            raise SourceError(f"unpacks to more than {MAX_BYTES} bytes; make the table smaller, or unpack it yourself")
        if self._n_read > max(LARGE, MAX_EXPANSION * self._packed):
            raise SourceError(
                f"unpacks to more than {MAX_EXPANSION} times its size, as no table does; if it is one, unpack it"
            )
        return block


@contextmanager
def plain(file: Path, label: str) -> Iterator[Path]:
    """The file without gzip: itself, or an unpacked copy that exists while the block runs.

    Args:
        file: The file.
        label: Its name in messages.

    Raises:
        SourceError: if it is too large, or gzip is damaged.
        DiskError: if there is no room for the copy.
    """
    size = file.stat().st_size
    with file.open("rb") as stream:
        packed = stream.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    if not packed:
        if size > MAX_BYTES:
            raise SourceError(f"{label}: has more than {MAX_BYTES} bytes; make the table smaller")
        yield file
        return
    with scratch_folder("unpacked") as folder:
        copy = folder / "plain"
        try:
            unpack_gzip(file, copy)
        except SourceError as error:
            raise SourceError(f"{label}: {error}") from None
        yield copy


def unpack_gzip(file: Path, target: Path) -> None:
    """Unpack a gzip file to `target`.

    Raises:
        SourceError: if it is too large, or damaged.
        DiskError: if there is no room for it.
    """
    try:
        with gzip.open(file) as unzip:
            _copy(Unpacked(unzip, file.stat().st_size), target)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(f"damaged gzip file: {error}; get it again") from None


def unpack_member(archive: Path, member: str, target: Path) -> None:
    """Write one named member of a tar or zip archive to `target`; no other member and no path of the archive is used.

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


def zip_members(archive: Path) -> dict[str, int]:
    """The regular members of a zip archive and their unpacked sizes, in the archive's order.

    Raises:
        SourceError: if it is damaged or has too many members.
    """
    try:
        with _ZipBytes(archive) as raw, zipfile.ZipFile(raw) as unzip:
            return {info.filename: info.file_size for info in unzip.infolist() if not info.is_dir()}
    except DAMAGED as error:
        raise SourceError(f"damaged archive: {error}; get it again") from None


class _ZipBytes(io.FileIO):
    """The bytes of a zip archive, refused if its directory has too many members.

    ZipFile reads the directory at once and creates an object for each entry. It does not use the number of entries at
    the archive's end, which may be wrong.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` further bytes."""
        # an entry takes less than 1 KiB
        if size is not None and size > MAX_MEMBERS << 10:
            raise _too_many_members()
        block = super().read(size) or b""
        if block.count(ZIP_ENTRY) > MAX_MEMBERS:
            raise _too_many_members()
        return block


def _too_many_members() -> SourceError:
    return SourceError(f"the archive has more than {MAX_MEMBERS} members; unpack it yourself")


class _Member(tarfile.TarInfo):
    """A member of a tar archive whose header is limited before it is read."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """The member of a header."""
        info = super().frombuf(buf, encoding, errors)
        if info.type in HEADERS and info.size > MAX_HEADER:
            raise SourceError(f"the archive has a header of more than {MAX_HEADER} bytes; unpack it yourself")
        return info

    def _proc_sparse(self, *_: object) -> Self:
        # Python reads the map of a sparse member without a limit, and fills holes with uncounted bytes
        raise SourceError("the archive has a sparse member; pack it again without --sparse")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _proc_sparse


def _tar(stream: Readable) -> tarfile.TarFile:
    # tarfile.is_tarfile would read the first header whole, whatever its size
    try:
        # closed by the caller
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
        # read as a stream, so that all unpacked bytes are counted
        with _tar(stream) as tar:
            for number, info in enumerate(tar):
                if number >= MAX_MEMBERS:
                    raise _too_many_members()
                if info.name != member:
                    continue
                content = tar.extractfile(info) if info.isreg() else None
                if content is None:
                    raise SourceError(f"archive member {member!r} is no regular file; name one that is")
                # counted again, because the copy may be larger than the bytes read for it
                _copy(Unpacked(content, size), target)
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
        DiskError: if writing fails, whatever the source of the bytes.
    """
    with _disk_errors(target):
        file = target.open("wb")
    try:
        for block in blocks:
            with _disk_errors(target):
                file.write(block)
    finally:
        with _disk_errors(target):
            file.close()


@contextmanager
def _disk_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = file_trouble(write_error(target, error))
        raise DiskError(f"{reason}; free space there, or set TMPDIR to a folder on another disk") from None
