"""Random definitions of custom resources, and random values for them: what is right, nearly right, and quite wrong."""

from __future__ import annotations

from random import Random
from typing import Any

FORMATS = (
    *("bsonobjectid", "byte", "cidr", "creditcard", "date", "date-time", "datetime", "duration", "email", "hexcolor"),
    *("hostname", "ipv4", "ipv6", "isbn", "isbn10", "isbn13", "k8s-long-name", "k8s-short-name", "mac", "password"),
    *("rgbcolor", "ssn", "uri", "uuid", "uuid3", "uuid4", "uuid5", "nobody-knows"),
)
PATTERNS = (
    *("^[a-z]+$", "a", "^a{2,3}$", r"^\d+$", "^(a|b)c?$", "^$", "^[^/]+/[^/]+$", "(?i)^abc$", r"^\p{L}+$", "^.{1,5}$"),
    *("^[[:alpha:]]+$", "^[[:digit:]a]+$", r"\bfoo\b", r"^\S+$", r"\.", "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", r"[\w-]+"),
    *(r"^\x41$", r"^v\d+(\.\d+){0,2}$", "${a}", "^{a}$", "[]a]", "[^]a]"),
)
TEXTS = (
    *("", "a", "aa", "aaa", "abc", "ABC", "foo bar", "1", "12", "a/b", "é", "日本", "10.0.0.1", "::1", "10.0.0.0/8"),
    *("2026-01-31", "2026-01-31T09:30:00Z", "2026-01-31T09:30:00.5+01:00", "2026-1-1", "1h", "5 days", "YWJj", "YW="),
    *("x@y.z", "http://a.b", "//a", "a.b.c", "A-b.c", "00:11:22:33:44:55", "550e8400-e29b-41d4-a716-446655440000"),
    *("#fff", "rgb(1,2,3)", "0-306-40615-2", "978-0306406157", "4111111111111111", "111-11-1111", "${a}", "{a}", "]"),
    *("507f1f77bcf86cd799439011", "v1", "v1.2.3", "-1", "1.5", "true", "null", "a" * 10, " ", "a b", "m-", "-m", "a_b"),
)
INTEGERS = (0, 1, -1, 2, 3, 5, 10, 100, 2**31 - 1, 2**31, -(2**31) - 1, 2**53, 2**63 - 1, 2**63)
NUMBERS = (0, 1, -1, 5, 10, 100, 0.5, 1.5, -0.5, 1e3, 1e10, 1e40, 0.1)
WRONG: tuple[Any, ...] = (1, "a", True, [], {}, [1], {"a": 1}, 1.5, "", 0, [[]], {"apiVersion": "v1", "kind": "Pod"})
_DEEPEST = 3


def schema(random: Random, depth: int = 0) -> dict[str, Any]:
    """A structural schema; whether a definition may have it, the API server says."""
    kinds = ["string"] * 5 + ["integer", "integer", "number", "boolean"]
    if depth < _DEEPEST:
        kinds += ["list"] * 3 + ["fields"] * 3 + ["map", "map", "either", "free"]
    found: dict[str, Any] = _MAKERS[random.choice(kinds)](random, depth)
    if random.random() < 0.15 and "oneOf" not in found:
        found["nullable"] = True
    if random.random() < 0.1 and found.get("type") in ("string", "integer", "boolean"):
        found["default"] = value(random, {"type": found["type"]}, wrong=0)
    return found


def _some(random: Random, share: float, **choices: tuple[Any, ...]) -> dict[str, Any]:
    return {key: random.choice(values) for key, values in choices.items() if random.random() < share}


def _text_limits(random: Random, share: float) -> dict[str, Any]:
    limits = _some(random, share, pattern=PATTERNS, minLength=(0, 1, 2, 3), maxLength=(0, 1, 3, 5))
    return limits | ({"enum": random.sample(TEXTS, 3)} if random.random() < share / 2 else {})


def _string(random: Random, _: int) -> dict[str, Any]:
    made = {"type": "string", **_some(random, 0.4, format=FORMATS), **_text_limits(random, 0.25)}
    if random.random() < 0.1:
        alternatives = [limits for _ in range(2) if (limits := _text_limits(random, 0.6))]
        if alternatives:
            made[random.choice(("allOf", "anyOf", "oneOf"))] = alternatives
    return made


def _integer(random: Random, _: int) -> dict[str, Any]:
    made = {"type": "integer", **_some(random, 0.3, format=("int32", "int64", "double"), multipleOf=(2, 3, 5))}
    return made | _bounds(random, (0, 1, -1, 5), (0, 1, 10, 100))


