"""Download a file from the mirror or else the public URLs, and verify it before use."""

import os
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import pooch
import requests
from requests.utils import get_auth_from_url

from lockstep.errors import ConfigError, DiskError, SourceError, one_line
from lockstep.fetch.file_digest import digest_of, is_readable
from lockstep.fetch.file_places import FilePlaces, Obtained
from lockstep.guards.tables.formats import HTML
from lockstep.guards.tables.unpacking import CHUNK, MAX_BYTES, unpack_gzip, unpack_member, write_blocks
from lockstep.guards.text.secrets import masked
from lockstep.project.paths import anchored

MIRROR = "LOCKSTEP_DATA_MIRROR"
CONNECT_SECONDS, READ_SECONDS, TOTAL_SECONDS = 10, 30, 900
RETRIES, REDIRECTS = 2, 30
# Encodings of servers that pack a table without being asked to.
GZIP, OTHER_PACKINGS = ("gzip", "x-gzip"), ("deflate", "br", "zstd", "compress")


@dataclass(frozen=True)
class _Place:
    where: str
    sha256: str | None
    packed: bool


def obtain(source: FilePlaces, folder: Path, *, mirrored: bool = True) -> Obtained:
    """Bring the file into `folder`, verify its sha256, and unpack the archive member if there is one.

    Args:
        source: The places of the file, and its sha256.
        folder: An empty temporary folder; the caller removes it.
        mirrored: Whether the mirror may serve it; its file can be verified only if the sha256 is known.

    Raises:
        SourceError: listing every place and its failure.
        DiskError: if there is no room for the file.
    """
    if source.path is not None:
        return _stored(source, source.path, folder)
    failures: list[str] = []
    for number, place in enumerate(_places(source, mirrored=mirrored)):
        if failures:
            print(f"fetch: {failures[-1]}; trying {masked(place.where)}", file=sys.stderr)
        target = folder / f"{number}"
        target.mkdir()
        try:
            file = _download(place, target)
            if place.packed and source.archive_member:
                unpack_member(file, source.archive_member, target / "member")
                file = target / "member"
            return Obtained(file, masked(place.where))
        except (SourceError, OSError, ValueError) as error:
            failures.append(f"{masked(place.where)}: {_reason(error)}")
    remedy = (
        f"connect to the network, or set {MIRROR} to a folder or base URL that holds {_mirror_name(source)},"
        " or correct `source` in the dataset file"
        if mirrored
        else "connect to the network, or correct the address"
    )
    raise SourceError(f"the table could not be fetched; tried {'; '.join(failures)}. Remedy: {remedy}")


def _stored(source: FilePlaces, where: str, folder: Path) -> Obtained:
    path = anchored(where)
    if not is_readable(path):
        raise SourceError(f"source.path: {where}: no such file; put it there or correct the path")
    _verify(path, source.sha256, where)
    if source.archive_member is None:
        return Obtained(path, where)
    try:
        unpack_member(path, source.archive_member, folder / "member")
    except SourceError as error:
        raise SourceError(f"{where}: {error}") from None
    return Obtained(folder / "member", f"{where}: {source.archive_member}")


def _places(source: FilePlaces, *, mirrored: bool) -> Iterator[_Place]:
    mirror = os.environ.get(MIRROR) if mirrored else None
    if mirror:
        name = _mirror_name(source)
        if "://" in mirror and not mirror.startswith(("http://", "https://")):
            raise ConfigError(f"environment: {MIRROR}: {masked(mirror)}: must be a folder or an http(s) address")
        where = f"{mirror.rstrip('/')}/{name}" if "://" in mirror else str(anchored(mirror) / name)
        if source.mirror:
            yield _Place(where, source.mirror.sha256, packed=False)
        else:
            yield _Place(where, source.sha256, packed=True)
    for url in source.urls:
        yield _Place(url, source.sha256, packed=True)


def _mirror_name(source: FilePlaces) -> str:
    return source.mirror.file if source.mirror else file_name(source.urls[0])


def file_name(url: str) -> str:
    """The last part of an address's path, even if the address is invalid."""
    return Path(re.split(r"[?#]", url.partition("://")[2])[0].partition("/")[2]).name


def _download(place: _Place, folder: Path) -> Path:
    if "://" not in place.where:
        file = Path(place.where)
        if not file.is_file():
            raise SourceError("no such file")
        _verify(file, place.sha256, None)
        return file
    # pooch retries a failed download and creates the file only when it is complete.
    pooch.get_logger().setLevel("ERROR")
    client = pooch.create(
        folder, base_url="", registry={"table": None}, urls={"table": place.where}, retry_if_failed=RETRIES
    )
    file = Path(client.fetch("table", downloader=_stream))
    _verify(file, place.sha256, None)
    return file


