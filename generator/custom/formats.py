"""The formats that definitions of custom resources give to texts, as the API server reads them.

Source: k8s.io/kube-openapi `pkg/validation/strfmt`. What Go parses more loosely than anybody writes it (an address of
mail, a URL) is refused here only where no reading of it is right.
"""

from __future__ import annotations

import ipaddress
import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from typing import Final

_ZEROS: Final = re.compile(r"\b0+(?=[0-9a-fA-F])")
_DATE: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])-([0-9]{2})")
_TIME: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|[+-][0-9]{2}:[0-9]{2})")
_GO_DURATION: Final = re.compile(r"[+-]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)")
_PARTS: Final = re.compile(r"[0-9]+\s*([A-Za-zµ]+)")
_UNITS: Final = re.compile("ns|us|µs|ms|[smhdw]|hr|wk|(nano|micro|milli|sec|min|hour|day|week).*")
_BYTE: Final = re.compile("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})")
_NO_LABEL: Final = re.compile(r"""^-|-$|[\s_/:@,;!?#%&*()\[\]{}'"\\]""")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NO_HOST: Final = re.compile(r"[\s\\^`{|}]")
_MAC: Final = re.compile(
    r"[0-9A-Fa-f]{2}([:-])[0-9A-Fa-f]{2}((\1[0-9A-Fa-f]{2}){4}|(\1[0-9A-Fa-f]{2}){6}|(\1[0-9A-Fa-f]{2}){18})"
    r"|[0-9A-Fa-f]{4}((\.[0-9A-Fa-f]{4}){2}|(\.[0-9A-Fa-f]{4}){3}|(\.[0-9A-Fa-f]{4}){9})"
)


def is_cidr(value: str) -> bool:
    """Whether it is an address with a length."""
    address, _, length = value.partition("/")
    return length.isascii() and length.isdigit() and _is_network(address, length)


def is_ipv4(value: str) -> bool:
    """Whether it is an address with dots: `::ffff:1.2.3.4` is one too."""
    return "." in value and "/" not in value and _is_network(value, "32")


def _is_network(address: str, length: str) -> bool:
    """Whether Python reads what Go's older parser did, which had nothing against zeros before a number."""
    try:
        ipaddress.ip_network(f"{_ZEROS.sub('', address)}/{length}", strict=False)
    except ValueError:
        return False
    return "%" not in address


def is_date(value: str) -> bool:
    """Whether it is a day of a calendar."""
    found = _DATE.fullmatch(value)
    return found is not None and 1 <= int(found[3]) <= monthrange(int(found[1]) or 4, int(found[2]))[1]


def is_date_time(value: str) -> bool:
    """Whether it is a day, the letter t, and a time of day with its zone."""
    date, _, rest = value.lower().partition("t")
    found = _TIME.fullmatch(rest.partition("t")[0])
    return found is not None and is_date(date) and found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def is_duration(value: str) -> bool:
    """Whether it is a duration of Go, or has a number with a unit somewhere."""
    return _GO_DURATION.fullmatch(value) is not None or any(
        _UNITS.fullmatch(unit.lower()) for unit in _PARTS.findall(value)
    )


def is_hostname(value: str) -> bool:
    """Whether it is a name without dots, or one that ends with a domain of at least two letters."""
    labels = value.split(".")
    if len(value.encode()) > 255 or any(not label or len(label.encode()) > 63 for label in labels):
        return False
    if any(re.search(r"[\s_/:@,;!?#%&*()\[\]{}'\"\\]", label) or label[0] == "-" for label in labels):
        return False
    return len(labels) == 1 or (
        all(label[-1] != "-" for label in labels) and labels[-1].isalpha() and len(labels[-1]) > 1
    )


def is_email(value: str) -> bool:
    """Whether there is something before and after an @ in it."""
    return re.search(r"[^\s<>@]@[^\s<>@]", value) is not None


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


CHECKED: Final[dict[str, Callable[[str], bool]]] = {
    "byte": lambda value: _BYTE.fullmatch(value) is not None,
    "cidr": is_cidr,
    "date": is_date,
    "date-time": is_date_time,
    "duration": is_duration,
    "email": is_email,
    "hostname": is_hostname,
    "ipv4": is_ipv4,
    "mac": lambda value: _MAC.fullmatch(value) is not None,
    "uri": is_uri,
}
"""By their names; those of JSON Schema that are not here (ipv6) mean the same there."""
SUCH: Final[Mapping[str, str]] = {
    "byte": "base64",
    "cidr": "a range of addresses such as 10.0.0.0/8",
    "date": "a date such as 2026-01-31",
    "date-time": "a time such as 2026-01-31T09:30:00Z",
    "duration": "a duration such as 90s or 1h30m",
    "email": "an address of mail",
    "hostname": "the name of a host, such as shop.example.com",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "mac": "a MAC address such as 00:00:5e:00:53:01",
    "uri": "a URL, or a path that begins with '/'",
}
"""What they are, in words."""
