"""Servers that lie, loop, stall or break off, and archives that want to write elsewhere: refused in one line."""

import base64
import datetime
import gzip
import hashlib
import io
import ipaddress
import socket
import ssl
import tarfile
import tempfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.cli import main
from lockstep.errors import SourceError
from lockstep.fetch import download
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.fetch.sources.csv import CsvFile
from lockstep.guards.tables import unpacking

CSV = b"a,b\n1,x\n2,y\n"
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
REDIRECT = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
Answer = Callable[[socket.socket], None]


class RawServer:
    """Says whatever a test wants, byte by byte, to every connection."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        self._answer, self._context, self.connections = answer, context, 0
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.stopped = threading.Event()

    def _serve(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            with connection:
                if self._context is None:
                    self.asked.append(connection.recv(65536))
                    self._answer(connection)
                else:
                    self._context.wrap_socket(connection, server_side=True).close()
        except OSError:
            return

    def __enter__(self) -> "RawServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No pauses between attempts, no mirror, an empty working directory."""
    monkeypatch.delenv(download.MIRROR, raising=False)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.chdir(tmp_path)


def _says(*parts: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)

    return answer


def _source(port: int, *, scheme: str = "http", content: bytes = CSV, **more: object) -> FileSource:
    facts = {"kind": "csv", "urls": [f"{scheme}://u:secret@127.0.0.1:{port}/t.csv?token=secret"], **more}
    source: FileSource = SOURCES.parse({"sha256": hashlib.sha256(content).hexdigest()} | facts)
    return source


def _refused(source: FileSource, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SourceError) as refused:
        source.load()
    line = str(refused.value)
    assert "\n" not in line
    assert len(line) < 600
    assert "/t.csv: " in line
    assert "secret" not in line + "".join(capsys.readouterr())
    return line


HTML_200 = b"<html><body>Please log in</body></html>"
ANSWERS: list[tuple[str, bytes, str]] = [
    ("an error page with status 200", OK + b"\r\n" + HTML_200, "is an HTML page, not a table; a log-in or error page"),
    ("an error page after blank lines", OK + b"\r\n\r\n\n  <!-- x --><html>", "is an HTML page, not a table"),
    ("an answer of XML", OK + b"\r\n<?xml version='1.0'?><Error/>", "is an HTML page, not a table"),
    ("a length too large", OK + b"Content-Length: 1000\r\n\r\n" + CSV, "the transfer broke off"),
    ("a length too small", OK + b"Content-Length: 5\r\n\r\n" + CSV, "the dataset file promises"),
    ("a length that is no number", OK + b"Content-Length: x\r\n\r\n" + CSV + b"3,z\n", "invalid literal for int"),
    ("a length beyond the limit", OK + b"Content-Length: 99999999999\r\n\r\n", "larger than 8589934592 bytes"),
    ("chunks that break off", OK + b"Transfer-Encoding: chunked\r\n\r\n400\r\na,b", "the transfer broke off"),
    ("chunks of nonsense", OK + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n", "the transfer broke off"),
    ("compression that is none", OK + b"Content-Encoding: gzip\r\n\r\n" + CSV, "damaged gzip file: Not a gzipped"),
    (
        "another compression",
        OK + b"Content-Encoding: br\r\n\r\n" + CSV,
        "the server packs the table with 'br' ",
    ),
    (
        "two compressions",
        OK + b"Content-Encoding: gzip, br\r\n\r\n" + CSV,
        "server packs the table with 'gzip, br'",
    ),
    ("a redirect to no address", REDIRECT + b"http://[bad/t.csv\r\n\r\n", "Invalid IPv6 URL"),
    ("other bytes", OK + b"\r\na,b\n1,x\n2,z\n", "sha256 is "),
    ("nothing", OK + b"Content-Length: 0\r\n\r\n", "sha256 is "),
    ("no HTTP", b"SSH-2.0-OpenSSH_9\r\n", "the connection broke off"),
    ("no answer", b"", "the connection broke off"),
    (
        "endless redirects",
        REDIRECT + b"/t.csv\r\n\r\n",
        "redirects without end",
    ),
    (
        "a redirect to a local file",
        REDIRECT + b"file:///etc/passwd\r\n\r\n",
        "No connection adapters",
    ),
    ("a part only", b"HTTP/1.1 206 Partial Content\r\n\r\n" + CSV, "HTTP 206"),
    ("no content", b"HTTP/1.1 204 No Content\r\n\r\n", "HTTP 204"),
    ("no permission", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "HTTP 403"),
]


@pytest.mark.parametrize(("said", "line"), [case[1:] for case in ANSWERS], ids=[case[0] for case in ANSWERS])
def test_an_answer_that_is_not_the_table_is_refused(capsys: pytest.CaptureFixture[str], said: bytes, line: str) -> None:
    with RawServer(_says(said)) as server:
        assert line in _refused(_source(server.port), capsys)
        assert server.connections <= 31


def test_a_server_that_drips_headers_or_bytes_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "TOTAL_SECONDS", 0.4)

    def drip(connection: socket.socket) -> None:
        while not stop.is_set():
            connection.sendall(b"x")
            stop.wait(0.02)

    for beginning in (OK + b"X-Long: ", OK + b"\r\n", OK + b"Content-Length: 9000000\r\n\r\n"):
        stop = threading.Event()

        def slowly(connection: socket.socket, beginning: bytes = beginning) -> None:
            connection.sendall(beginning)
            drip(connection)

        with RawServer(slowly) as server:
            assert "timed out (not complete after 0.4 s)" in _refused(_source(server.port), capsys)
            stop.set()


