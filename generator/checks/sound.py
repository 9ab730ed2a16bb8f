"""What is usual costs one look: whether all schemas at once have nothing against an object.

Kubernetes' own schema, the rules of `generator.checks.fields`, and that there is no null. Who wants to know what
exactly is wrong asks each of them.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from generator.checks.fields.validator import FORMATS, rules
from generator.decoded import NO_NULL
from generator.schemas import minor, schema_for

if TYPE_CHECKING:
    import jsonschema_rs


def is_sound(version: str, api_version: str, kind: str, value: Any) -> bool:
    """Whether no schema has anything against an object; false for a kind that the version does not serve."""
    accepts = _compiled(minor(version), api_version, kind)
    try:
        return accepts is not None and accepts.is_valid(value)
    except ValueError:  # what JSON cannot say: keys that are no strings
        return False


@lru_cache(maxsize=512)
def _compiled(version: str, api_version: str, kind: str) -> jsonschema_rs.Draft202012Validator | None:
    import jsonschema_rs

    schema = schema_for(version, api_version, kind)
    if schema is None:
        return None
    # Each is a resource of its own: their references lead to definitions of the same names.
    parts = (schema, rules(version, api_version, kind), NO_NULL)
    every = {"allOf": [{**part, "$id": f"urn:towpath:{number}"} for number, part in enumerate(parts)]}
    return jsonschema_rs.Draft202012Validator(every, formats=FORMATS, validate_formats=True, offline=True)
