"""A reverse proxy on loopback that can be told to break what passes through it."""

import http.client
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["close", "error", "slow", "drop"]
CONNECTION_HEADERS = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


class FaultProxy:
    """Passes requests on to a server until `break_down` says otherwise; use it as a context manager.

    `requests` lists what arrived, as "POST /path"; a server that is away looks like a closed connection.
    """

    def __init__(self, upstream: str) -> None:
        """Listen in front of `upstream`, an http:// address."""
        address = urlsplit(upstream)
        self.upstream = (str(address.hostname), int(address.port or 80))
        self.requests: list[str] = []
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._delay, self._after, self._times = 0.0, 0, 0
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.uri = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def break_down(self, fault: Fault, *, after: int = 0, times: int = 10**9, delay: float = 0.0) -> None:
        """Break requests in one way, once `after` more have passed, and that `times` times.

        close: the connection ends and nothing is passed on.  error: answer 500 and pass nothing on.
        slow: wait `delay` seconds first.  drop: pass it on, then end the connection without the answer.
        """
        with self._lock:
            self._fault, self._delay, self._after, self._times = fault, delay, after, times

    def mend(self) -> None:
        """Pass everything on again."""
        with self._lock:
            self._fault = None

    def next_fault(self, request: str) -> tuple[Fault | None, float]:
        """Note a request; what is to be done to it, and the delay in seconds."""
        with self._lock:
            self.requests.append(request)
            if self._fault is None or self._times == 0:
                return None, 0.0
            if self._after:
                self._after -= 1
                return None, 0.0
            self._times -= 1
            return self._fault, self._delay


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultProxy

    def handle(self) -> None:
        # A client that stops waiting is what some faults are for.
        with suppress(ConnectionError):
            super().handle()

    def handle_any(self) -> None:
        fault, delay = self.proxy.next_fault(f"{self.command} {self.path}")
        body = self._body()
        if fault == "slow":
            self.proxy.closing.wait(delay)
        if fault == "error":
            return self._answer(500, [], b"broken on purpose")
        answer = self._passed_on(body) if fault != "close" else None
        if answer is None or fault == "drop":
            self.close_connection = True
            return None
        return self._answer(*answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep quiet."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _passed_on(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The server's answer; None if it is away."""
        headers = {name: value for name, value in self.headers.items() if name.lower() not in CONNECTION_HEADERS}
        server = http.client.HTTPConnection(*self.proxy.upstream)
        try:
            server.request(self.command, self.path, body=body or None, headers=headers)
            answer = server.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            server.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in CONNECTION_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