def test_a_server_that_falls_silent_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "READ_SECONDS", 0.2)
    silent = threading.Event()

    def fall_silent(connection: socket.socket) -> None:
        connection.sendall(OK)
        silent.wait(5)

    with RawServer(fall_silent) as server:
        line = _refused(_source(server.port), capsys)
        silent.set()
    assert "timed out (ReadTimeout)" in line


def test_an_answer_that_grows_beyond_the_limit_is_cut_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_BYTES", 2**21)
    endless = threading.Event()

    def flood(connection: socket.socket) -> None:
        connection.sendall(OK + b"\r\n")
        while not endless.is_set():
            connection.sendall(b"1,2\n" * 10_000)

    with RawServer(flood) as server:
        assert "larger than 2097152 bytes" in _refused(_source(server.port), capsys)
        endless.set()


def test_a_table_that_the_server_packs_is_unpacked_by_the_rule_of_packed_files(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "LARGE", 2**20)
    bomb = CSV * 1_000_000
    with RawServer(_says(OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bomb))) as server:
        line = _refused(_source(server.port, content=bomb), capsys)
        assert "unpacks to more than 200 times its size" in line
        assert b"Accept-Encoding: identity" in server.asked[0]
    with RawServer(_says(OK + b"Content-Encoding: x-gzip\r\n\r\n" + gzip.compress(CSV))) as server:
        assert _source(server.port).load().num_rows == 2


def test_the_body_of_a_redirect_is_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /other\r\n\r\n")
        while sent < 512 * 2**20:
            sent += connection.send(b"x" * 2**16)

    with RawServer(endless) as server:
        assert "redirects without end (Exceeded 30 redirects.)" in _refused(_source(server.port), capsys)
        assert server.connections == 31
    # what the buffers of 31 connections take
    assert sent < 256 * 2**20


def test_user_and_password_go_to_their_own_server_alone() -> None:
    secret = b"Basic " + base64.b64encode(b"u:secret")
    with RawServer(_says(OK + b"\r\n" + CSV)) as other:
        there = f"http://127.0.0.1:{other.port}/t.csv".encode()
        with RawServer(lambda connection: connection.sendall(answers.pop(0))) as own:
            here = f"http://127.0.0.1:{own.port}/2".encode()
            answers = [REDIRECT + target + b"\r\n\r\n" for target in (b"/1", here, there)]
            assert _source(own.port).load().num_rows == 2
    assert [secret in request for request in own.asked] == [True, True, True]
    assert [b"Authorization" in request for request in other.asked] == [False]


def _own_certificate(folder: Path) -> ssl.SSLContext:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "own.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    return context


def test_a_certificate_that_nobody_signed_is_not_trusted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with RawServer(_says(), _own_certificate(tmp_path)) as server:
        line = _refused(_source(server.port, scheme="https"), capsys)
    assert (
        "its TLS certificate or connection cannot be trusted: certificate verify failed: self-signed certificate"
        in line
    )


