"""The formats that expressions may name, and what they have against a text.

Source: k8s.io/apiserver, pkg/cel/library/format.go, and k8s.io/apimachinery, pkg/util/validation and
pkg/api/validate/content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final

from generator.cel.run.urls import FUNCTIONS as URLS
from generator.cel.run.values import NOTHING, Function, GivenUp, List, Maybe, Special

_LABEL: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = rf"{_LABEL}(\.{_LABEL})*"
_OLD_LABEL: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY: Final = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_HEX: Final = "[0-9a-fA-F]"
_TIME: Final = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(.[0-9]+)?(z|[+-][0-9]{2}:[0-9]{2})")
_LABEL_WORDS: Final = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    f"an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{_LABEL}')"
)
_SUBDOMAIN_WORDS: Final = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    f"end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{_SUBDOMAIN}')"
)
_OLD_LABEL_WORDS: Final = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', "
    f"regex used for validation is '{_OLD_LABEL}')"
)
_KEY_WORDS: Final = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    f"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{_KEY}')"
)
_VALUE_WORDS: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', "
    f"regex used for validation is '({_KEY})?')"
)

Wrong = Callable[[str], list[str]]
"""What a format has against a text."""


@dataclass(frozen=True, slots=True)
class Format(Special):
    """A format by its name."""

    kind: ClassVar[str] = "format"
    name: str


def _long(text: str, most: int, unit: str) -> list[str]:
    return [f"must be no more than {most} {unit}"] if len(text.encode(errors="replace")) > most else []


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text) is not None


def _label(text: str) -> list[str]:
    found = _long(text, 63, "characters")
    if _fits(_LABEL, text):
        return found
    return [*found, "must not contain dots" if _fits(_SUBDOMAIN, text) else _LABEL_WORDS]


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
        return [
            f"a valid label key {_KEY_WORDS} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    prefix, slash, name = text.rpartition("/")
    found = []
    if slash:
        found = [f"prefix part {one}" for one in (_subdomain(prefix, "bytes") if prefix else ["must be non-empty"])]
    found += ["name part must be non-empty"] if not name else [f"name part {one}" for one in _long(name, 63, "bytes")]
    return found if _fits(_KEY, name) else [*found, f"name part {_KEY_WORDS}"]


def _uri(text: str) -> list[str]:
    return [] if URLS["isURL"](text) else ["no URI"]


def _is_date(text: str) -> bool:
    if not _fits("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        date.fromisoformat(text if text[:4] != "0000" else f"0004{text[4:]}")  # a year that Python has not
    except ValueError:
        return False
    return True


def _is_datetime(text: str) -> bool:
    day, _, rest = text.lower().partition("t")
    found = _TIME.fullmatch(rest.partition("t")[0])
    return _is_date(day) and found is not None and found[1] <= "23" and found[2] <= "59" and found[3] <= "59"


def _is_bytes(text: str) -> bool:
    return _fits("(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})", text)


def _is_uuid(text: str) -> bool:
    return _fits(f"{_HEX}{{8}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{4}}-?{_HEX}{{12}}", text)


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
    "uuid": ("uuid", _unless(_is_uuid, "does not match the UUID format")),
    "byte": ("byte", _unless(_is_bytes, "invalid base64")),
    "date": ("date", _unless(_is_date, "invalid date")),
    "datetime": ("datetime", _unless(_is_datetime, "invalid datetime")),
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
