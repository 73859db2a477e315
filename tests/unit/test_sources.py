"""Fetching: mirror first, checked bytes, retries, archives, and errors that say what was tried."""

import gzip
import hashlib
import io
import os
import resource
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from lockstep.errors import DiskError, SourceError
from lockstep.fetch import download
from lockstep.fetch.source import SOURCES, FileSource
from lockstep.fetch.sources.friedman1 import GeneratedTable
from lockstep.storage.tables import write_table
from tests.conftest import ROOT

CSV = b"a,b\n1,x\n2,\n"
SHA = hashlib.sha256(CSV).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves what a test puts into `answers`: (status, headers, body), one per request, the last one for ever."""

    answers: list[tuple[int, dict[str, str], bytes]]
    requests: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        status, headers, body = self.server.answers[min(len(self.server.requests), len(self.server.answers)) - 1]
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keep the test's output quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.delenv(download.MIRROR, raising=False)
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    with Server(("127.0.0.1", 0), Handler) as running:
        running.answers, running.requests = [(200, {}, CSV)], []
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def _source(server: Server, **more: object) -> FileSource:
    facts = {"kind": "csv", "urls": [f"http://127.0.0.1:{server.server_port}/t.csv"], "sha256": SHA}
    source: FileSource = SOURCES.parse(facts | more)
    return source


def test_a_csv_file_arrives_as_text_exactly_as_it_stands(server: Server) -> None:
    assert _source(server).load().to_pydict() == {"a": ["1", "2"], "b": ["x", ""]}


def test_a_failing_server_is_asked_again(server: Server) -> None:
    server.answers = [(503, {}, b""), (503, {}, b""), (200, {}, CSV)]
    assert _source(server).load().num_rows == 2
    assert len(server.requests) == 3


def test_a_transfer_that_breaks_off_is_repeated_and_never_used(server: Server) -> None:
    server.answers = [(200, {"Content-Length": "1000"}, CSV), (200, {}, CSV)]
    assert _source(server).load().num_rows == 2


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ((404, {}, b""), "HTTP 404"),
        ((200, {}, b"a,b\n1,2\n"), f"the dataset file promises {SHA}"),
        ((200, {}, b"<html>error</html>"), "is an HTML page, not a table"),
        ((200, {"Content-Length": "1000"}, CSV), "the transfer broke off"),
    ],
)
def test_the_error_says_what_was_tried_and_what_to_do(
    server: Server, answer: tuple[int, dict[str, str], bytes], line: str
) -> None:
    server.answers = [answer]
    with pytest.raises(SourceError) as error:
        _source(server).load()
    assert line in str(error.value)
    assert f"http://127.0.0.1:{server.server_port}/t.csv" in str(error.value)
    assert "LOCKSTEP_DATA_MIRROR" in str(error.value)
    assert "\n" not in str(error.value)


def test_an_unreachable_server_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(download.MIRROR, raising=False)
    monkeypatch.setattr("pooch.core.time.sleep", lambda _: None)
    facts = {"kind": "csv", "urls": ["http://user:secret@127.0.0.1:9/t.csv?token=secret"], "sha256": SHA}
    with pytest.raises(SourceError, match=r"http://127\.0\.0\.1:9/t\.csv: cannot be reached") as error:
        SOURCES.parse(facts).load()
    assert "secret" not in str(error.value)


def test_the_mirror_comes_first_and_leaves_no_trace(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(_source(server).load(), tmp_path / "public.parquet")
    asked = len(server.requests)
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror/t.csv").write_bytes(CSV)
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.setenv(download.MIRROR, "mirror")
    write_table(_source(server).load(), tmp_path / "mirrored.parquet")
    assert len(server.requests) == asked
    assert (tmp_path / "public.parquet").read_bytes() == (tmp_path / "mirrored.parquet").read_bytes()


def test_a_mirror_may_be_a_base_url(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(download.MIRROR, f"http://127.0.0.1:{server.server_port}/tables/")
    source = SOURCES.parse({"kind": "csv", "urls": ["https://nowhere.invalid/t.csv"], "sha256": SHA})
    assert source.load().num_rows == 2
    assert server.requests == ["/tables/t.csv"]


def test_a_damaged_mirror_is_reported_and_the_public_url_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_bytes(b"other")
    monkeypatch.setenv(download.MIRROR, str(tmp_path))
    assert _source(server).load().num_rows == 2
    assert "sha256 is" in capsys.readouterr().err


def test_only_the_named_member_of_an_archive_is_read(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in (("../../evil.csv", b"bad"), ("inner/t.csv", CSV)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    monkeypatch.chdir(tmp_path)
    server.answers = [(200, {}, packed.getvalue())]
    sha = hashlib.sha256(packed.getvalue()).hexdigest()
    assert _source(server, sha256=sha, archive_member="inner/t.csv").load().num_rows == 2
    assert list(tmp_path.rglob("*")) == []
    with pytest.raises(SourceError, match=r"the archive has no member 'absent\.csv'"):
        _source(server, sha256=sha, archive_member="absent.csv").load()


def test_parquet_keeps_its_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    pq.write_table(pa.table({"a": [1, 2], "b": [0.5, None]}), "t.parquet")
    sha = hashlib.sha256(Path("t.parquet").read_bytes()).hexdigest()
    source = SOURCES.parse({"kind": "parquet", "path": "t.parquet", "sha256": sha})
    assert source.load().to_pydict() == {"a": [1, 2], "b": [0.5, None]}
    Path("t.parquet").write_bytes(Path("t.parquet").read_bytes()[:-20])
    sha = hashlib.sha256(Path("t.parquet").read_bytes()).hexdigest()
    with pytest.raises(SourceError, match=r"t\.parquet: is no readable Parquet file"):
        source.model_copy(update={"sha256": sha}).load()


def _archive(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file may get more than ten thousand bytes; none of bytecode, which Python would leave behind cut short."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("packing", ["gz", "tar", "none"])
@pytest.mark.usefixtures("small_disk")
def test_a_disk_that_is_full_is_not_the_sources_fault(packing: str, server: Server) -> None:
    text = b"a,b\n" + b"1,x\n" * 50_000
    served = {"gz": gzip.compress(text), "tar": _archive("t.csv", text), "none": text}[packing]
    server.answers = [(200, {}, served)]
    member = {"archive_member": "t.csv"} if packing == "tar" else {}
    with pytest.raises(
        DiskError, match=r"^/\S+: File too large; free space there, or set TMPDIR to a folder on another"
    ):
        _source(server, sha256=hashlib.sha256(served).hexdigest(), **member).load()
    assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["", "\n", "\n" * 20])
def test_a_closed_quote_at_the_end_is_known_in_front_of_empty_lines(end: str, encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(f'\ufeffa,b\n1,"x\ny"{end}'.encode(encoding))
    named = "utf-8" if encoding == "utf-8" else "utf-16"
    facts = {"kind": "csv", "path": str(file), "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    table = SOURCES.parse(facts | {"encoding": named}).load()
    assert table.column("b").to_pylist()[0] == "x\ny"


def test_gzipped_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    Path("t.csv.gz").write_bytes(gzip.compress(CSV))
    sha = hashlib.sha256(Path("t.csv.gz").read_bytes()).hexdigest()
    source = SOURCES.parse({"kind": "csv", "path": "t.csv.gz", "sha256": sha})
    assert source.load().num_rows == 2


def test_embedded_and_generated_tables_need_no_network() -> None:
    assert SOURCES.parse({"kind": "sklearn", "loader": "diabetes"}).load().shape == (442, 11)
    facts = GeneratedTable(n_rows=50, n_features=10, noise=1.0, seed=0)
    assert facts.load().equals(facts.load())
    assert facts.load().shape == (50, 11)


@pytest.mark.parametrize("n_rows", [10**13, 10**18, 10**30])
def test_a_generated_table_that_does_not_fit_into_memory_is_one_line(n_rows: int) -> None:
    facts = GeneratedTable.model_construct(n_rows=n_rows, n_features=10, noise=1.0, seed=0)
    with pytest.raises(SourceError, match=rf"^source\.n_rows: {n_rows} rows of 10 features do not fit into memory"):
        facts.load()


@pytest.mark.parametrize("name", SOURCES.built_in())
def test_every_source_has_examples_that_are_valid(name: str) -> None:
    examples = SOURCES[name].examples()
    assert examples
    for example in examples:
        assert isinstance(SOURCES.parse({"kind": name, **example}), SOURCES[name])


@pytest.mark.parametrize("option", [{"header": ["a"]}, {"delimiter": ";"}, {"encoding": "latin-1"}])
def test_a_parquet_file_takes_no_options_of_csv_files(option: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=f"{next(iter(option))} goes with kind csv; a Parquet file has its own"):
        SOURCES.parse({"kind": "parquet", "path": "t.parquet", "sha256": "0" * 64, **option})


def test_a_fetch_of_a_csv_file_imports_no_scikit_learn(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(CSV)
    code = (
        "import sys; from lockstep.fetch.source_block import SourceBlock\n"
        f"block = SourceBlock.model_validate({{'source': {{'kind': 'csv', 'path': 't.csv', 'sha256': '{SHA}'}}}})\n"
        "print('requests' in sys.modules, block.source.load().num_rows, 'sklearn' in sys.modules)\n"
        "SourceBlock.model_validate({'source': {'kind': 'sklearn', 'loader': 'diabetes'}})\n"
        "print('sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "DVC_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False", "2", "False", "False"]
