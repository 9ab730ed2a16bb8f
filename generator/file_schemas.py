"""Our own files: read within limits, checked against their schemas, and every problem put into words with its line.

Schemas are `schemas/<kind>.schema.json`. What they list under `x-towpath-later` (`promotion.windows`,
`forge.kind=github`) is planned for a later version: whoever writes it is told so instead of being ignored.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal

from generator.errors import InputError, Location
from generator.finding import Finding, Severity
from generator.k8syaml import YamlError, parse
from generator.repository import Pointer, Source
from generator.schema_errors import explain, node_at
from generator.schema_words import SchemaError
from generator.shipped import shipped
from generator.trees.tree import Tree
from generator.version import VERSION

if TYPE_CHECKING:
    import jsonschema_rs

FileKind = Literal["towpath", "environment", "service", "overlay", "template"]

MAX_FILE: Final = 1024 * 1024
"""Bytes of one of our own files, and of all files that a service mounts (a ConfigMap holds no more)."""

MAX_NODES: Final = 20_000
"""Keys and values of one of our own files."""

_HOMES: Final[Mapping[FileKind, str]] = {
    "towpath": "towpath.yaml",
    "environment": "an environment.yaml",
    "service": "the service spec: environments/base/services/<service>.yaml",
    "overlay": "an overlay: environments/<environment>/services/<service>.yaml",
}
"""Where a field of each kind of file stands."""

AT_KEY: Final = frozenset({"unknown-field", "missing-field", "not-supported", "bad-name"})
"""The checks that are about a key rather than its value."""


class InvalidInput(InputError):
    """Files are not as they must be. `findings` are all the problems; the error itself tells the first one."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first, more = self.findings[0], len(self.findings) - 1
        rest = f" ({more} more problem{'s' if more > 1 else ''})" if more else ""
        super().__init__(first.message + rest, where=first.where, next=first.fix or "correct it and try again")


def problem(check: str, message: str, where: Location, fix: str = "") -> Finding:
    """A finding that makes the repository invalid."""
    return Finding(check, Severity.ERROR, message, where, fix=fix)


def place_order(finding: Finding) -> tuple[str, int, int, str]:
    """Sorts findings as somebody reads the files."""
    where = finding.where
    return (where.path, where.line or 0, where.column or 0, finding.message)


def findings_of(error: InputError) -> tuple[Finding, ...]:
    """What an error says, as findings: all of them where it knows several."""
    if isinstance(error, InvalidInput):
        return error.findings
    check = "yaml" if isinstance(error, YamlError) else "invalid-file"
    fix = error.next or ("correct the YAML here or just above" if check == "yaml" else "")
    return (Finding(check, Severity.ERROR, error.what, error.where or Location("."), error.origins, fix),)


def read_source(tree: Tree, path: str) -> Source | None:
    """A file parsed but not checked, or None where there is none. Raises `InputError` when it cannot be read."""
    content = tree.read(path)
    return None if content is None else parsed(path, content)


@lru_cache(maxsize=8192)
def parsed(path: str, content: bytes) -> Source:
    """The source that a content makes. Raises `InputError`: too large, not UTF-8, no YAML, several documents."""
    if len(content) > MAX_FILE:
        raise InputError(
            f"the file has {len(content):,} bytes", where=Location(path), next=f"keep it below {MAX_FILE:,}"
        )
    text = decoded(path, content)
    documents = parse(text, path, most=MAX_NODES)
    if len(documents) > 1:
        where = Location(path, documents[1].line)
        raise InputError("a second YAML document", where=where, next="write one document a file")
    return Source(path, text, documents[0])


def decoded(path: str, content: bytes) -> str:
    """The text of a file. Raises `InputError` where it is not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError("the file is not UTF-8", where=Location(path, line), next="save it as UTF-8") from error


def read_checked(tree: Tree, path: str, kind: FileKind) -> Source:
    """A file that its schema accepts. Raises `InvalidInput` with everything that is wrong, `InputError` if missing."""
    source = read_source(tree, path)
    if source is None:
        raise InvalidInput([problem("missing-file", f"there is no {path}", Location(path), "add it")])
    if found := problems(source, kind):
        raise InvalidInput(found)
    return source


def problems(source: Source, kind: FileKind) -> list[Finding]:
    """Everything that the schema of its kind has against a file, in the order of its lines."""
    value = source.document.value
    instance = {} if value is None else value
    accepts, schema = _compiled(kind)
    if accepts.is_valid(instance):
        return []
    errors = (_later(error, instance, schema) for error in explain(accepts, schema, instance))
    found = [problem(error.check, error.message, place(source, error), _elsewhere(error)) for error in errors]
    return sorted(found, key=place_order)


def _elsewhere(error: SchemaError) -> str:
    """What to do about a field that only files of another kind have."""
    if error.check != "unknown-field" or len(error.path) > 1 or "did you mean" in error.message:
        return ""
    homes = [home for kind, home in _HOMES.items() if error.path[0] in _compiled(kind)[1]["properties"]]
    return f"write it into {homes[0]}" if len(homes) == 1 else ""


def place(source: Source, error: SchemaError, below: Pointer = ()) -> Location:
    """Where to look: at the key for what is wrong about a key, at the value for the rest."""
    pointer = (*below, *error.path)
    return key_location(source, pointer) if error.check in AT_KEY and pointer else source.at(pointer)


def key_location(source: Source, pointer: Pointer) -> Location:
    """The place of the key that leads to a node."""
    return source.shown(*source.document.key_position(pointer))


@lru_cache
def _compiled(kind: FileKind) -> tuple[jsonschema_rs.Draft202012Validator, Mapping[str, Any]]:
    import jsonschema_rs

    schema = json.loads((shipped("schemas") / f"{kind}.schema.json").read_text(encoding="utf-8"))
    return jsonschema_rs.Draft202012Validator(schema, offline=True), schema


def _later(error: SchemaError, instance: object, schema: Mapping[str, Any]) -> SchemaError:
    """The same error, or that the field or its value comes with a later version."""
    field = ".".join(str(step) for step in error.path)
    later = schema.get("x-towpath-later", ())
    if error.check == "unknown-field" and field in later:
        return SchemaError(error.path, "not-supported", f"'{field}' is not supported in {VERSION}")
    value = node_at(instance, error.path) if error.check == "bad-value" else None
    if isinstance(value, str) and f"{field}={value}" in later:
        return SchemaError(error.path, "not-supported", f"'{field}: {value}' is not supported in {VERSION}")
    return error
