"""The formats that expressions may name, and what they have against a text.

Source: k8s.io/apiserver, pkg/cel/library/format.go, and k8s.io/apimachinery, pkg/util/validation and
pkg/api/validate/content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from generator.cel.run.urls import FUNCTIONS as URLS
from generator.cel.run.values import NOTHING, Function, GivenUp, List, Maybe, Special
from generator.strfmt import is_bytes, is_date, is_date_time, is_uuid

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_OLD_LABEL: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_LABEL_WORDS: Final = f"it is no DNS label ({_LABEL})"
_SUBDOMAIN_WORDS: Final = f"it is no DNS name ({_SUBDOMAIN})"
_OLD_LABEL_WORDS: Final = f"it is no DNS label that begins with a letter ({_OLD_LABEL})"
_KEY_WORDS: Final = f"it is no name ({_KEY})"
_VALUE_WORDS: Final = f"it is no value of a label (({_KEY})?)"
"""The API server words them otherwise; how many there are is the same."""

Wrong = Callable[[str], list[str]]
"""What a format has against a text."""


@dataclass(frozen=True, slots=True)
class Format(Special):
    """A format by its name."""

    kind: ClassVar[str] = "format"
    name: str


def _long(text: str, most: int, unit: str) -> list[str]:
    return [f"it has more than {most} {unit}"] if len(text.encode(errors="replace")) > most else []


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _label(text: str) -> list[str]:
    found = _long(text, 63, "characters")
    if _fits(_LABEL, text):
        return found
    return [*found, "it has dots" if _fits(_SUBDOMAIN, text) else _LABEL_WORDS]


def _old_label(text: str) -> list[str]:
    return _long(text, 63, "characters") + ([] if _fits(_OLD_LABEL, text) else [_OLD_LABEL_WORDS])


def _subdomain(text: str, unit: str = "characters") -> list[str]:
    return _long(text, 253, unit) + ([] if _fits(_SUBDOMAIN, text) else [_SUBDOMAIN_WORDS])


def _prefix(wrong: Wrong) -> Wrong:
    """For the beginning of a name, which may end with `-`."""
    return lambda text: wrong(f"{text[:-2]}a" if len(text) > 1 and text.endswith("-") else text)


def _value(text: str) -> list[str]:
    return _long(text, 63, "bytes") + ([] if _fits(f"({_KEY})?", text) else [_VALUE_WORDS])


def _qualified(text: str) -> list[str]:
    if text.count("/") > 1:
        return [f"{_KEY_WORDS}, perhaps after a DNS name and '/'"]
    prefix, slash, name = text.rpartition("/")
    found = []
    if slash:
        found = [f"before '/': {one}" for one in (_subdomain(prefix, "bytes") if prefix else ["nothing is there"])]
    found += ["there is no name"] if not name else [f"the name: {one}" for one in _long(name, 63, "bytes")]
    return found if _fits(_KEY, name) else [*found, f"the name: {_KEY_WORDS}"]


def _uri(text: str) -> list[str]:
    return [] if URLS["isURL"](text) else ["no URI"]


def _unless(is_one: Callable[[str], bool], words: str) -> Wrong:
    return lambda text: [] if is_one(text) else [words]


_FORMATS: Final[Mapping[str, tuple[str, Wrong]]] = {
    "dns1123Label": ("DNS1123Label", _label),
    "dns1123Subdomain": ("DNS1123Subdomain", _subdomain),
    "dns1035Label": ("DNS1035Label", _old_label),
    "qualifiedName": ("QualifiedName", _qualified),
    "dns1123LabelPrefix": ("DNS1123LabelPrefix", _prefix(_label)),
    "dns1123SubdomainPrefix": ("DNS1123SubdomainPrefix", _prefix(_subdomain)),
    "dns1035LabelPrefix": ("DNS1035LabelPrefix", _prefix(_old_label)),
    "labelValue": ("LabelValue", _value),
    "uri": ("URI", _uri),
    "uuid": ("uuid", _unless(is_uuid, "it is no UUID")),
    "byte": ("byte", _unless(is_bytes, "it is no base64")),
    "date": ("date", _unless(is_date, "it is no date")),
    "datetime": ("datetime", _unless(is_date_time, "it is no time")),
}


def _validate(form: Format, text: str) -> Maybe:
    (wrong,) = (wrong for name, wrong in _FORMATS.values() if name == form.name)
    if len(text) > 10_000:
        raise GivenUp  # what backtracks in Python does not in Go
    found = wrong(text)
    return Maybe(List(list(found))) if found else NOTHING


def _named(name: str) -> Maybe:
    return Maybe(Format(_FORMATS[name][0])) if name in _FORMATS else NOTHING


def _constant(name: str) -> Function:
    return lambda: Format(_FORMATS[name][0])


FUNCTIONS: Final[Mapping[str, Function]] = {
    **{f"format.{name}": _constant(name) for name in _FORMATS},
    "format.named": _named,
    "validate": _validate,
}
