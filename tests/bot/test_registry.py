"""Resolving a tag against a real HTTP server on this machine, which answers as registries do."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from bot.registry import _may_follow, _place, with_digest
from generator.errors import InputError, OutsideError
from generator.release import parse_image

MANIFEST = b'{"schemaVersion": 2}'
DIGEST = "sha256:" + hashlib.sha256(MANIFEST).hexdigest()


class Server(ThreadingHTTPServer):
    """Answers as `mode` says, and remembers what it was asked."""

    mode: str = "open"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.seen: list[tuple[str, str, str | None]] = []


class Registry(BaseHTTPRequestHandler):
    """Serves `acme/web:1.0`; the server's `mode` says how. Every request is kept in `server.seen`."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.answer()

    def answer(self):
        self.server.seen.append((self.command, self.path, self.headers.get("Authorization")))
        mode = self.server.mode
        if self.path.startswith("/token"):
            token = {"token": "t0ken"} if mode != "no-token" else {}
            return self.reply(200, json.dumps(token).encode())
        if mode == "closed":
            return self.reply(401, headers={"WWW-Authenticate": 'Basic realm="acme"'})
        if mode in ("token", "no-token") and self.headers.get("Authorization") != "Bearer t0ken":
            realm = f"http://localhost:{self.server.server_port}/token"
            return self.reply(401, headers={"WWW-Authenticate": f'Bearer realm="{realm}",service="acme"'})
        if mode == "bad-realm":
            return self.reply(401, headers={"WWW-Authenticate": 'Bearer realm="http://registry.invalid/token"'})
        if mode == "redirect" and "elsewhere" not in self.path:
            return self.reply(307, headers={"Location": "/elsewhere" + self.path})
        if mode == "redirect-out":
            return self.reply(307, headers={"Location": "http://registry.invalid/"})
        if mode == "busy":
            return self.reply(429)
        if "acme/web/manifests/1.0" not in self.path or "oci.image.index" not in self.headers.get("Accept", ""):
            return self.reply(404)
        body = b"x" * (5 * 1024 * 1024) if mode == "huge" else MANIFEST
        return self.reply(200, body, {} if mode in ("headerless", "huge") else {"Docker-Content-Digest": DIGEST})

    def reply(self, status, body=b"", headers=None):
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def registry(monkeypatch):
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(proxy, raising=False)
    server = Server(("localhost", 0), Registry)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def ask(registry, image="acme/web:1.0"):
    return with_digest(parse_image(f"localhost:{registry.server_port}/{image}"))


@pytest.mark.parametrize("mode", ["open", "token", "redirect", "headerless"])
def test_a_tag_becomes_tag_and_digest(registry, mode):
    registry.mode = mode
    assert str(ask(registry)) == f"localhost:{registry.server_port}/acme/web:1.0@{DIGEST}"


def test_a_token_is_asked_for_pulling_only_and_only_when_needed(registry):
    ask(registry)
    assert [path for _, path, _ in registry.seen] == ["/v2/acme/web/manifests/1.0"]
    registry.mode, registry.seen[:] = "token", []
    ask(registry)
    assert registry.seen[1][1] == "/token?service=acme&scope=repository%3Aacme%2Fweb%3Apull"


def test_a_token_is_not_carried_over_a_redirect(registry):
    registry.mode = "redirect"
    ask(registry)
    assert all(authorization is None for _, _, authorization in registry.seen)


def test_a_digest_is_never_asked_for(registry):
    image = parse_image(f"localhost:1/acme/web:1.0@{DIGEST}")
    assert with_digest(image) is image


def test_what_does_not_exist_is_the_persons_mistake(registry):
    with pytest.raises(InputError, match=r"acme/web:2\.0 does not exist"):
        ask(registry, "acme/web:2.0")


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("closed", "asks for a login"),
        ("no-token", "gave no token"),
        ("bad-realm", "not https"),
        ("redirect-out", "not https"),
        ("busy", "too many requests"),
        ("huge", "larger than"),
    ],
)
def test_a_registry_that_does_not_answer_says_what_to_do(registry, mode, message):
    registry.mode = mode
    with pytest.raises(OutsideError, match=message) as failed:
        ask(registry)
    assert failed.value.next == f"give the digest yourself: localhost:{registry.server_port}/acme/web:1.0@sha256:…"


def test_a_registry_that_is_not_there():
    with pytest.raises(OutsideError, match="localhost:1 did not say"):
        with_digest(parse_image("localhost:1/acme/web:1.0"))


def test_an_image_without_a_tag():
    with pytest.raises(InputError, match="no tag"):
        with_digest(parse_image("acme/web"))


@pytest.mark.parametrize(
    ("repository", "place"),
    [
        ("redis", ("registry-1.docker.io", "library/redis")),
        ("acme/web", ("registry-1.docker.io", "acme/web")),
        ("docker.io/redis", ("registry-1.docker.io", "library/redis")),
        ("ghcr.io/acme/web", ("ghcr.io", "acme/web")),
        ("localhost/web", ("localhost", "web")),
        ("registry:5000/web", ("registry:5000", "web")),
    ],
)
def test_where_a_repository_is_served(repository, place):
    assert _place(repository) == place


@pytest.mark.parametrize(
    ("before", "after", "allowed"),
    [
        ("https://a.io/v2", "https://b.io/x", True),
        ("https://a.io/v2", "http://a.io/v2", False),
        ("https://a.io/v2", "http://localhost/v2", False),
        ("http://localhost:5000/v2", "http://localhost:5001/", True),
        ("http://localhost:5000/v2", "http://a.io/", False),
        ("https://a.io/v2", "https://user@b.io/", False),
        ("https://a.io/v2", "file:///etc/passwd", False),
    ],
)
def test_which_redirects_are_followed(before, after, allowed):
    assert _may_follow(before, after) is allowed
