"""What the schemas of a chart's values refer to: helm would fetch what is outside of them, from the net or the disk."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Final

from generator.errors import InputError, Location

_REFERRING: Final = ("$ref", "$dynamicRef", "$recursiveRef", "$schema")
_INSIDE: Final = re.compile(r"#|https?://json-schema\.org/")  # helm knows JSON Schema's own
_LARGEST_PACKED: Final = 100 * 2**20


def check_schemas(files: Mapping[str, bytes]) -> None:
    """Raises `InputError` for a schema of a chart, or of a packed subchart, that refers to something else."""
    for path, content in files.items():
        if path.endswith(".tgz"):
            check_schemas({f"{path}/{name}": inner for name, inner in _packed(path, content)})
        elif path.endswith("/values.schema.json"):
            _check_schema(path, content.decode("utf-8-sig", "replace"))


def _check_schema(path: str, text: str) -> None:
    try:
        # A number may be as long as helm likes.
        reference = next(_references(json.loads(text, parse_int=float)), None)
    except (ValueError, RecursionError) as broken:
        what = f"the schema of the values cannot be read: {broken}"
        raise InputError(what, where=Location(path), next="mend it, or remove it") from broken
    if reference is not None:
        lines = enumerate(text.splitlines(), 1)
        number, line = next(((number, line) for number, line in lines if reference in line), (1, ""))
        next_ = "write what it refers to into the schema itself, below $defs"
        what = f"the schema of the values refers to {reference}, and nothing is fetched"
        raise InputError(what, where=Location(path, number, None, line), next=next_)


def _references(schema: Any) -> Iterator[str]:
    """What a schema refers to outside of itself."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in _REFERRING and isinstance(value, str) and not _INSIDE.match(value):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _packed(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The schemas and the packed subcharts in a packed subchart; helm looks at the rest of it."""
    left = _LARGEST_PACKED
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r|gz") as opened:
            for member in opened:
                left -= member.size
                if left < 0:
                    what = f"it is larger than {_LARGEST_PACKED // 2**20} MiB once it is unpacked"
                    raise InputError(what, where=Location(path), next="unpack what is needed of it")
                stream = opened.extractfile(member) if member.name.endswith((".tgz", ".json")) else None
                if stream is not None:
                    yield member.name.replace("\\", "/"), stream.read()  # as helm reads it
    except (tarfile.TarError, OSError, EOFError) as broken:
        next = "bring it in again: helm dependency build"
        raise InputError(f"this is no packed chart: {broken}", where=Location(path), next=next) from broken
