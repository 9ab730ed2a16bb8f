"""What CEL rules are evaluated on: a schema with something of every kind, and objects of it."""

from __future__ import annotations

from random import Random
from typing import Any, Final

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string", "maxLength": 60}
_PART: Final[Schema] = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 10},
        "size": {"type": "integer"},
        "at": {"type": "string", "format": "date-time"},
    },
}
_PARTS: Final[Schema] = {
    "type": "array",
    "maxItems": 4,
    "items": _PART,
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
}
_SET: Final[Schema] = {"type": "array", "maxItems": 5, "x-kubernetes-list-type": "set"}
FIELDS: Final[Schema] = {
    "t": _TEXT,
    "u": _TEXT,
    "kebab-case": _TEXT,
    "namespace": _TEXT,
    **{name: {"type": "integer"} for name in ("n", "m")},
    **{name: {"type": "number"} for name in ("x", "y")},
    "b": {"type": "boolean"},
    "gone": {"type": "string", "nullable": True, "maxLength": 10},
    "kept": {"type": "string", "default": "abc", "maxLength": 10},
    "e": {"x-kubernetes-int-or-string": True, "maxLength": 10},
    "l": {"type": "array", "maxItems": 5, "items": _TEXT},
    "k": {"type": "array", "maxItems": 5, "items": {"type": "integer"}},
    "z": {"type": "array", "maxItems": 5, "items": {"type": "string", "nullable": True, "maxLength": 5}},
    "set": {**_SET, "items": _TEXT},
    "digits": {**_SET, "items": {"type": "integer"}},
    "parts": _PARTS,
    "rest": _PARTS,
    "loose": {"type": "array", "maxItems": 4, "items": _PART},
    "labels": {"type": "object", "maxProperties": 4, "additionalProperties": _TEXT},
    "deep": {
        "type": "object",
        "properties": {"a": {"type": "object", "properties": {"c": _TEXT, "d": {"type": "integer"}}}, "f": _TEXT},
    },
    "day": {"type": "string", "format": "date"},
    "at": {"type": "string", "format": "date-time"},
    "every": {"type": "string", "format": "duration"},
    "blob": {"type": "string", "format": "byte", "maxLength": 40},
    "spans": {"type": "array", "maxItems": 4, "items": {"type": "string", "format": "duration"}},
    "times": {"type": "array", "maxItems": 4, "items": {"type": "string", "format": "date-time"}},
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
SPEC: Final[Schema] = {"type": "object", "properties": FIELDS}

_TEXTS: Final = (
    *"a b abc ABC a,b,c é日 aa 1 true 1.5 -7 0x1 1e3 +1 1_0 10.0.0.1 10.0.0.0/8 10.1.2.3/16 127.0.0.1 ::1".split(),
    *"2001:db8::/48 2001:DB8::1 fe80::1 ff02::1 010.0.0.1 ::ffff:1.2.3.4 fe80::1%eth0 10.0.0.0/08 0.0.0.0".split(),
    *"224.0.0.1 1:2:3:4:5:6:7:: 169.254.1.1 1.2.3 v1.2 1.2.3-rc.1 1.2.3+b 01.2.3 1.2 1.2.3-01 2.0.0 v1".split(),
    *"1.2.3-a.b.c 1.10.0 100m 1Gi 0.5Gi 12E 1000m 1.0000000001 5k 1Ki 0 -1 1E .5 5. 1ei".split(),
    *"https://a.b:80/c?d=e /c http://[::1]:80/ mailto:a //a/b https://a.b/c%20d?x=1&x=2 * /%zz HTTPS://A.b/c".split(),
    *"http://u:p@h/é /a?b#c https://a.b/#f 1h 90m 1h30m -1.5s 1d 5 2026-01-31 2026-01-31T09:30:00Z".split(),
    *"2026-01-31T09:30:00.5+01:00 2026-02-30T00:00:00Z UTC +01:00 01:00 my-name My.Name -a a- a.b-c".split(),
    *"example.com/Name 123-abc /x uri YWJj ^a [ (a|b)+ 550e8400-e29b-41d4-a716-446655440000".split(),
    *'%d %s! % %x% %5d \U0001f600b a"b\\'.split(),
    *("", "a", " a ", "a b", "http://a b/", "a\nb", "\t", "\u00a0a", "a" * 59),
)
_POOLS: Final[dict[str, tuple[Any, ...]]] = {
    "date": ("2026-01-31", "2026-02-01", "2000-02-29", "0001-01-01"),
    "date-time": (
        *"2026-01-31T09:30:00Z 2026-01-31T09:30:00.5Z 2026-01-31T09:30:00+01:00 1969-12-31T23:59:59Z".split(),
        *"2025-07-01T23:59:59.123456789Z 2026-01-31T09:30:00.500-08:00".split(),
    ),
    "duration": ("1h", "90m", "1h30m0.5s", "-1m", "5 days", "2 weeks", "0s", "1ns", "1.5h", "1 s"),
    "byte": ("aGk=", "YWJj", "/+8=", "AQID", "AAAA", "4pyT"),
}
_INTEGERS: Final = (0, 1, 1, 2, 3, -1, -3, 5, 10, 2**31, 2**53 + 1, 2**63 - 1, -(2**63))
_NUMBERS: Final = (0, 1, 1.5, -0.5, 2, 1e21, 1e-7, 123456.789, 3.0, -2, 1e300)


def value(random: Random, node: Schema) -> Any:
    """A value that a schema takes."""
    if "x-kubernetes-int-or-string" in node:
        return random.choice((5, 1, "a", "5", "abc", 0))
    if node.get("nullable") and random.random() < 0.4:
        return None
    match node["type"]:
        case "string":
            texts = _POOLS.get(node.get("format", ""), _TEXTS)
            return random.choice([one for one in texts if len(one) <= node.get("maxLength", 99)])
        case "integer":
            return random.choice(_INTEGERS)
        case "number":
            return random.choice(_NUMBERS)
        case "boolean":
            return random.random() < 0.5
        case "array":
            return _items(random, node)
    return _map(random, node)


def _map(random: Random, node: Schema) -> dict[str, Any]:
    if "additionalProperties" in node:
        names = random.sample(("a", "b", "x y"), random.choice((0, 1, 1, 2)))
        return {name: value(random, node["additionalProperties"]) for name in names}
    required = node.get("required", ())
    fields = node.get("properties", {"any": {"type": "integer"}})
    return {name: value(random, one) for name, one in fields.items() if name in required or random.random() < 0.85}


def _items(random: Random, node: Schema) -> list[Any]:
    found = [value(random, node["items"]) for _ in range(random.choice((0, 1, 2, 2, 3)))]
    if random.random() < 0.4 and node["items"].get("type") == "string" and "format" not in node["items"]:
        found = [random.choice(("a", "b")) for _ in found]
    match node.get("x-kubernetes-list-type"):
        case "set":
            return list(dict.fromkeys(found))
        case "map":
            return list({one["name"]: one for one in found}.values())
    return found
