"""The formats of texts and numbers that the API server checks in custom resources.

Sources: k8s.io/apiextensions-apiserver `pkg/apiserver/validation/formats.go`, k8s.io/kube-openapi
`pkg/validation/{strfmt,validate}`, and Go's net, net/url and time, which these read with. A format that is not here
says nothing about a value, as there.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from generator.strfmt import is_bytes, is_date, is_date_time, is_uuid

Schema = dict[str, Any]

_ZEROS: Final = re.compile(r"\b0+(?=[0-9a-fA-F])")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_NO_HOST: Final = re.compile(r"[\s\\^`{|}]")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_GO_DURATION: Final = re.compile(r"[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)")
_SPOKEN_DURATION: Final = re.compile(r"(?<![0-9])[0-9]+[\t\n\f\r ]*([A-Za-zµ]+)")
_UNITS: Final = frozenset("ns us µs ms s m h hr d w wk".split())
_LONG_UNITS: Final = ("nano", "micro", "milli", "sec", "min", "hour", "day", "week")
"""These may go on: `5 minutes`."""
_HOST: Final = re.compile(r"[ld](-?[ld]{0,62})?|([ld]([-ld]{0,61}[ld])?\.)+l{2,63}")
"""Of a text in which letters are `l`, and digits and symbols `d`."""
_NAME: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_HEX: Final = "[0-9a-fA-F]"
_PAIRS: Final = "|".join(
    f"{_HEX}{{2}}({separator}{_HEX}{{2}}){{{count}}}" for separator in ":-" for count in (5, 7, 19)
)
_QUADS: Final = "|".join(rf"{_HEX}{{4}}(\.{_HEX}{{4}}){{{count}}}" for count in (2, 3, 9))
_TOGETHER: Final = "|".join(f"{_HEX}{{{count}}}" for count in (12, 16, 40))
"""Go 1.26, which Kubernetes 1.36 is built with, reads these too."""
_COLOUR: Final = r"\s*(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])\s*"
_CARD: Final = (
    "4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9]{2})[0-9]{12}|3[47][0-9]{13}|3(0[0-5]|[68][0-9])[0-9]{11}"
    "|(2131|1800|35[0-9]{3})[0-9]{11}"
)


def is_cidr(value: str) -> bool:
    """Whether it is an address with a length."""
    address, _, length = value.partition("/")
    return length.isascii() and length.isdigit() and _is_network(address, length)


def is_ipv4(value: str) -> bool:
    """Whether it is an address with dots: `::ffff:1.2.3.4` is one too."""
    return "." in value and "/" not in value and _is_network(value, "32")


def is_ipv6(value: str) -> bool:
    """Whether it is an address with colons."""
    try:
        ipaddress.IPv6Address(value)
    except ValueError:
        return False
    return "%" not in value


def _is_network(address: str, length: str) -> bool:
    """Whether Python reads what Go's older parser did, which had nothing against zeros before a number."""
    try:
        ipaddress.ip_network(f"{_ZEROS.sub('', address)}/{length}", strict=False)
    except ValueError:
        return False
    return "%" not in address


def is_uri(value: str) -> bool:
    """Whether it has a scheme or begins with '/' (`url.ParseRequestURI`)."""
    if value == "*":
        return True
    scheme = _SCHEME.match(value)
    rest = value[scheme.end() :] if scheme else value
    if _CONTROL.search(value) or not (scheme or rest.startswith("/")):
        return False
    if not rest.startswith("/"):
        return True
    path = rest.partition("?")[0]
    host = path[2:].partition("/")[0].rpartition("@")[2] if scheme and path.startswith("//") else ""
    return not _NO_HOST.search(host) and not _BAD_ESCAPE.search(path)


def is_email(value: str) -> bool:
    """Whether it may be an address to `mail.ParseAddress`, which takes names and comments too."""
    before, _, after = value.rpartition("@")
    return bool(before.strip() and after.strip())


def is_hostname(value: str) -> bool:
    """Whether it is a name of a host; letters and symbols of any script are allowed."""
    labels = value.split(".")
    short = len(value.encode()) <= 255 and all(len(label.encode()) <= 63 for label in labels)
    return short and _HOST.fullmatch("".join(map(_kind_of, value))) is not None


def _kind_of(character: str) -> str:
    if character.isascii():
        return "l" if character.isalpha() else "d" if character.isdigit() or character in "$+<=>^`|~" else character
    kind = unicodedata.category(character)[0]
    return {"L": "l", "S": "d"}.get(kind, " ")


def is_go_duration(value: str) -> bool:
    """Whether Go's `time.ParseDuration` reads it."""
    return _GO_DURATION.fullmatch(value) is not None


def is_duration(value: str) -> bool:
    """Whether Go reads it as a duration, or there is one such as `5 days` in it."""
    if is_go_duration(value):
        return True
    units = (unit.lower() for unit in _SPOKEN_DURATION.findall(value))
    return any(unit in _UNITS or unit.startswith(_LONG_UNITS) for unit in units)


