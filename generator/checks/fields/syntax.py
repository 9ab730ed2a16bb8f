"""The syntaxes that names, keys, ports, numbers and addresses have in Kubernetes.

Sources: k8s.io/apimachinery `pkg/util/validation` and `pkg/api/validate/content`; RFC 1035, 1123 and 6335.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from generator.checks.fields.rule import Rule, formatted, optional, since, text, unlike, until

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_SHORT_LABEL: Final = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_WORD: Final = "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
NOT_TOO_LONG: Final = "[-.A-Za-z0-9]{1,253}"
"""Said beside the syntax of a DNS name. Of any characters (`[^/]`) it takes 1 ms to compile, wherever it stands."""
_PREFIX: Final = rf"(?={NOT_TOO_LONG}/){SUBDOMAIN}/"

_LABEL_WORDS: Final = (
    "a DNS label: lower case letters, digits and '-', at most 63, beginning and ending with a letter or digit"
)
_SUBDOMAIN_WORDS: Final = (
    "a DNS name: lower case letters, digits, '-' and '.', at most 253, beginning and ending with a letter or digit"
)
_WORD_WORDS: Final = "letters, digits, '-', '_' and '.', at most 63, beginning and ending with a letter or digit"


def dns_label(check: str = "name-syntax") -> Rule:
    """An RFC 1123 label."""
    return text(check, _LABEL_WORDS, _LABEL, 63)


def dns_subdomain(check: str = "name-syntax") -> Rule:
    """An RFC 1123 subdomain."""
    return text(check, _SUBDOMAIN_WORDS, SUBDOMAIN, 253)


def dns_1035_label(check: str = "name-syntax") -> Rule:
    """An RFC 1035 label: an RFC 1123 label that begins with a letter."""
    words = "a DNS label that begins with a letter: lower case letters, digits and '-', at most 63"
    return text(check, words, "[a-z]([-a-z0-9]*[a-z0-9])?", 63)


def path_segment(check: str = "name-syntax") -> Rule:
    """What can be one part of a URL's path."""
    return unlike(r"^\.{1,2}$", text(check, "a name without '/' and '%' that is not '.' or '..'", "[^/%]*"))


def label_key(check: str = "label-syntax") -> Rule:
    """The key of a label: a name, or a DNS name, '/' and a name."""
    return _key(check, f"a label's key: {_WORD_WORDS}, perhaps after a DNS name and '/'", SUBDOMAIN)


def label_value(check: str = "label-syntax") -> Rule:
    """The value of a label."""
    return text(check, f"a label's value: {_WORD_WORDS}", f"({_WORD})?")


def annotation_key(check: str = "annotation-syntax") -> Rule:
    """The key of an annotation: like a label's, but the DNS name may have upper case letters."""
    words = f"an annotation's key: {_WORD_WORDS}, perhaps after a DNS name and '/'"
    return _key(check, words, f"(?i:{SUBDOMAIN})")


def _key(check: str, words: str, domain: str) -> Rule:
    """A name, perhaps after a domain and '/'. Every object has such keys, and a pattern that looks ahead is slow."""
    rule = text(check, words, f"({domain}/)?{_WORD}")
    return replace(rule, schema={**rule.schema, "anyOf": [{"maxLength": 253}, {"pattern": f"^{NOT_TOO_LONG}/"}]})


KEY: Final = f"({_PREFIX})?{_WORD}"
"""The pattern of a label's key."""
DOMAIN_NAME: Final = f"{SUBDOMAIN}/{_WORD}"
"""The pattern of a name with a domain before it, which does not look ahead for how long that is."""


def qualified_name(check: str = "name-syntax") -> Rule:
    """A name, or a DNS name, '/' and a name."""
    return text(check, f"a name: {_WORD_WORDS}, perhaps after a DNS name and '/'", f"({_PREFIX})?{_WORD}")


