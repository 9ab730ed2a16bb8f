"""The filters that templates have besides Jinja's own, and what they say about values that do not fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from jinja2 import StrictUndefined, Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.filters import do_int, do_round
from jinja2.utils import missing

from generator.errors import InputError, Location
from generator.images import mirrored
from generator.release import parse_image
from generator.rendering.nodes import plain
from generator.rendering.provenance import Flag, like, pointer_of
from generator.rendering.steps import Steps
from generator.schema_words import type_name

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from generator.repository import Pointer

MIRRORS: Final = "_mirrors"
"""The name in a context of the mirrors that the filter `mirrored` applies: prefix of an image → what replaces it."""

MAX_DIGITS: Final = 100
"""Characters of a text that is made a number."""

_PRECISION: Final = 20


class Missing(StrictUndefined):
    """An undefined name or key, with words for people that say what there is instead."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, of = self._undefined_name, self._undefined_obj
        if self._undefined_hint:
            return self._undefined_hint
        if of is missing:
            return f"{name!r} is not defined"
        if not isinstance(of, Mapping):
            return f"{type_name(of)} has no {name!r}"
        close = get_close_matches(str(name), [str(key) for key in of], n=1)
        known = f"did you mean {close[0]!r}?" if close else f"there is: {', '.join(sorted(map(str, of))) or 'nothing'}"
        return f"{name!r} is not defined here; {known}"


class UnfitValueError(InputError):
    """A value that a template cannot work with; `pointer` is where it stands among the service's values, if it does."""

    def __init__(self, what: str, value: Any, *, where: Location | None = None, next: str = "") -> None:
        super().__init__(what, where=where, next=next)
        self.pointer: Pointer | None = pointer_of(value)


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    """Jinja's filter, to a precision that a number has."""
    if abs(precision) > _PRECISION:
        raise SecurityError(f"a precision of more than {_PRECISION} digits")
    return do_round(value, precision, method)  # type: ignore[arg-type] # it refuses other methods itself


def _string(value: Any) -> str:
    """A scalar as the text that YAML writes for it: `true`, not Python's `True`."""
    meant = plain(value)
    text = meant if isinstance(meant, str) else json.dumps(meant, ensure_ascii=False, separators=(",", ":"))
    return like(text, value)


def merging(steps: Steps) -> Callable[[Mapping[str, Any], Mapping[str, Any] | None], dict[str, Any]]:
    """The filter `merge`, which templates use most."""

    def merge(first: Mapping[str, Any], second: Mapping[str, Any] | None) -> dict[str, Any]:
        """The entries of both maps; those of the second win. Nothing counts as an empty map."""
        merged = {**first, **(second or {})}
        steps.step(1 + len(merged))
        return merged

    return merge


def _without(value: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The map less some of its entries."""
    return {key: item for key, item in value.items() if key not in names}


@pass_context
def _mirrored(context: Context, image: str) -> str:
    """The image reference as this environment pulls it."""
    try:
        return like(str(mirrored(parse_image(image), context[MIRRORS])), image)
    except InputError as error:
        raise UnfitValueError(error.what, image, next=error.next) from error


def _required(value: Any, of: Any, otherwise: str) -> Any:
    """The value; where there is none, the error `otherwise` about the value `of` that asks for it."""
    if isinstance(value, Missing) and not value._undefined_hint:
        raise UnfitValueError(f"{otherwise}: {value._undefined_message}", of, next="change it, or add what it needs")
    if value is None or isinstance(value, Undefined):
        raise UnfitValueError(otherwise, of, next="change it, or add what it needs")
    return value


def _int(value: Any, default: int = 0, base: int = 10) -> int:
    """Jinja's filter, for what may be a number."""
    return do_int(_numeral(value) if isinstance(value, str) else value, default, base)


def _numeral(text: str) -> str:
    if len(text) > MAX_DIGITS:
        raise SecurityError(f"a number of more than {MAX_DIGITS} characters")
    return text


def _percent(value: Any) -> int:
    """The number of `70%` or 70."""
    return int(_numeral(str(value)).removesuffix("%"))


def _checksum(value: Any) -> str:
    """The first 16 hex digits of a sha256 over the value: changes exactly when the value does."""
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _is_boolean(value: Any) -> bool:
    return isinstance(value, bool | Flag)


TESTS: Final = {
    "boolean": _is_boolean,
    "false": lambda value: _is_boolean(value) and not value,
    "integer": lambda value: isinstance(value, int) and not _is_boolean(value),
    "true": lambda value: _is_boolean(value) and bool(value),
}
"""Jinja's tests of booleans, which also know those that remember where they stand."""

FILTERS: Final = {
    "checksum": _checksum,
    "int": _int,
    "mirrored": _mirrored,
    "percent": _percent,
    "required": _required,
    "round": _round,
    "safe": plain,  # there is nothing to escape, and nothing to switch off
    "string": _string,
    "without": _without,
}
