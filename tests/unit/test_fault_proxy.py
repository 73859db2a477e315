"""The proxy that tests break servers with does to each request what it was told, and counts all of them."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from tests.fault_proxy import Fault, FaultProxy


class Upstream(ThreadingHTTPServer):
    """Remembers the bodies that reached it and sends each back."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Echo)
        self.bodies: list[bytes] = []


class Echo(BaseHTTPRequestHandler):
    server: Upstream

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.bodies.append(body)
        self.send_response(201)
        self.send_header("X-Seen", self.headers["X-Sent"] or "")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def proxy(upstream: Upstream) -> Iterator[FaultProxy]:
    with FaultProxy(f"http://127.0.0.1:{upstream.server_port}") as proxy:
        yield proxy


def _post(proxy: FaultProxy, body: bytes = b"text", timeout: float = 10) -> int:
    return requests.post(f"{proxy.uri}/path?a=1", data=body, timeout=timeout).status_code


def test_requests_and_answers_pass_unchanged(proxy: FaultProxy, upstream: Upstream) -> None:
    with requests.Session() as session:
        for body in (b"first", bytes(300_000), iter([b"in ", b"pieces"])):
            answer = session.post(f"{proxy.uri}/path?a=1", data=body, headers={"X-Sent": "x"}, timeout=10)
            assert (answer.status_code, answer.headers["X-Seen"]) == (201, "x")
            assert answer.content == upstream.bodies[-1]
    assert [len(body) for body in upstream.bodies] == [5, 300_000, 9]
    assert proxy.requests == ["POST /path?a=1"] * 3


@pytest.mark.parametrize(("fault", "arrived"), [("close", 0), ("drop", 1)])
def test_a_connection_ends_before_or_after_the_request_was_passed_on(
    proxy: FaultProxy, upstream: Upstream, fault: Fault, arrived: int
) -> None:
    proxy.break_down(fault)
    with pytest.raises(requests.ConnectionError):
        _post(proxy)
    assert len(upstream.bodies) == arrived
    assert len(proxy.requests) == 1
    proxy.mend()
    assert _post(proxy) == 201


def test_error_answers_500_and_passes_nothing_on(proxy: FaultProxy, upstream: Upstream) -> None:
    proxy.break_down("error")
    assert _post(proxy) == 500
    assert upstream.bodies == []


def test_a_slow_answer_is_given_up_by_the_client_though_the_server_gets_the_request(
    proxy: FaultProxy, upstream: Upstream
) -> None:
    proxy.break_down("slow", delay=0.3, times=1)
    with pytest.raises(requests.ReadTimeout):
        _post(proxy, timeout=0.1)
    assert _post(proxy, b"patient") == 201
    for _ in range(1000):
        if len(upstream.bodies) == 2:
            break
        time.sleep(0.01)
    assert sorted(upstream.bodies) == [b"patient", b"text"]


def test_a_fault_starts_after_some_requests_and_ends_after_some(proxy: FaultProxy) -> None:
    proxy.break_down("error", after=2, times=1)
    assert [_post(proxy) for _ in range(4)] == [201, 201, 500, 201]


def test_a_server_that_is_away_looks_like_a_closed_connection(proxy: FaultProxy, upstream: Upstream) -> None:
    upstream.server_close()
    with pytest.raises(requests.ConnectionError):
        _post(proxy)