API_VERSION: Final = text("name-syntax", "a version, perhaps after a group and '/'", "([^/]*/)?[^/]+")
DNS_1035_VERSION: Final = text(
    "name-syntax",
    "a version such as v1, perhaps after a group and '/': lower case letters, digits and '-', beginning with a letter",
    rf"({_PREFIX}|/)?[a-z]([-a-z0-9]{{0,61}}[a-z0-9])?",
)
CONFIG_KEY: Final = text(
    "key-syntax",
    "a key of a ConfigMap or Secret: letters, digits, '-', '_' and '.', at most 253, not beginning with '..'",
    r"\.?[-_a-zA-Z0-9][-._a-zA-Z0-9]*",
    253,
)
OLD_VARIABLE: Final = text(
    "variable-name",
    "a variable's name: letters, digits, '-', '_' and '.', not beginning with a digit or '..'",
    r"(\.[-_a-zA-Z0-9]|[-_a-zA-Z])[-._a-zA-Z0-9]*",
)
VARIABLE: Final = text("variable-name", "a variable's name: printable ASCII without '='", "[ -<>-~]+")
HEADER: Final = text("key-syntax", "an HTTP header: letters, digits and '-'", "[-A-Za-z0-9]+")

_PORT_WORDS: Final = (
    "a port's name: lower case letters, digits and single '-' between them, at most 15, with at least one letter"
)
_PORT_PATTERN: Final = "([0-9]+-)*[0-9]*[a-z][a-z0-9]*(-[a-z0-9]+)*"
PORT_NAME: Final = text("port-name", _PORT_WORDS, _PORT_PATTERN, 15)
PORT_NUMBER: Final = Rule("port-number", "a port from 1 to 65535", {"minimum": 1, "maximum": 65535})
PORT_OR_NONE: Final = Rule("port-number", "a port from 1 to 65535", {"minimum": 0, "maximum": 65535})
_PORT_TEXT: Final[dict[str, Any]] = {"type": ["string", "null"], **PORT_NAME.schema}
PORT: Final = (
    PORT_NUMBER,
    Rule("port-name", _PORT_WORDS, {"anyOf": [{"type": ["integer", "null"]}, _PORT_TEXT]}),
)
"""A number or a name. A number in quotes is a name, and none that is allowed."""

PERCENT_OR_NUMBER: Final = Rule(
    "percentage",
    'a number from 0 on, or a percentage such as "25%"',
    {"minimum": 0, "pattern": "^[0-9]+%$"},
)
AT_MOST_100_PERCENT: Final = Rule(
    "percentage", "at most 100%", {"anyOf": [{"not": {"pattern": "^[0-9]+%$"}}, {"pattern": "^0*(100|[0-9]{1,2})%$"}]}
)
PERCENTAGE: Final = (PERCENT_OR_NUMBER, AT_MOST_100_PERCENT)

NOT_NEGATIVE: Final = Rule(
    "quantity", "a quantity that is not negative", {"minimum": 0, "not": {"type": "string", "pattern": "^-[0.]*[1-9]"}}
)
POSITIVE: Final = Rule(
    "quantity",
    "a quantity above zero",
    {"exclusiveMinimum": 0, "not": {"type": "string", "pattern": r"^(-|\+?0*(\.0*)?([a-zA-Z]|$))"}},
)
DIVISORS: Final[Mapping[str, tuple[Decimal, ...]]] = {
    "cpu": (Decimal(0), Decimal(1), Decimal("0.001")),
    "sizes": (Decimal(0), *(Decimal(1000) ** power for power in range(7))),
}
BINARY_DIVISORS: Final = tuple(Decimal(1024) ** power for power in range(1, 7))
"""What an amount may be divided by before a container is told of it, and what a size may as well where that is
written as such: 1Ki, and not 1024. Zero stands for 1.
"""

