"""What is usual costs one look: whether no schema has anything against an object.

Kubernetes' own schema, the rules of `generator.checks.fields`, and that there is no null. Who wants to know what
exactly is wrong asks for more than a yes or no.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from generator.checks.fields.validator import compiled
from generator.decoded import no_null
from generator.schemas import minor, validator

if TYPE_CHECKING:
    import jsonschema_rs


def is_sound(version: str, api_version: str, kind: str, value: Any) -> bool:
    """Whether no schema has anything against an object; false for a kind that the version does not serve."""
    schemas = _schemas(minor(version), api_version, kind)
    try:
        return bool(schemas) and all(schema.is_valid(value) for schema in schemas)
    except ValueError:  # what JSON cannot say: keys that are no strings
        return False


@lru_cache(maxsize=512)
def _schemas(version: str, api_version: str, kind: str) -> tuple[jsonschema_rs.Draft202012Validator, ...]:
    own = validator(version, api_version, kind)
    return (own, compiled(version, api_version, kind)[0], no_null()) if own else ()
