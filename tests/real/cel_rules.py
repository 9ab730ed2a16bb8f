"""Schemas with CEL rules of every kind, made up by chance: whatever CEL and Kubernetes' libraries have is in some."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

Schema = dict[str, Any]
Scope = Mapping[str, Schema]
"""The variables that an expression may use, with their schemas."""

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
LETTERS = "abcdefghij"
NAMES = ("kebab-case", "namespace", "dotted.name", *LETTERS)
EITHER = "x-kubernetes-int-or-string"
KEEPS: Schema = {"x-kubernetes-preserve-unknown-fields": True}
TIMES = ("date", "date-time", "duration")

PATTERNS = {
    "truth": """
        (<truth> && <truth>)
        (<truth> || <truth>)
        !(<truth>)
        (<truth> ? <truth> : <truth>)
        <text> <compared> <text>
        <text> <compared> <text>
        <number> <compared> <number>
        <number> < 1.5
        <text>.matches(<regex>)
        <text>.startsWith(<text>)
        <text>.endsWith(<text>)
        <text>.contains(<text>)
        <text> in <texts>
        <texts> == <texts>
        <texts> != <texts>
        isIP(<text>)
        isCIDR(<text>)
        isURL(<text>)
        isQuantity(<text>)
        isSemver(<text>, true)
        quantity(<text>).isGreaterThan(quantity(<text>))
        quantity(<text>).add(quantity(<text>)).sub(3) == quantity(<text>)
        semver(<text>).compareTo(semver(<text>)) > 0
        ip.isCanonical(<text>)
        ip(<text>) == cidr(<text>).ip()
        cidr(<text>).containsIP(<text>)
        cidr(<text>).containsIP(ip(<text>))
        cidr(<text>).containsCIDR(<text>)
        cidr(<text>).masked() == cidr(<text>)
        url(<text>) == url(<text>)
        !format.dns1123Label().validate(<text>).hasValue()
        format.named(<text>).value() == format.uri()
        sets.contains(<texts>, <texts>)
        sets.intersects(<texts>, <texts>)
        sets.equivalent(<texts>, <texts>)
        <texts>.isSorted()
        type(<text>) == string
        dyn(<text>) == <number>
        has(<field>)
        has(<field>) && <truth>
        <either> == 5
        <either> < <text>
        <either> in [1, 2]
        <either>.contains('a') || <either>.size() > 1
        type(<either>) == int || string(<either>) == 'a'
        <time> > timestamp('2026-01-01T00:00:00Z') || <time>.getMonth('UTC') == 1
        <span> < duration('1h') || <span>.getHours() > 2
        <bytes> == b'abc' || size(<bytes>) > 3 || string(<bytes>) == 'a'
        <loop>
        <loop>
        <loop>
        <loop>
        <loop>
        <loop>
    """,
    "text": """
        <path>
        <path>
        <path>
        <path>
        <path>
        <path>
        'a longer text'
        (<text> + <text>)
        <text>.lowerAscii()
        <text>.trim()
        <text>.replace(<text>, <text>)
        <text>.replace(<text>, <text>, 2)
        <text>.substring(1, <number>)
        <text>.charAt(<number>)
        <text>.find(<regex>)
        string(<number>)
        string(bytes(<text>))
        string(ip(<text>))
        strings.quote(<text>)
        url(<text>).getHost()
        <texts>.join()
        <texts>.join(<text>)
        <texts>[<number>]
        <texts>.max()
        '%s: %d'.format([<text>, <number>])
        '%s %x%%'.format([<list>, <text>])
        '%.3f %b'.format([<broken>, <truth>])
        (<truth> ? <text> : <text>)
        {'a': <text>}['a']
        {'a': <text>}.transformMap(k, v, v + 'x')['a']
        <optional>.orValue(<text>)
        <optional>.orValue(<text>)
        <optional>.value()
    """,
    "optional": """
        <maybe>
        <maybe>
        <maybe>
        optional.of(<text>)
        optional.none().or(<optional>)
        optional.ofNonZeroValue(<text>)
        <optional>.or(<optional>)
        <texts>[?<number>]
        <texts>.first()
        <optional>.optMap($x, $x + 'a')
        <optional>.optFlatMap($x, optional.of($x))
    """,
    "number": """
        <whole>
        <whole>
        (<number> + <number>)
        (<number> * <number>)
        size(<text>)
        <texts>.size()
        <text>.indexOf(<text>)
        <texts>.indexOf(<text>)
        int(<broken>)
        <texts>.map($x, size($x)).sum()
        cidr(<text>).prefixLength()
        quantity(<text>).asInteger()
        url(<text>).getQuery().size()
        [<number>, <number>].sort()[0]
    """,
    "texts": """
        <list>
        <list>
        <list>
        <list>
        [<text>, <text>]
        [?<optional>, <text>]
        (<texts> + <texts>)
        <text>.split(<text>)
        <text>.split(',', 3)
        <text>.findAll(<regex>)
        <text>.findAll(<regex>, 4)
        <texts>.sort()
        <texts>.distinct()
        <texts>.reverse()
        <texts>.slice(0, 2)
        <texts>.slice(<number>, <number>)
        [<texts>, <texts>].flatten()
        <texts>.sortBy($x, size($x))
        <texts>.filter($x, $x != <text>)
        lists.range(3).map($x, string($x))
        (<truth> ? <texts> : <texts>)
        optional.unwrap([<optional>])
        <mapped>
        <mapped>
        <mapped>
        <mapped>
    """,
}
SLIPS = (
    "duration('1d')",
    "timestamp('2026-01-01')",
    "null",
    "1.5",
    "2u",
    "self",
    "nothing",
    "{'a': 1}",
    "[1, 'a']",
    "[]",
    "{}",
    "string",
    "self.nothing",
    "b'a'",
    "(-1)",
)
"""What may stand by mistake where something else belongs."""
SHORTEST = {
    "truth": "true",
    "text": "<path>",
    "optional": "optional.of(<path>)",
    "number": "<whole>",
    "texts": "<list>",
}
REGEXES = ("'^[a-z]+$'", "'a*'", "r'^\\d{1,3}(\\.\\d{1,3}){3}$'")


def is_text(node: Schema) -> bool:
    """Whether values are texts to CEL."""
    return node.get("type") == "string" and "format" not in node


LEAVES: Mapping[str, tuple[Callable[[Schema], bool], str]] = {
    "path": (is_text, "'none'"),
    "whole": (lambda node: node.get("type") == "integer", "3"),
    "broken": (lambda node: node.get("type") == "number", "1.5"),
    "list": (lambda node: is_text(node.get("items") or {}), "['a', 'bc']"),
    "either": (lambda node: EITHER in node, "dyn(1)"),
    "time": (lambda node: node.get("format") in ("date", "date-time"), "timestamp('2026-01-01T00:00:00Z')"),
    "span": (lambda node: node.get("format") == "duration", "duration('2h')"),
    "bytes": (lambda node: node.get("format") == "byte", "b'abc'"),
}
"""What stands for a value by its path: of which schemas, and what else if there is none."""


class Made:
    """What a number makes: a schema, with rules at several depths; `slips` is how often something else is there."""

    def __init__(self, seed: int, slips: float = 0) -> None:
        self.random, self._slips = Random(seed), slips
        self._variables = 0

    def condition(self, scope: Scope) -> str:
        """One about some variables."""
        return self._made("truth", scope, 3)

    def schema(self) -> Schema:
        """An object."""
        spec = self._object(3)
        found = {"type": "object", "properties": {"spec": spec}, "required": self.random.choice([["spec"], []])}
        for node, has_before in self._nodes(found, has_before=True):
            if self.random.random() < 0.3 and (self._slips or _is_seen(node)):
                node["x-kubernetes-validations"] = self._rules(node, has_before=has_before)
        if "x-kubernetes-validations" not in spec:
            spec["x-kubernetes-validations"] = self._rules(spec, has_before=True)
        return found

    def _nodes(self, node: Schema, *, has_before: bool) -> list[tuple[Schema, bool]]:
        """Those of a schema, and whether an API server knows what was there before: not of items of a list."""
        below = [*node.get("properties", {}).values(), node.get("additionalProperties")]
        inside = [(one, has_before) for one in below if isinstance(one, dict)]
        inside += [(one, False) for one in (node.get("items"),) if one is not None]
        return [(node, has_before), *(one for below, has in inside for one in self._nodes(below, has_before=has))]

    def _rules(self, node: Schema, *, has_before: bool) -> list[Schema]:
        return [self._rule(node, has_before=has_before) for _ in range(self.random.randint(1, 2))]

    def _rule(self, node: Schema, *, has_before: bool) -> Schema:
        scope = {"self": node}
        rule: Schema = {"rule": self._made("truth", scope, 3)}
        if has_before and self.random.random() < 0.2:
            before = self.random.choice(["oldSelf", "oldSelf", "oldSelf.orValue(self)"])
            rule["rule"] += f" && self {self.random.choice(['==', '!='])} {before}"
            rule |= {"optionalOldSelf": True} if before != "oldSelf" else {}
            scope = {**scope, "oldSelf": node} if before == "oldSelf" else scope
        if self.random.random() < 0.2:
            rule["messageExpression"] = self._made("text", scope, 3)
        return rule

    # --- Schemas

    def _node(self, depth: int) -> Schema:
        kinds = [*["text"] * 4, "integer", "number", "boolean", "either", "time", "free", "whole"]
        match self.random.choice(kinds if depth <= 0 else [*kinds, *["list", "map", "object"] * 3]):
            case "list":
                return {"type": "array", "items": self._node(depth - 1), **self._limit("maxItems", 300)}
            case "map":
                inside = {"type": "object", "additionalProperties": self._node(depth - 1)}
                return {**inside, **self._limit("maxProperties", 300)}
            case "object":
                return self._object(depth - 1)
            case "text":
                return self._text()
            case "either":
                return {EITHER: True, **self._limit("maxLength", 500)}
            case "time":
                return {"type": "string", "format": self.random.choice([*TIMES, "byte"])}
            case "free":
                return self.random.choice([KEEPS, {"type": "object", **KEEPS}, {"type": "object"}])
            case "whole":
                return {"type": "object", "x-kubernetes-embedded-resource": True, **KEEPS}
            case kind:
                return {"type": kind, **self.random.choice([{}, {"nullable": True}])}

    def _text(self) -> Schema:
        if self.random.random() < 0.15:
            return {"type": "string", "enum": self.random.sample(["", "a", "bé", "a longer word"], 2)}
        return {"type": "string", **self._limit("maxLength", 2000)}

    def _limit(self, key: str, most: int) -> Schema:
        if self.random.random() < 0.3:
            return {}
        return {key: self.random.choice([0, 1, 5, self.random.randint(2, most), self.random.randint(2, most)])}

    def _object(self, depth: int) -> Schema:
        names = self.random.sample(NAMES, self.random.randint(2, 5))
        fields = {name: self._node(depth) for name in names}
        return {"type": "object", "properties": fields, "required": names[: self.random.randint(0, len(names))]}

    # --- Expressions

    def _made(self, kind: str, scope: Scope, depth: int) -> str:
        """An expression of a kind; the deeper, the longer."""
        pattern = self.random.choice(PATTERNS[kind].strip().splitlines()).strip() if depth > 0 else SHORTEST[kind]
        pattern = pattern.replace("$x", self._variable()) if "$x" in pattern else pattern
        return re.sub(r"<(\w+)>", lambda part: self._part(part[1], scope, depth - 1), pattern)

    def _part(self, part: str, scope: Scope, depth: int) -> str:
        if part != "compared" and self.random.random() < self._slips:
            return self._slip(scope, depth)
        if part in PATTERNS:
            return self._made(part, scope, depth)
        if part in LEAVES:
            return self._path(scope, *LEAVES[part])
        match part:
            case "compared":
                return self.random.choice(["<", "<=", ">", ">=", "==", "!="])
            case "regex":
                return self.random.choice(REGEXES)
            case "field":
                return self._field(scope)
            case "maybe":
                above, _, name = self._field(scope, is_text).rpartition(".")
                return f"{above}.?{name}" if above else "optional.of('a')"
            case "loop":
                return self._loop(scope, depth)
        return self._mapped(scope, depth)

    def _slip(self, scope: Scope, depth: int) -> str:
        other = self._made(self.random.choice([*PATTERNS]), scope, depth)
        path = self._path(scope, lambda _: True, "self")
        return self.random.choice([*SLIPS, *[other, path, f"{path}.nothing", f"{path}.a", f"{other}.b()"] * 3])

    def _variable(self) -> str:
        self._variables += 1
        return f"{self.random.choice(LETTERS)}{self._variables}"

    def _paths(self, scope: Scope, wanted: Callable[[Schema], bool]) -> list[tuple[str, Schema]]:
        """What can be reached by fields, keys and indices."""
        found, todo = [], list(scope.items())
        while todo:
            path, node = todo.pop()
            if not (self._slips or _is_seen(node)):
                continue
            if wanted(node):
                found.append((path, node))
            if len(path) < 60:
                todo += [(f"{path}.{_escaped(name)}", below) for name, below in node.get("properties", {}).items()]
                todo += [(f"{path}[0]", node["items"])] if "items" in node else []
                values = node.get("additionalProperties")
                todo += [(f"{path}['k']", values)] if isinstance(values, dict) else []
        return found

    def _path(self, scope: Scope, wanted: Callable[[Schema], bool], otherwise: str) -> str:
        found = self._paths(scope, wanted)
        return self.random.choice(found)[0] if found else otherwise

    def _field(self, scope: Scope, wanted: Callable[[Schema], bool] = lambda _: True) -> str:
        found = [path for path, _ in self._paths(scope, wanted) if "." in path and path[-1] != "]"]
        return self.random.choice(found) if found else "{'a': 'b'}.a"

    def _around(self, scope: Scope) -> tuple[str, Schema] | None:
        """A list or a map."""
        keys = ("items", "additionalProperties")
        found = self._paths(scope, lambda node: any(isinstance(node.get(key), dict) for key in keys))
        return self.random.choice(found) if found else None

    def _loop(self, scope: Scope, depth: int) -> str:
        around = self._around(scope)
        if around is None:
            return self._made("truth", scope, depth)
        path, node = around
        if self.random.random() < 0.25 and "items" in node:
            name = self._variable()
            path = f"{path}.filter({name}, {self._made('truth', {**scope, name: node['items']}, depth - 1)})"
        names, inner = self._each(scope, node)
        macro = self.random.choice(["all", "exists", "exists_one", "existsOne" if "," in names else "all"])
        return f"{path}.{macro}({names}, {self._made('truth', inner, depth)})"

    def _mapped(self, scope: Scope, depth: int) -> str:
        around = self._around(scope)
        if around is None:
            return self._made("texts", scope, depth)
        path, node = around
        names, inner = self._each(scope, node)
        only_if = f"{self._made('truth', inner, depth - 1)}, " if self.random.random() < 0.3 else ""
        macro = "transformList" if "," in names else "map"
        return f"{path}.{macro}({names}, {only_if}{self._made('text', inner, depth)})"

    def _each(self, scope: Scope, node: Schema) -> tuple[str, Scope]:
        """Variables for what is in a list or map, and the scope with them."""
        name, other = self._variable(), self._variable()
        is_list = "items" in node
        value = node["items"] if is_list else node["additionalProperties"]
        if self.random.random() < 0.4:
            return f"{name}, {other}", {**scope, name: NUMBER if is_list else TEXT, other: value}
        return name, {**scope, name: value if is_list else TEXT}


def _is_seen(node: Schema) -> bool:
    """Whether the schema says of which type values are."""
    inside = [node[key] for key in ("items", "additionalProperties") if key in node]
    return bool(node.get("type") or node.get(EITHER)) and all(map(_is_seen, inside))


def _escaped(name: str) -> str:
    return {"namespace": "__namespace__"}.get(name, name.replace("-", "__dash__").replace(".", "__dot__"))