IP: Final = formatted("address", "an IP address", "towpath-ip")
OLD_IP: Final = formatted("address", "an IP address", "towpath-loose-ip")
"""Zeros before a number count as none, and an IPv4 address may be written as one of IPv6 (`ParseIPSloppy`)."""
IPS: Final = (until(35, OLD_IP), since(36, IP))
CIDR: Final = formatted("address", "a network such as 10.0.0.0/8 without bits beyond its prefix", "towpath-cidr")
SHORT_CIDR: Final = formatted("address", "a network in its shortest form, such as fd00::/64", "towpath-short-cidr")
ONE_OF_EACH_FAMILY: Final = Rule(
    "address",
    "one network of each IP family",
    {
        "allOf": [
            {"contains": {"type": "string", "pattern": pattern}, "minContains": 0, "maxContains": 1}
            for pattern in ("^[^:]*$", ":")
        ]
    },
)
OLD_CIDR: Final = formatted("address", "a network such as 10.0.0.0/8", "towpath-loose-cidr")
WILD_HOST: Final = text(
    "address", f"a host: {_SUBDOMAIN_WORDS}; the first part may be '*'", rf"(\*\.)?{SUBDOMAIN}", 253
)
HOST: Final = Rule(
    "address",
    f"a host: {_SUBDOMAIN_WORDS}; the first part may be '*', and an IP address is none",
    {
        "maxLength": 253,
        "pattern": rf"^(?:(\*\.)?{SUBDOMAIN})$",
        "not": {"format": "towpath-ip", "type": "string"},
    },
)
RELATIVE_PATH: Final = Rule(
    "path-syntax", "a relative path without '..'", {"not": {"pattern": r"^/|(^|/)\.\.(/|$)", "type": "string"}}
)
DRIVER: Final = text("name-syntax", "a driver's name: a DNS name of at most 63 characters", f"(?i:{SUBDOMAIN})", 63)
DOMAIN_PATH: Final = text(
    "name-syntax",
    "a domain, '/' and a path, such as example.com/controller",
    rf"{_PREFIX}[A-Za-z0-9/\-._~%!$&'()*+,;=:]+",
)
WEBHOOK_URL: Final = text(
    "address",
    "a URL that begins with https://, without user, query and fragment",
    r"(?i:https)://[^/?#@\s%\\^`{|}]+(/([^?#%]|%[0-9A-Fa-f]{2})*)?",
)
HOST_NAME: Final = text(
    "address", f"{_SUBDOMAIN_WORDS}, of at least two labels", rf"(?={NOT_TOO_LONG}\.?$){_LABEL}(\.{_LABEL})+\.?", 254
)
EXTERNAL_NAME: Final = text("address", _SUBDOMAIN_WORDS, rf"(?={NOT_TOO_LONG}\.?$){SUBDOMAIN}\.?", 254)
SIGNER: Final = unlike(
    "^kubernetes\\.io/legacy-unknown$",
    text(
        "name-syntax",
        "a domain of at least two labels, '/' and a DNS name, such as example.com/serving",
        rf"(?={NOT_TOO_LONG}/){_SHORT_LABEL}(\.{_SHORT_LABEL})+/(?={NOT_TOO_LONG}$){SUBDOMAIN}",
    ),
)
"""Who signs a certificate (ValidateSignerName)."""
GENERATED_LABEL: Final = optional(text("object-name", f"the beginning of a name: {_LABEL_WORDS}", f"{_LABEL}-?", 63))
GENERATED: Final = optional(text("object-name", f"the beginning of a name: {_SUBDOMAIN_WORDS}", f"{SUBDOMAIN}-?", 253))
GENERATED_OF_ANY_LENGTH: Final = optional(
    text("object-name", f"the beginning of a name: {_SUBDOMAIN_WORDS}", rf"{SUBDOMAIN}[-.]?")
)
"""Only what comes of it is looked at, which is cut off before five characters are added."""
NO_BACKSTEPS: Final = Rule(
    "path-syntax", "a path without '..'", {"not": {"pattern": r"(^|/)\.\.(/|$)", "type": "string"}}
)
MICROSECONDS: Final = text(
    "unknown-value",
    "a time with microseconds, such as 2026-01-31T09:30:00.000000Z",
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}[.,][0-9]{6}(Z|[+-][0-9]{2}:[0-9]{2})",
)
FILE_PATH: Final = Rule(
    "path-syntax",
    "a relative path that does not begin with '..'",
    {"not": {"pattern": r"^/|^\.\.|/\.\.(/|$)", "type": "string"}},
)