def test_plain_http_behind_https_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with RawServer(_says(OK + b"\r\n" + CSV)) as server:
        assert "its TLS certificate or connection" in _refused(_source(server.port, scheme="https"), capsys)


def test_new_dataset_refuses_what_a_server_says_alike(capsys: pytest.CaptureFixture[str]) -> None:
    Path("params.yaml").touch()
    with RawServer(_says(OK + b"\r\n" + HTML_200)) as server:
        address = f"http://u:secret@127.0.0.1:{server.port}/t.csv?token=secret"
        assert main(["new-dataset", address, "--target", "y"]) == 1
    printed = capsys.readouterr().err
    assert "is an HTML page, not a table" in printed
    assert "secret" not in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("http://[bad/t.csv", "http://[bad/t.csv: cannot be read as an address; write http(s)://HOST/PATH"),
        (
            "http://u:secret@127.0.0.1:9/?token=secret",
            "http://127.0.0.1:9/: no dataset name can be made of its name; choose",
        ),
    ],
)
def test_new_dataset_tells_of_an_address_without_its_secrets(
    capsys: pytest.CaptureFixture[str], address: str, line: str
) -> None:
    Path("params.yaml").touch()
    assert main(["new-dataset", address, "--target", "y"]) == 1
    printed = capsys.readouterr().err
    assert line in printed
    assert "secret" not in printed
    assert printed.count("\n") == 1


def test_an_address_that_is_none_is_told_by_a_download_too(tmp_path: Path) -> None:
    urls = ("http://[bad/t.csv",)
    source = CsvFile.model_construct(**{**_source(9).model_dump(), "urls": urls, "mirror": None})
    with pytest.raises(SourceError, match=r"tried http://\[bad/t\.csv: .*that holds t\.csv, or correct `source`"):
        download.obtain(source, tmp_path)


