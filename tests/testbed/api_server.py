"""A real Kubernetes API server with its etcd, on loopback, for as long as a `with` block lasts.

There are no controllers and no nodes: it stores, defaults and refuses objects, and nothing ever runs.
"""

from __future__ import annotations

import http.client
import json
import secrets
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import local
from typing import Any

from generator.errors import OutsideError

LOOPBACK = "127.0.0.1"
_START_TIMEOUT = 120.0
_ANSWER_TIMEOUT = 60.0
_STOP_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server answered: the HTTP status, and the object or Status in its body."""

    status: int
    body: Any

    @property
    def message(self) -> str:
        """Its words, for an error."""
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else str(self.body)


@dataclass(frozen=True)
class ApiServer:
    """A connection to a running API server as somebody who may do everything; each thread gets its own."""

    port: int
    token: str
    certificate: Path
    _mine: local = field(default_factory=local)

    def call(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> Answer:
        """One request; `path` begins with a slash, `kind` is the type of the body. Raises OSError, HTTPException."""
        connection: http.client.HTTPSConnection | None = getattr(self._mine, "connection", None)
        if connection is None:
            trusted = ssl.create_default_context(cafile=str(self.certificate))
            connection = http.client.HTTPSConnection(LOOPBACK, self.port, timeout=_ANSWER_TIMEOUT, context=trusted)
            self._mine.connection = connection
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        try:
            connection.request(method, path, body.encode() if body is not None else None, headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self._mine.connection = None
            connection.close()
            raise
        is_json = response.headers.get_content_type() == "application/json"
        return Answer(response.status, json.loads(text) if is_json else text.decode(errors="replace"))


@contextmanager
def api_server(kube: Path, folder: Path) -> Iterator[ApiServer]:
    """Start etcd and the API server of the program `kube`, with everything they write in `folder`.

    Raises OutsideError, with the end of the log, when one of them does not start.
    """
    etcd, peer, port = _free_ports(3)
    token = secrets.token_hex(16)
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n")
    subprocess.run([kube, "new-key", folder / "service-accounts.key"], check=True)
    commands = {
        "etcd": _etcd(kube, folder, etcd, peer),
        "apiserver": _apiserver(kube, folder, etcd, port),
    }
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                running[name] = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        server = ApiServer(port, token, folder / "certificates" / "apiserver.crt")
        _wait_until_ready(server, running, folder)
        yield server
    finally:
        _stop(list(running.values())[::-1])


def _etcd(kube: Path, folder: Path, port: int, peer: int) -> list[str | Path]:
    client, others = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{peer}"
    options = {
        "data-dir": folder / "etcd",
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "listen-peer-urls": others,
        "initial-advertise-peer-urls": others,
        "initial-cluster": f"default={others}",
        "log-level": "warn",
        "unsafe-no-fsync": "true",  # nothing here outlives the test
    }
    return [kube, "etcd", *(f"--{name}={value}" for name, value in options.items())]


def _apiserver(kube: Path, folder: Path, etcd: int, port: int) -> list[str | Path]:
    key = folder / "service-accounts.key"
    options = {
        "etcd-servers": f"http://{LOOPBACK}:{etcd}",
        "bind-address": LOOPBACK,
        "advertise-address": LOOPBACK,
        "secure-port": port,
        "cert-dir": folder / "certificates",
        "token-auth-file": folder / "tokens.csv",
        "authorization-mode": "RBAC",
        "service-account-issuer": "https://kubernetes.default.svc",
        "service-account-key-file": key,
        "service-account-signing-key-file": key,
        "service-cluster-ip-range": "10.96.0.0/12",  # kubeadm's
        "allow-privileged": "true",
        "profiling": "false",
    }
    return [kube, "apiserver", *(f"--{name}={value}" for name, value in options.items())]


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, all different."""
    sockets = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    found = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return found


def _wait_until_ready(server: ApiServer, running: dict[str, subprocess.Popen[bytes]], folder: Path) -> None:
    end = time.monotonic() + _START_TIMEOUT
    while not _ready(server):
        dead = next((name for name, process in running.items() if process.poll() is not None), None)
        if dead or time.monotonic() > end:
            name = dead or "apiserver"
            said = "\n".join((folder / f"{name}.log").read_text(errors="replace").splitlines()[-10:])
            raise OutsideError(
                f"{name} did not start; it says:\n{said}", next="look for what it misses on this machine"
            )
        time.sleep(0.2)


def _ready(server: ApiServer) -> bool:
    """Whether it answers, and has made the namespace that everything goes to."""
    try:
        return all(server.call("GET", path).status == 200 for path in ("/readyz", "/api/v1/namespaces/default"))
    except (OSError, http.client.HTTPException):
        return False


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