def is_card(value: str) -> bool:
    """Whether its digits are the number of a credit card, with the check digit of ISO/IEC 7812."""
    digits = re.sub("[^0-9]+", "", value)
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return re.fullmatch(_CARD, digits) is not None and sum(one - 9 if one > 9 else one for one in doubled) % 10 == 0


def is_isbn10(value: str) -> bool:
    """Whether it is the number of a book, of ten digits (ISO 2108)."""
    digits = re.sub(r"[\t\n\f\r -]+", "", value)
    if not re.fullmatch("[0-9]{9}[0-9X]", digits):
        return False
    return sum((place + 1) * (10 if digit == "X" else int(digit)) for place, digit in enumerate(digits)) % 11 == 0


def is_isbn13(value: str) -> bool:
    """Whether it is the number of a book, of thirteen digits (ISO 2108)."""
    digits = re.sub(r"[\t\n\f\r -]+", "", value)
    if not re.fullmatch("[0-9]{13}", digits):
        return False
    return sum((1, 3)[place % 2] * int(digit) for place, digit in enumerate(digits)) % 10 == 0


def _fits(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def _uuid(version: str = "", variant: str = "") -> Callable[[str], bool]:
    third = f"{version}{_HEX}{{3}}" if version else f"{_HEX}{{4}}"
    fourth = f"{variant}{_HEX}{{3}}" if variant else f"{_HEX}{{4}}"
    return _fits(f"{_HEX}{{8}}-?{_HEX}{{4}}-?{third}-?{fourth}-?{_HEX}{{12}}")


_TEXTS: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "bsonobjectid": (_fits(f"{_HEX}{{24}}"), "24 hexadecimal digits"),
    "byte": (
        is_bytes,
        "base64 that holds something",
    ),
    "cidr": (is_cidr, "a range of addresses such as 10.0.0.0/8"),
    "creditcard": (is_card, "the number of a credit card"),
    "date": (is_date, "a date such as 2026-01-31"),
    "datetime": (is_date_time, "a time such as 2026-01-31T09:30:00Z"),
    "duration": (is_duration, "a duration such as 90s or 1h30m"),
    "email": (is_email, "an e-mail address"),
    "hexcolor": (_fits(f"#?({_HEX}{{3}}|{_HEX}{{6}})"), "a colour such as #ff8800"),
    "hostname": (is_hostname, "the name of a host"),
    "ipv4": (is_ipv4, "an IPv4 address"),
    "ipv6": (is_ipv6, "an IPv6 address"),
    "isbn": (lambda value: is_isbn10(value) or is_isbn13(value), "an ISBN"),
    "isbn10": (is_isbn10, "an ISBN of ten digits"),
    "isbn13": (is_isbn13, "an ISBN of thirteen digits"),
    "mac": (_fits(f"{_PAIRS}|{_QUADS}|{_TOGETHER}"), "a MAC address such as 02:00:5e:10:00:01"),
    "rgbcolor": (_fits(rf"rgb\({_COLOUR},{_COLOUR},{_COLOUR}\)"), "a colour such as rgb(255, 136, 0)"),
    "ssn": (_fits("[0-9]{3}[- ][0-9]{2}[- ][0-9]{4}"), "a number such as 123-45-6789"),
    "uri": (is_uri, "a path from the root, or a URI with its scheme"),
    "uuid": (is_uuid, "a UUID"),
    "uuid3": (_uuid("3"), "a UUID of version 3"),
    "uuid4": (_uuid("4", "[89abAB]"), "a UUID of version 4"),
    "uuid5": (_uuid("5", "[89abAB]"), "a UUID of version 5"),
}
_SINCE_34: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "k8sshortname": (
        lambda value: len(value) <= 63 and _fits(_NAME)(value),
        "lower case letters, digits and '-', at most 63",
    ),
    "k8slongname": (
        lambda value: len(value) <= 253 and _fits(rf"{_NAME}(\.{_NAME})*")(value),
        "lower case letters, digits, '-' and '.', at most 253",
    ),
}
_ALL: Final = {**_TEXTS, **_SINCE_34}
_INTEGERS: Final[Mapping[str, Schema]] = {
    "int32": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "uint32": {"minimum": 0, "maximum": 2**32 - 1},
    "uint64": {"minimum": 0, "maximum": 2**64 - 1},
}
_INT64: Final[Schema] = {"minimum": -(2**63), "maximum": 2**63 - 1}
_LARGEST_FLOAT: Final = float.fromhex("0x1.fffffep+127")
_FLOAT: Final[Schema] = {"minimum": -_LARGEST_FLOAT, "maximum": _LARGEST_FLOAT}


def of_format(type_: object, name: object) -> Schema:
    """What the format of a node says about its values, as JSON Schema; `checked` has the formats that it names."""
    if type_ == "integer":
        return _INTEGERS.get(str(name), _INT64)
    if name in ("float", "float32"):
        return _FLOAT
    plain = str(name).replace("-", "")
    return {"format": plain, "x-towpath-expects": _ALL[plain][1]} if plain in _ALL else {}


def checked(minor: int) -> dict[str, Callable[[str], bool]]:
    """The formats of texts that the API server of Kubernetes 1.`minor` knows."""
    return {name: fits for name, (fits, _) in (_ALL if minor >= 34 else _TEXTS).items()}
