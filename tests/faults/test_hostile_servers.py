"""Servers that lie, loop, stall or break off, and archives that want to write elsewhere: refused in one line."""

import datetime
import hashlib
import io
import ipaddress
import socket
import ssl
import tarfile
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lockstep.cli import main
from lockstep.data.sources import download, load_source, unpacking
from lockstep.errors import SourceError
from lockstep.schema.source import FileSource

CSV = b"a,b\n1,x\n2,y\n"
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
REDIRECT = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
Answer = Callable[[socket.socket], None]


class RawServer:
    """Says whatever a test wants, byte by byte, to every connection."""

    def __init__(self, answer: Answer, context: ssl.SSLContext | None = None) -> None:
        self._answer, self._context, self.connections = answer, context, 0
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
                    connection.recv(65536)
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
    return FileSource.model_validate({"sha256": hashlib.sha256(content).hexdigest()} | facts)


def _refused(source: FileSource, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SourceError) as refused:
        load_source(source)
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
    ("compression that is none", OK + b"Content-Encoding: gzip\r\n\r\n" + CSV, "decod"),
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


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
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
    ("a zip bomb", _zip("t.csv", b"0" * 4_000_000), "t.csv", "unpacks to more than 200 times its size"),
]


@pytest.mark.parametrize(
    ("archive", "member", "line"), [case[1:] for case in ARCHIVES], ids=[case[0] for case in ARCHIVES]
)
def test_an_archive_gives_its_one_member_or_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, archive: bytes, member: str, line: str | None
) -> None:
    monkeypatch.setattr(unpacking, "LARGE", 2**20)
    with RawServer(_says(OK + b"\r\n" + archive)) as server:
        source = _source(server.port, content=archive, archive_member=member)
        if line is None:
            assert load_source(source).to_pydict() == {"a": ["1", "2"], "b": ["x", "y"]}
        else:
            assert line in _refused(source, capsys)
    assert list(Path.cwd().iterdir()) == []


def test_an_archive_of_very_many_members_is_given_up(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "MAX_MEMBERS", 10)
    archive = _tar(*((tarfile.TarInfo(f"{number}"), b"") for number in range(11)), (tarfile.TarInfo("t.csv"), CSV))
    with RawServer(_says(OK + b"\r\n" + archive)) as server:
        source = _source(server.port, content=archive, archive_member="t.csv")
        assert "the archive has more than 10 members" in _refused(source, capsys)
