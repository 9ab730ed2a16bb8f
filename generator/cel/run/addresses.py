"""Addresses and ranges of them, with their functions.

Source: k8s.io/apiserver, pkg/cel/library/ip.go and cidr.go, and Go's net/netip, which Python's ipaddress reads alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import ClassVar, Final

from generator.cel.run.values import Failure, Function, Special

_LENGTH: Final = re.compile("0|[1-9][0-9]{0,2}")


@dataclass(frozen=True, slots=True)
class Address(Special):
    """An address."""

    kind: ClassVar[str] = "ip"
    address: IPv4Address | IPv6Address

    def __str__(self) -> str:
        return str(self.address)


@dataclass(frozen=True, slots=True)
class Range(Special):
    """An address with how many of its bits are those of the range."""

    kind: ClassVar[str] = "cidr"
    address: IPv4Address | IPv6Address
    length: int

    def masked(self) -> Range:
        """The same range by its first address."""
        return Range(ip_network((self.address, self.length), strict=False).network_address, self.length)

    def has(self, address: IPv4Address | IPv6Address) -> bool:
        """Whether an address is in the range."""
        return address.version == self.address.version and self.masked() == Range(address, self.length).masked()

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"


def _read(text: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(text)
    except ValueError as error:
        raise Failure(f"{text!r} is no IP address") from error
    if isinstance(address, IPv6Address):
        if address.scope_id or "%" in text:
            raise Failure(f"{text!r} is an IP address with a zone")
        if address.ipv4_mapped:
            raise Failure(f"{text!r} is an IPv4 address in IPv6")
    return address


def _address(of: str | Range) -> Address:
    return Address(of.address if isinstance(of, Range) else _read(of))


def _range(text: str) -> Range:
    address, _, length = text.rpartition("/")
    found = _read(address)
    if not _LENGTH.fullmatch(length) or int(length) > found.max_prefixlen:
        raise Failure(f"{text!r} is no network")
    return Range(found, int(length))


def is_one(read: Function) -> Function:
    """Whether a function reads a text."""

    def reads(*values: object) -> bool:
        try:
            read(*values)
        except Failure:
            return False
        return True

    return reads


def _has_range(around: Range, of: str | Range) -> bool:
    inner = _range(of) if isinstance(of, str) else of
    return around.has(inner.address) and around.length <= inner.length


def _has_address(around: Range, of: str | Address) -> bool:
    return around.has(_read(of) if isinstance(of, str) else of.address)


def _is_link_local_multicast(of: Address) -> bool:
    if isinstance(of.address, IPv4Address):
        return of.address.packed[:3] == b"\xe0\x00\x00"
    return of.address.packed[0] == 0xFF and of.address.packed[1] & 15 == 2


def _is_link_local(of: Address) -> bool:
    if isinstance(of.address, IPv4Address):
        return of.address.packed[:2] == b"\xa9\xfe"
    return of.address in IPv6Network("fe80::/10")


def _is_global(of: Address) -> bool:
    one = of.address
    apart = one.is_unspecified or one.is_loopback or one.is_multicast or _is_link_local(of)
    return not apart and one != IPv4Address("255.255.255.255")


FUNCTIONS: Final[Mapping[str, Function]] = {
    "ip": _address,
    "cidr": _range,
    "isIP": is_one(_read),
    "isCIDR": is_one(_range),
    "ip.isCanonical": lambda text: str(_read(text)) == text,
    "family": lambda of: of.address.version,
    "isUnspecified": lambda of: of.address.is_unspecified,
    "isLoopback": lambda of: of.address.is_loopback,
    "isLinkLocalMulticast": _is_link_local_multicast,
    "isLinkLocalUnicast": _is_link_local,
    "isGlobalUnicast": _is_global,
    "containsIP": _has_address,
    "containsCIDR": _has_range,
    "prefixLength": lambda of: of.length,
    "masked": Range.masked,
}