def _tar(*members: tuple[tarfile.TarInfo, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:  # type: ignore[call-overload]
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def _link(name: str, target: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def _sparse(size: int) -> bytes:
    """A tar archive of GNU's oldest form: 512 bytes of a member that is said to have more, the others being a hole."""
    info = tarfile.TarInfo("t.csv")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 512
    header = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    header[345:512] = bytes(167)
    for position, number in ((386, 0), (398, 512), (410, size), (422, 0), (483, size)):
        header[position : position + 12] = b"%011o\0" % number
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + b"a,b\n" * 128 + bytes(1024)


def _with_facts(**facts: str) -> bytes:
    info = tarfile.TarInfo("t.csv")
    info.pax_headers = {name.replace("__", "."): fact for name, fact in facts.items()}
    return _tar((info, b"0\n" * 256 + CSV))


def _zip(name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


ARCHIVES: list[tuple[str, bytes, str, str | None]] = [
    ("the table", _tar((tarfile.TarInfo("t.csv"), CSV)), "t.csv", None),
    ("the table in bzip2", _tar((tarfile.TarInfo("t.csv"), CSV), mode="w:bz2"), "t.csv", None),
    ("the table in xz", _tar((tarfile.TarInfo("t.csv"), CSV), mode="w:xz"), "t.csv", None),
    ("the table in a plain tar", _tar((tarfile.TarInfo("t.csv"), CSV), mode="w"), "t.csv", None),
    ("the table in a zip", _zip("t.csv", CSV), "t.csv", None),
    ("a name that leaves the folder", _tar((tarfile.TarInfo("../../t.csv"), CSV)), "../../t.csv", None),
    ("a zip's name that leaves the folder", _zip("../../t.csv", CSV), "../../t.csv", None),
    ("an absolute name", _tar((tarfile.TarInfo("/etc/t.csv"), CSV)), "etc/t.csv", "has no member"),
    ("a symbolic link", _tar(_link("t.csv", "/etc/passwd", tarfile.SYMTYPE)), "t.csv", "is no regular file"),
    ("a hard link", _tar(_link("t.csv", "/etc/passwd", tarfile.LNKTYPE)), "t.csv", "is no regular file"),
    ("a device", _tar(_link("t.csv", "", tarfile.CHRTYPE)), "t.csv", "is no regular file"),
    ("a folder", _tar(_link("t.csv", "", tarfile.DIRTYPE)), "t.csv", "is no regular file"),
    (
        "another member",
        _tar((tarfile.TarInfo("u.csv"), CSV)),
        "t.csv",
        "has no member 't.csv'; correct",
    ),
    ("an archive cut off", _tar((tarfile.TarInfo("t.csv"), CSV * 9999))[:-99], "t.csv", "damaged archive: "),
    ("a zip cut off", _zip("t.csv", CSV)[:-9], "t.csv", "is neither a tar nor a zip archive"),
    ("no archive", CSV, "t.csv", "is neither a tar nor a zip archive"),
    ("a bomb", _tar((tarfile.TarInfo("t.csv"), b"0" * 4_000_000)), "t.csv", "unpacks to more than 200 times its size"),
    (
        "a bomb before it",
        _tar((tarfile.TarInfo("a"), b"0" * 4_000_000), (tarfile.TarInfo("t.csv"), CSV)),
        "t.csv",
        "200 times",
    ),
    (
        "a sparse member",
        _sparse(600 * 2**20),
        "t.csv",
        "has a sparse member; pack it again without --sparse",
    ),
    (
        "a sparse member with a map in its data",
        _with_facts(GNU__sparse__major="1", GNU__sparse__minor="0", GNU__sparse__realsize="99999999"),
        "t.csv",
        "the archive has a sparse member",
    ),
    (
        "a sparse member with a map in its header",
        _with_facts(GNU__sparse__map="0,1", GNU__sparse__size="99999999"),
        "t.csv",
        "the archive has a sparse member",
    ),
    (
        "a header of two MiB",
        _with_facts(comment="x" * 2**21),
        "t.csv",
        "has a header of more than 1048576 bytes",
    ),
    (
        "a zip in bzip2",
        _zip("t.csv", CSV, zipfile.ZIP_BZIP2),
        "t.csv",
        "is packed with bzip2; pack it again with",
    ),
    ("a zip in LZMA", _zip("t.csv", CSV, zipfile.ZIP_LZMA), "t.csv", "is packed with LZMA; pack it again with deflate"),
    ("a zip that is not packed", _zip("t.csv", CSV, zipfile.ZIP_STORED), "t.csv", None),
    ("a zip bomb", _zip("t.csv", b"0" * 4_000_000), "t.csv", "unpacks to more than 200 times its size"),
]


@pytest.mark.parametrize(
    ("archive", "member", "line"), [case[1:] for case in ARCHIVES], ids=[case[0] for case in ARCHIVES]
)
def test_an_archive_gives_its_one_member_or_nothing(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    archive: bytes,
    member: str,
    line: str | None,
) -> None:
    monkeypatch.setattr(unpacking, "LARGE", 2**20)
    # members are unpacked below the folder for temporary files: deep enough for a name to leave it and be found
    temporary = tmp_path / "kept/inner/temporary"
    temporary.mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    before = set(tmp_path.rglob("*"))
    with RawServer(_says(OK + b"\r\n" + archive)) as server:
        source = _source(server.port, content=archive, archive_member=member)
        if line is None:
            assert source.load().to_pydict() == {"a": ["1", "2"], "b": ["x", "y"]}
        else:
            assert line in _refused(source, capsys)
    assert {path for path in set(tmp_path.rglob("*")) - before if "lock" not in path.name} == set()


def test_an_archive_of_very_many_members_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 10)
    archive = _tar(*((tarfile.TarInfo(f"{number}"), b"") for number in range(11)), (tarfile.TarInfo("t.csv"), CSV))
    with RawServer(_says(OK + b"\r\n" + archive)) as server:
        source = _source(server.port, content=archive, archive_member="t.csv")
        assert "the archive has more than 10 members" in _refused(source, capsys)


@pytest.mark.parametrize("told", [12, 1])
def test_a_zip_of_very_many_members_is_given_up_whatever_number_it_tells(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, told: int
) -> None:
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 11)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(11):
            archive.writestr(f"{number}", b"")
        archive.writestr("t.csv", CSV)
    # the last record tells the number twice
    content = bytearray(packed.getvalue())
    content[-14:-10] = told.to_bytes(2, "little") * 2
    with RawServer(_says(OK + b"\r\n" + content)) as server:
        source = _source(server.port, content=bytes(content), archive_member="t.csv")
        assert "the archive has more than 11 members; unpack it yourself" in _refused(source, capsys)