def _number(random: Random, _: int) -> dict[str, Any]:
    return {"type": "number", **_some(random, 0.3, format=("float", "double", "int32"))} | _bounds(
        random, (0, -1), (5, 100)
    )


def _bounds(random: Random, least: tuple[int, ...], most: tuple[int, ...]) -> dict[str, Any]:
    made = _some(random, 0.3, minimum=least, maximum=most)
    exclusive = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
    return made | {exclusive[bound]: random.choice((True, False)) for bound in made if random.random() < 0.4}


def _boolean(random: Random, _: int) -> dict[str, Any]:
    return {"type": "boolean", **_some(random, 0.1, enum=([True],))}


def _list(random: Random, depth: int) -> dict[str, Any]:
    items = schema(random, depth + 1)
    made = {"type": "array", "items": items, **_some(random, 0.2, minItems=(0, 1, 2), maxItems=(0, 1, 3))}
    fields = items.get("properties", {})
    keys = [name for name, one in fields.items() if one.get("type") in ("string", "integer") and "default" not in one]
    if items.get("type") in ("string", "integer", "boolean") and not items.get("nullable") and random.random() < 0.5:
        made["x-kubernetes-list-type"] = "set"
    elif items.get("type") == "object" and keys and random.random() < 0.7:
        items.pop("nullable", None)
        fields[keys[0]].pop("nullable", None)
        items["required"] = sorted({*items.get("required", ()), keys[0]})
        made |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [keys[0]]}
    return made


def _fields(random: Random, depth: int) -> dict[str, Any]:
    names = random.sample(("a", "b", "c", "d-e", "f.g", "h"), random.randint(1, 3))
    made: dict[str, Any] = {"type": "object", "properties": {name: schema(random, depth + 1) for name in sorted(names)}}
    if random.random() < 0.4:
        made["required"] = random.sample(names, 1)
    if random.random() < 0.15:
        made["x-kubernetes-preserve-unknown-fields"] = True
    if random.random() < 0.1:
        made[random.choice(("anyOf", "oneOf"))] = [{"required": [name]} for name in names]
    return made


def _map(random: Random, depth: int) -> dict[str, Any]:
    further = schema(random, depth + 1) if random.random() < 0.9 else True
    return {
        "type": "object",
        "additionalProperties": further,
        **_some(random, 0.2, minProperties=(1,), maxProperties=(2,)),
    }


def _either(random: Random, _: int) -> dict[str, Any]:
    beside = {"anyOf": [{"type": "integer"}, {"type": "string"}]} if random.random() < 0.5 else {}
    limits = _some(random, 0.25, pattern=PATTERNS, maxLength=(3,), minimum=(1,))
    return {"x-kubernetes-int-or-string": True, **beside, **limits}


def _free(random: Random, _: int) -> dict[str, Any]:
    return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


_MAKERS = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "list": _list,
    "fields": _fields,
    "map": _map,
    "either": _either,
    "free": _free,
}


def value(random: Random, node: dict[str, Any], wrong: float = 0.1) -> Any:
    """A value for a schema; `wrong` is the share of those of some other type, null among them."""
    if random.random() < wrong:
        return random.choice((None, *WRONG))
    if "enum" in node and random.random() < 0.5:
        return random.choice(node["enum"])
    if node.get("x-kubernetes-int-or-string"):
        return random.choice((1, 0, "a", "", "abc", "10%", 5))
    match node.get("type"):
        case "string":
            return random.choice(TEXTS)
        case "integer":
            return random.choice((*INTEGERS, 1.0, 1.5))
        case "number":
            return random.choice(NUMBERS)
        case "boolean":
            return random.choice((True, False))
        case "array":
            return [value(random, node["items"], wrong) for _ in range(random.choice((0, 1, 1, 2, 2, 3)))]
        case _:
            return _map_value(random, node, wrong)


def _map_value(random: Random, node: dict[str, Any], wrong: float) -> Any:
    if "properties" in node:
        made = {name: value(random, one, wrong) for name, one in node["properties"].items() if random.random() < 0.8}
        return made | ({"unknown": 1} if random.random() < wrong else {})
    if isinstance(node.get("additionalProperties"), dict):
        names = random.sample(("a", "b", "x y", "é"), random.randint(0, 3))
        return {name: value(random, node["additionalProperties"], wrong) for name in names}
    return random.choice(({}, {"a": 1}, {"a": {"b": []}}))
