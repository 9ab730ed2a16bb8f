"""Ask an image's registry which digest a tag stands for (P8), by the OCI distribution API, without credentials.

Specs: OCI distribution-spec 1.1 ("Pulling manifests"), and the token flow of distribution ("Token Authentication
Specification"). Only https is spoken, except to this very machine; answers are bounded in size and time.
"""

from __future__ import annotations

import hashlib
import json
import re
import urllib.error
import urllib.parse
import urllib.request  # noqa: TID251  this module is the one that talks to registries
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.message import Message
from http.client import HTTPException
from typing import IO, Any

from generator.errors import InputError, OutsideError
from generator.release import ImageReference

_TIMEOUT = 10.0
_LARGEST = 4 * 1024 * 1024  # the limit that distribution-spec sets to manifests
_HUB = "docker.io"
_HUB_API = "registry-1.docker.io"
_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PARAMETER = re.compile(r'([a-z]+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a registry answered: status, headers and at most `_LARGEST` bytes."""

    status: int
    headers: Message
    body: bytes


def with_digest(image: ImageReference) -> ImageReference:
    """The reference with the digest that its tag stands for now; one that has a digest already comes back unasked.

    Raises `InputError` where there is no tag or no such image, `OutsideError` where the registry cannot be asked.
    """
    if image.digest:
        return image
    if not image.tag:
        raise InputError(f"{image} has no tag", next=f"name one: {image}:1.2.3")
    try:
        digest = _digest(image)
    except (OSError, HTTPException, ValueError) as failed:
        raise _outside(image, f"{failed}") from failed
    return replace(image, digest=digest)


def _digest(image: ImageReference) -> str:
    host, name = _place(image.repository)
    url = f"{_scheme(host)}://{host}/v2/{name}/manifests/{image.tag}"
    headers = {"Accept": _MANIFESTS}
    answer = _ask("HEAD", url, headers)
    if answer.status == 401:
        headers["Authorization"] = f"Bearer {_token(image, host, name, answer.headers)}"
        answer = _ask("HEAD", url, headers)
    _check(image, answer.status)
    digest = answer.headers.get("Docker-Content-Digest", "")
    if not _DIGEST.fullmatch(digest):
        # The header is optional in the spec; the digest is that of the manifest's bytes either way.
        answer = _ask("GET", url, headers)
        _check(image, answer.status)
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
    return digest


def _place(repository: str) -> tuple[str, str]:
    """The host that serves a repository, and its name there: what Docker does with short names."""
    first, slash, rest = repository.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = _HUB, repository
    if first in (_HUB, "index.docker.io"):
        return _HUB_API, rest if "/" in rest else f"library/{rest}"
    return first, rest


def _scheme(host: str) -> str:
    return "http" if host.partition(":")[0] in ("localhost", "127.0.0.1") else "https"


def _token(image: ImageReference, host: str, name: str, headers: Message) -> str:
    """An anonymous token for pulling this repository, from where the registry's challenge says."""
    kind, _, parameters = headers.get("WWW-Authenticate", "").partition(" ")
    fields = dict(_PARAMETER.findall(parameters))
    realm = fields.get("realm", "")
    if kind.lower() != "bearer" or not realm:
        raise _outside(image, "it asks for a login")
    if not _may_follow(f"{_scheme(host)}://{host}", realm):
        raise _outside(image, f"it sends us to {realm} for a token, which is not https")
    query = {"service": fields.get("service", ""), "scope": f"repository:{name}:pull"}
    separator = "&" if "?" in realm else "?"
    answer = _ask("GET", f"{realm}{separator}{urllib.parse.urlencode(query)}", {})
    _check(image, answer.status)
    value: Any = json.loads(answer.body)
    token = value.get("token") or value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(token, str) or not re.fullmatch(r"[\x21-\x7e]{1,16384}", token):
        raise _outside(image, "it gave no token")
    return token


def _check(image: ImageReference, status: int) -> None:
    if status == 404:
        raise InputError(f"{image} does not exist", next="check the tag and the name of the image")
    if status in (401, 403):
        raise _outside(image, "it asks for a login, or there is no such image")
    if status == 429:
        raise _outside(image, "it has had too many requests from here")
    if status != 200:
        raise _outside(image, f"it answered with status {status}")


def _outside(image: ImageReference, why: str) -> OutsideError:
    host = _place(image.repository)[0]
    return OutsideError(
        f"{host} did not say which digest {image} has: {why}",
        next=f"give the digest yourself: {image.repository}:{image.tag}@sha256:…",
    )


def _ask(method: str, url: str, headers: Mapping[str, str]) -> _Answer:
    request = urllib.request.Request(url, method=method)  # noqa: S310, TID251  only http to this machine and https
    for key, value in {"User-Agent": "towpath", **headers}.items():
        request.add_unredirected_header(key, value) if key == "Authorization" else request.add_header(key, value)
    opener = urllib.request.build_opener(_Redirects)  # noqa: TID251  as above
    try:
        with opener.open(request, timeout=_TIMEOUT) as response:
            return _Answer(response.status, response.headers, _read(response))
    except urllib.error.HTTPError as refused:
        with refused:
            return _Answer(refused.code, refused.headers, b"")


def _read(response: IO[bytes]) -> bytes:
    body = response.read(_LARGEST + 1)
    if len(body) > _LARGEST:
        raise ValueError(f"its answer is larger than {_LARGEST} bytes")
    return body


def _may_follow(before: str, after: str) -> bool:
    """Never from https to anything less, and never from this machine's registry to plain http elsewhere."""
    old, new = urllib.parse.urlsplit(before), urllib.parse.urlsplit(after)
    local = old.scheme == "http" and new.scheme == "http" and _scheme(new.netloc) == "http"
    return (new.scheme == "https" or local) and bool(new.hostname) and "@" not in new.netloc


class _Redirects(urllib.request.HTTPRedirectHandler):  # noqa: TID251  as above
    """Follows at most three redirects, with the method they were asked by."""

    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,  # noqa: TID251  as above
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:  # noqa: TID251  as above
        if not _may_follow(req.full_url, newurl):
            raise ValueError(f"it redirects to {newurl[:200]}, which is not https")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None:
            following.method = req.get_method()
        return following
