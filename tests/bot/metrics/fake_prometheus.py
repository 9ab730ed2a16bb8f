"""A Prometheus over real HTTP that answers range queries from given series and enforces the real one's limits."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

MAX_POINTS = 11_000


@dataclass
class FakePrometheus:
    """`series` maps labels (as JSON) to a value over time; `raw` replaces the whole answer by (status, body)."""

    series: Mapping[str, Callable[[float], str | None]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    raw: tuple[int, bytes] | None = None
    drip: float | None = None
    location: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    port: int = 0

    def answer(self, parameters: dict[str, str]) -> tuple[int, bytes]:
        """What /api/v1/query_range answers."""
        if self.raw:
            return self.raw
        start, end, step = (float(parameters[name]) for name in ("start", "end", "step"))
        if (end - start) / step + 1 > MAX_POINTS:
            error = "exceeded maximum resolution of 11,000 points per timeseries."
            return 400, json.dumps({"status": "error", "errorType": "bad_data", "error": error}).encode()
        times = [start + step * i for i in range(int((end - start) / step) + 1)]
        result = [
            {"metric": json.loads(labels), "values": [[at, v] for at in times if (v := value(at)) is not None]}
            for labels, value in self.series.items()
        ]
        body: dict[str, object] = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        if self.warnings:
            body["warnings"] = list(self.warnings)
        return 200, json.dumps(body).encode()


@contextmanager
def served(fake: FakePrometheus) -> Iterator[str]:
    """The base URL of the fake, while it is up."""
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            parameters = {name: values[0] for name, values in parse_qs(url.query).items()}
            fake.asked.append({"path": url.path, **parameters})
            fake.authorizations.append(self.headers.get("Authorization"))
            status, body = fake.answer(parameters)
            self.send_response(status)
            if fake.location:
                self.send_header("Location", fake.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if fake.drip is None:
                self.wfile.write(body)
            else:
                self._drip(body)

        def _drip(self, body: bytes):
            try:
                for byte in body:
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    if stop.wait(fake.drip):
                        return
            except OSError:
                return

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    fake.port = server.server_port
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        stop.set()
        server.shutdown()
        server.server_close()
        thread.join()
