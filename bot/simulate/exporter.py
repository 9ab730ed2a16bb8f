"""Real /metrics for simulated pods: a page for each of them, and the list of them for Prometheus to discover.

Formats: prometheus.io/docs/instrumenting/exposition_formats (text, version 0.0.4) and
prometheus.io/docs/prometheus/latest/http_sd.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote, unquote

from bot.gates.selector import escape
from bot.simulate.scene import Scene, counters, value
from bot.simulate.traffic import Pod

_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_JSON = "application/json"


def namespace(environment: str) -> str:
    """The `namespace` label of an environment's pods. One Prometheus watches all of the simulated clusters, where
    pods of different environments may share namespace and name."""
    return f"simulation-{environment}"


def discovery(scene: Scene, address: str) -> list[dict[str, object]]:
    """The pods that run now, as targets."""
    return [
        {
            "targets": [address],
            "labels": {
                "__metrics_path__": f"/pods/{environment}/{quote(pod.name)}/metrics",
                "pod": pod.name,
                "namespace": namespace(environment),
            },
        }
        for environment in scene.environments()
        for pod in running(scene, environment)
    ]


def running(scene: Scene, environment: str) -> list[Pod]:
    """The pods of an environment that run now."""
    now = scene.clock.now()
    return [pod for pod in scene.pods(environment) if pod.runs(now)]


def exposition(scene: Scene, pod: Pod) -> str:
    """What a pod's /metrics says now; a counter appears with its first event, as labelled ones do."""
    now = scene.clock.now()
    by_metric: dict[str, list[str]] = {}
    for counter in counters(scene, pod):
        count = value(scene, pod, counter, now)
        if count:
            labels = ",".join(f'{name}="{escape(text)}"' for name, text in counter.labels)
            by_metric.setdefault(counter.metric, []).append(f"{counter.metric}{{{labels}}} {count}")
    lines = []
    for metric, samples in by_metric.items():
        lines += [f"# HELP {metric} SIMULATION: events of a simulated service.", f"# TYPE {metric} counter", *samples]
    return "".join(f"{line}\n" for line in lines)


@contextmanager
def exported(scene: Scene) -> Iterator[str]:
    """Serve the pods of a scene on loopback; gives the address `127.0.0.1:port`."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            with lock:
                page = _page(scene, self.path, f"127.0.0.1:{server.server_port}")
            kind, body = page or (_TEXT, "")
            content = body.encode()
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are nobody's news."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _page(scene: Scene, path: str, address: str) -> tuple[str, str] | None:
    match path.split("/"):
        case ["", "targets"]:
            return _JSON, json.dumps(discovery(scene, address))
        case ["", "pods", environment, name, "metrics"]:
            found = [pod for pod in running(scene, environment) if pod.name == unquote(name)]
            return (_TEXT, exposition(scene, found[0])) if found else None
    return None