def _stream(url: str, output: str, _: pooch.Pooch) -> None:
    """Downloader for pooch with limits on connecting, on silence, on the whole transfer and on its size."""
    transfer = _Transfer(url, Path(output))
    transfer.start()
    transfer.join(TOTAL_SECONDS)
    transfer.stopped = True
    if transfer.is_alive():
        raise requests.Timeout(f"not complete after {TOTAL_SECONDS} s")
    if transfer.error is not None:
        raise transfer.error


class _Transfer(threading.Thread):
    """A download in its own thread: a server that sends a byte now and then can make a single read last for ever,
    which no timeout of requests ends."""

    def __init__(self, url: str, output: Path) -> None:
        super().__init__(daemon=True)
        self._url, self._output = url, output
        self.stopped = False
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self._transfer()
        except (requests.RequestException, OSError, ValueError, DiskError, SourceError) as error:
            self.error = error

    def _transfer(self) -> None:
        with _Session() as session:
            url, auth = self._url, _auth_of(self._url)
            for _ in range(REDIRECTS + 1):
                with session.get(url, auth=auth, stream=True, timeout=(CONNECT_SECONDS, READ_SECONDS)) as response:
                    target = session.target_of(response)
                    if target is None:
                        self._receive(response)
                        return
                if self.stopped:
                    return
                auth = auth if session.keeps_auth(url, target) else None
                url = target
        raise requests.TooManyRedirects(f"Exceeded {REDIRECTS} redirects.")

    def _receive(self, response: requests.Response) -> None:
        response.raise_for_status()
        if response.status_code != requests.codes.ok:
            raise requests.HTTPError(response=response)
        if int(response.headers.get("Content-Length") or 0) > MAX_BYTES:
            raise requests.RequestException(f"larger than {MAX_BYTES} bytes")
        # Without this header requests does not unpack the bytes, so that the limits of packed files apply.
        packing = response.raw.headers.pop("Content-Encoding", "").strip().lower()
        if packing not in GZIP:
            _refuse_packing(packing)
            write_blocks(self._blocks(response), self._output)
            return
        packed = self._output.with_suffix(".packed")
        write_blocks(self._blocks(response), packed)
        if not self.stopped:
            unpack_gzip(packed, self._output)
        packed.unlink()

    def _blocks(self, response: requests.Response) -> Iterator[bytes]:
        size = 0
        for block in response.iter_content(CHUNK):
            size += len(block)
            if size > MAX_BYTES:
                raise requests.RequestException(f"larger than {MAX_BYTES} bytes")
            if self.stopped:
                return
            yield block


class _Session(requests.Session):
    """Does not follow redirects itself, because requests reads the body of each into memory first."""

    def __init__(self) -> None:
        super().__init__()
        self.headers["Accept-Encoding"] = "identity"

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None, so that requests treats each answer as final."""
        return None

    def target_of(self, response: requests.Response) -> str | None:
        """The address that an answer redirects to, or None."""
        location = super().get_redirect_target(response)
        return urljoin(response.url, location) if location else None

    def keeps_auth(self, url: str, target: str) -> bool:
        """Whether a redirect stays with the server that user and password are meant for."""
        return not self.should_strip_auth(url, target)  # type: ignore[no-untyped-call]


def _auth_of(url: str) -> tuple[str, str] | None:
    user, password = get_auth_from_url(url)
    return (user, password) if user or password else None


def _refuse_packing(packing: str) -> None:
    for name in re.split(r"[\s,]+", packing):
        if name in (*GZIP, *OTHER_PACKINGS):
            raise SourceError(
                f"the server packs the table with {packing[:40]!r} although asked not to; unpack it there, or fetch it"
                " yourself and name its path"
            )


def _verify(file: Path, sha256: str | None, label: str | None) -> None:
    digest = digest_of(file, label or str(file))
    prefix = f"{label}: " if label else ""
    accept = "take it in with `lockstep check --update-source`" if label else "put the new sha256 into the dataset file"
    if file.is_file() and HTML.match(_head(file)):
        raise SourceError(f"{prefix}is an HTML page, not a table; a log-in or error page was served instead")
    if sha256 and digest != sha256:
        raise SourceError(
            f"{prefix}sha256 is {digest}, the dataset file promises {sha256}: the file changed or is"
            f" damaged; restore it, or {accept}"
        )


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(1024)


def _reason(error: Exception) -> str:
    if isinstance(error, SourceError):
        return str(error)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"timed out ({error if 'not complete' in str(error) else type(error).__name__})"
    if isinstance(error, requests.exceptions.SSLError):
        return f"its TLS certificate or connection cannot be trusted: {_certificate_problem(error)}"
    if isinstance(error, requests.TooManyRedirects):
        return f"redirects without end ({error})"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the transfer broke off"
    if isinstance(error, requests.ConnectionError):
        return "the connection broke off" if "Connection aborted" in str(error) else "cannot be reached"
    return one_line(masked(str(error)), 200)


def _certificate_problem(error: Exception) -> str:
    match = re.search(r"certificate verify failed: ([^(]+?) ?\(|\[SSL[^\]]*\] ([^(]+?) ?\(", str(error))
    return (match[1] or match[2]) if match else "TLS failed"
