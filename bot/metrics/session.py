"""HTTP for the Prometheus client: answers are read up to a limit, and every failure becomes one clear error."""

from __future__ import annotations

import io
import json
import time
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3

from generator.errors import OutsideError

MAX_BYTES = 32 * 1024 * 1024
_CHUNK = 64 * 1024
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class LimitedSession(requests.Session):
    """A session that reads at most `MAX_BYTES` for at most `timeout` seconds, and follows no redirect.

    Raises `OutsideError` for anything but a complete answer. The address is named without what it may carry of
    credentials.
    """

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__()
        self.timeout = timeout
        self.address = public_address(url)
        # A proxy of this machine's settings cannot mean this machine itself.
        self.trust_env = urlsplit(url).hostname not in _LOOPBACK

    def request(self, method: str, url: Any, *args: Any, **options: Any) -> requests.Response:
        """Ask, read what comes back within the limits, and refuse what is no complete success."""
        deadline = time.monotonic() + self.timeout
        try:
            with super().request(
                method,
                url,
                *args,
                **{**options, "stream": True, "allow_redirects": False, "timeout": self.timeout},
            ) as answer:
                content = self._read(answer, deadline)
        except (requests.Timeout, urllib3.exceptions.TimeoutError) as late:
            raise self._failure(f"does not answer within {self.timeout:g} s") from late
        except requests.exceptions.SSLError as error:
            raise self._failure("has no certificate that this machine trusts") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._failure(f"cannot be reached ({type(error).__name__})") from error
        if answer.status_code != requests.codes.ok:
            raise self._failure(f"refuses: HTTP {answer.status_code}{_explanation(content)}")
        self._refuse_partial(content)
        return _response(answer.status_code, content)

    def _read(self, answer: requests.Response, deadline: float) -> bytes:
        content = bytearray()
        # read1 gives what has arrived; iter_content would wait until a whole chunk has dripped in.
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > MAX_BYTES:
                raise self._failure(f"answers with more than {MAX_BYTES // 2**20} MiB")
            if time.monotonic() > deadline:
                raise self._failure(f"does not complete its answer within {self.timeout:g} s")
        return bytes(content)

    def _refuse_partial(self, content: bytes) -> None:
        """An answer with warnings may lack data (a store that did not answer): it must not become a verdict."""
        if b'"warnings"' not in content:
            return
        warnings = _json(content).get("warnings")
        if warnings:
            raise self._failure(f"answers only in part: {plain(warnings)}")

    def _failure(self, problem: str) -> OutsideError:
        return OutsideError(
            f"Prometheus at {self.address} {problem}",
            next="check metrics.prometheus of the environment, and that Prometheus is up",
        )


def public_address(url: str) -> str:
    """A URL as it may be printed: without user, password, query and fragment."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}{parts.path}"


def plain(value: object, longest: int = 200) -> str:
    """Foreign text made harmless to print: one line, no control characters, not too long."""
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= longest else f"{text[:longest]}…"


def _explanation(content: bytes) -> str:
    error = _json(content).get("error")
    return f": {plain(error)}" if error else ""


def _json(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _response(status: int, content: bytes) -> requests.Response:
    complete = requests.Response()
    complete.status_code = status
    complete.encoding = "utf-8"
    complete.raw = io.BytesIO(content)
    return complete
