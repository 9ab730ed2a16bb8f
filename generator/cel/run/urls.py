"""URLs, with their functions.

Source: k8s.io/apiserver, pkg/cel/library/urls.go, and Go's net/url. Texts that its versions read differently are given
up: hosts of several colons, and what is no address in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Any, ClassVar, Final

from generator.cel.run.addresses import is_one
from generator.cel.run.values import Failure, Function, GivenUp, List, Map, Special

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORT: Final = re.compile(r"(?::[0-9]*)?")
_NO_HOST: Final = re.compile(r"[\s\\^`{|}/?#@]|%[0-7]")
_NO_USER: Final = re.compile(r"[^A-Za-z0-9._:~!$&'()*+,;=%@-]")
_ALWAYS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"
_IN_PATH: Final = frozenset((_ALWAYS + "$&+,/:;=@").encode())
_IN_RAW_PATH: Final = re.compile(r"[A-Za-z0-9._~$&+,/:;=@!'()*\[\]%-]*")
_IN_USER: Final = frozenset((_ALWAYS + "$&+,;=").encode())
_IN_HOST: Final = frozenset((_ALWAYS + "!\"$&'()*+,:;<=>[]").encode())
_IN_FRAGMENT: Final = frozenset((_ALWAYS + "!$&()*+,/:;=?@").encode())


@dataclass(frozen=True, slots=True)
class Url(Special):
    """A URL by its parts; `opaque` is what comes after a scheme that no slash follows."""

    kind: ClassVar[str] = "url"
    scheme: str
    opaque: str
    user: tuple[bytes, ...]
    host: str
    omits_host: bool
    path: str
    query: str
    has_query: bool
    fragment: str

    def same(self, other: Any) -> bool:
        """Whether another is the same, written out."""
        return str(self) == str(other)

    @property
    def parts(self) -> tuple[str, str]:
        """The host without brackets, and its port."""
        host, colon, port = self.host.rpartition(":")
        if not colon or not _PORT.fullmatch(colon + port):
            host, port = self.host, ""
        return (host[1:-1] if host.startswith("[") and host.endswith("]") else host), port

    def escaped_path(self) -> str:
        """The path as it is written out."""
        raw = _IN_RAW_PATH.fullmatch(self.path)
        return self.path if raw or self.path == "*" else _escaped(_unescaped(self.path), _IN_PATH)

    def __str__(self) -> str:
        found = f"{self.scheme}:" if self.scheme else ""
        if self.opaque:
            found += self.opaque
        else:
            if (self.scheme or self.host or self.user) and not self.omits_host:
                found += "//" if self.host or self.path or self.user else ""
                found += ":".join(_escaped(one, _IN_USER) for one in self.user) + ("@" if self.user else "")
                found += _escaped(self.host.encode(), _IN_HOST)
            found += self.escaped_path()
        found += f"?{self.query}" if self.has_query else ""
        return found + (f"#{_escaped(_unescaped(self.fragment), _IN_FRAGMENT)}" if self.fragment else "")


def _unescaped(text: str) -> bytes:
    if _BAD_ESCAPE.search(text):
        raise _wrong("invalid URL escape")
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text.encode(errors="replace"))


def _escaped(text: bytes, kept: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in kept else f"%{byte:02X}" for byte in text)


def _wrong(why: str) -> Failure:
    return Failure(f"it is no URL: {why}")


def _read(text: str) -> Url:
    _parse(text, is_request=True)
    rest, _, fragment = text.partition("#")
    _unescaped(fragment)
    return _parse(rest, fragment)


def _parse(text: str, fragment: str = "", *, is_request: bool = False) -> Url:
    if _CONTROL.search(text):
        raise _wrong("invalid control character in URL")
    if text == "*" or (not text and not is_request):
        return Url("", "", (), "", False, text, "", False, fragment)
    found = _SCHEME.fullmatch(text)
    scheme, rest = (found[1].lower(), found[2]) if found else ("", text)
    if text.startswith(":"):
        raise _wrong("missing protocol scheme")
    rest, mark, query = rest.partition("?")
    has_query = bool(mark)
    if not rest.startswith("/"):
        if scheme:
            return Url(scheme, rest, (), "", False, "", query, has_query, fragment)
        if is_request or ":" in rest.partition("/")[0]:
            raise _wrong("invalid URI for request")
    user: tuple[bytes, ...] = ()
    host, omits_host = "", bool(scheme)
    if rest.startswith("//") and (scheme or not (is_request or rest.startswith("///"))):
        authority, slash, path = rest[2:].partition("/")
        (user, host), rest, omits_host = _authority(authority), slash + path, False
    _unescaped(rest)
    return Url(scheme, "", user, host, omits_host, rest, query, has_query, fragment)


def _authority(text: str) -> tuple[tuple[bytes, ...], str]:
    user, at, host = text.rpartition("@")
    if _NO_USER.search(user):
        raise _wrong("invalid userinfo")
    return tuple(map(_unescaped, user.split(":", 1))) if at else (), _host(host)


def _host(text: str) -> str:
    port = text.rpartition(":")[2] if ":" in text else ""
    if "[" in text or "]" in text:
        inside = text[1:].partition("]")[0]
        try:
            IPv6Address(inside)
        except ValueError as error:
            raise GivenUp from error
        if not text.startswith("[") or "%" in text or not _PORT.fullmatch(text[len(inside) + 2 :]):
            raise GivenUp
        return text
    if text.count(":") > 1:
        raise GivenUp
    if ":" in text and not _PORT.fullmatch(f":{port}"):
        raise _wrong("invalid port after host")
    if _NO_HOST.search(text):
        raise _wrong("invalid character in host name")
    return _text(_unescaped(text))


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise GivenUp from error


def _query(of: Url) -> Map:
    found: dict[str, list[str]] = {}
    for pair in of.query.split("&"):
        key, _, value = pair.partition("=")
        if pair and ";" not in pair and not _BAD_ESCAPE.search(pair):
            key, value = (_text(_unescaped(one.replace("+", " "))) for one in (key, value))
            found.setdefault(key, []).append(value)
    return Map({}).with_pairs((key, List(list(values))) for key, values in found.items())


FUNCTIONS: Final[Mapping[str, Function]] = {
    "url": _read,
    "isURL": is_one(lambda text: _parse(text, is_request=True)),
    "getScheme": lambda of: of.scheme,
    "getHost": lambda of: of.host,
    "getHostname": lambda of: of.parts[0],
    "getPort": lambda of: of.parts[1],
    "getEscapedPath": Url.escaped_path,
    "getQuery": _query,
}
