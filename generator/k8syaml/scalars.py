"""What a scalar means to Kubernetes: the rules of go-yaml v2 (resolve.go), then of sigs.k8s.io/yaml.

A resolved scalar is None, bool, int, float or str. As a value it becomes what the JSON that Kubernetes
makes of it says: the float 1.0 is written `1` there, so it is the int 1 here, and an integer beyond 64
bits keeps the 17 digits of a double. As a key it becomes the string that sigs.k8s.io/yaml makes of it.
"""

from __future__ import annotations

import base64
import calendar
import math
import re
import struct
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

Scalar: TypeAlias = bool | int | float | str | None


class ScalarError(ValueError):
    """Kubernetes would refuse this scalar; the message says why."""


def _spellings(*words: str) -> list[str]:
    return [form for word in words for form in (word.lower(), word.capitalize(), word.upper())]


_WORDS: Final[dict[str, Scalar]] = {
    **dict.fromkeys(_spellings("y", "yes", "true", "on"), True),
    **dict.fromkeys(_spellings("n", "no", "false", "off"), False),
    **dict.fromkeys(["", "~", *_spellings("null")], None),
    **dict.fromkeys([".nan", ".NaN", ".NAN"], math.nan),
    **dict.fromkeys([sign + word for sign in ("", "+") for word in (".inf", ".Inf", ".INF")], math.inf),
    **dict.fromkeys(["-.inf", "-.Inf", "-.INF"], -math.inf),
}
_NOT_STRINGS: Final = frozenset("0123456789+-.yYnNtTfFoO~")
"""The first characters of everything that can be something other than a string."""

_SURELY: Final = frozenset("ABCDEGHIJKLMPQRSUVWXZabcdeghijklmpqrsuvwxz/")
"""First characters of nothing but strings, and of most of them."""

_INTEGER: Final = re.compile(
    r"([+-]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_SIGNED_BINARY: Final = re.compile(r"0b([+-][01]+)")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_DOT_FLOAT: Final = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?")
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:(?:[Tt]|(?P<space> +))([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?"
    r"(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}

_TAG: Final = "tag:yaml.org,2002:"
_MOST_DIGITS: Final = 64
"""Digits of the largest integer in any base: 64 bits."""

_INT64_MIN, _INT64_MAX, _UINT64_MAX = -(2**63), 2**63 - 1, 2**64 - 1
_EXPONENT_FROM: Final = 1e21
"""From here on encoding/json writes a float with an exponent, so that it stays a float."""


def _number(text: str) -> int | float | None:
    """A number that starts with a digit or a sign, after removing underscores as go-yaml does."""
    if found := _INTEGER.fullmatch(text):
        kind = str(found.lastgroup)
        written = found[kind].lstrip("0")
        digits = int(written or "0", _BASES[kind]) if len(written) <= _MOST_DIGITS else _UINT64_MAX + 1
        value = -digits if found[1] == "-" else digits
        if _INT64_MIN <= value <= (_INT64_MAX if found[1] else _UINT64_MAX):
            return value
    if _FLOAT.fullmatch(text):
        return _finite(float(text))
    if found := _SIGNED_BINARY.fullmatch(text):
        value = int(found[1], 2)
        return value if _INT64_MIN <= value <= _INT64_MAX else None
    return None


def _finite(value: float) -> float | None:
    """Go refuses to parse a number that is too large, so it stays a string."""
    return None if math.isinf(value) else value


def _dot_number(text: str) -> float | None:
    """A number that starts with a dot: Go's own float syntax, where an underscore must be between digits."""
    return _finite(float(text.replace("_", ""))) if _DOT_FLOAT.fullmatch(text) else None


def resolve(text: str) -> Scalar:
    """An untagged plain scalar."""
    if text and text[0] not in _NOT_STRINGS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        number: int | float | None = _dot_number(text)
    elif text[0] in "+-0123456789":
        number = _number(text.replace("_", ""))
    else:
        return text
    return text if number is None else number


def _is_timestamp(text: str) -> bool:
    """Whether Go parses this as one of the four layouts that go-yaml tries (a quoted one may be padded)."""
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        return False
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if not 1 <= month <= 12 or not 1 <= day <= _days(year, month):
        return False
    if found[5] is None:
        return True
    zone = found["zone"]
    if (found["space"] is None) != (zone is not None):
        return False
    if zone not in (None, "Z") and (int(zone[1:3]) > 24 or int(zone[4:]) > 59):
        return False
    return int(found[5]) <= 23 and int(found[6]) <= 59 and int(found[7]) <= 59


def _days(year: int, month: int) -> int:
    """Days of a month; the year 0, which the calendar module refuses, is a leap year to Go."""
    return calendar.monthrange(year or 4, month)[1]


def _decode_base64(text: str) -> str:
    data = text.replace("\r", "").replace("\n", "")
    if not _BASE64.fullmatch(data):
        raise ScalarError("!!binary value contains invalid base64 data")
    # Go's encoding/json replaces every byte that is not UTF-8, Python every longest wrong run.
    decoded = base64.b64decode(data).decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]", "\ufffd", decoded)


_MATCHES: Final[dict[str, Callable[[Scalar], bool]]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, float),
    "null": lambda value: value is None,
}


def resolve_tagged(tag: str, text: str) -> Scalar:
    """A scalar with an explicit tag, plain or quoted; `ScalarError` if it is not what its tag says.

    Tags that go-yaml does not know make a string.
    """
    kind = tag.removeprefix(_TAG) if tag.startswith(_TAG) else ""
    if kind == "binary":
        return _decode_base64(text)
    if kind == "timestamp":
        if not _is_timestamp(text):
            raise ScalarError(f"cannot decode {text!r} as a !!timestamp")
        return text
    if kind not in _MATCHES:
        return text
    value = resolve(text)
    if kind == "float" and _MATCHES["int"](value) and isinstance(value, int) and value <= _INT64_MAX:
        value = float(value)
    if not _MATCHES[kind](value):
        raise ScalarError(f"cannot decode {text!r} as a !!{kind}")
    return value


def as_value(value: Scalar) -> Scalar:
    """The JSON value; `ScalarError` for infinity and not-a-number, which JSON cannot hold."""
    if not isinstance(value, float):
        return value
    if not math.isfinite(value):
        raise ScalarError(f"{_go_float(value)} is not a number that JSON can hold")
    if value.is_integer() and abs(value) < _EXPONENT_FROM:
        return int(Decimal(repr(value)))
    return value


def as_key(value: Scalar) -> str:
    """The JSON key; `ScalarError` for null and for integers beyond 63 bits."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise ScalarError("null cannot be a key")
    if isinstance(value, float):
        return _go_float(value)
    if value > _INT64_MAX:
        raise ScalarError(f"{value} is too large for a key")
    return str(value)


def plain_value(text: str) -> Scalar:
    """The JSON value of an untagged plain scalar."""
    return text if text[:1] in _SURELY else _plain_value(text)


def plain_key(text: str) -> str:
    """The JSON key of an untagged plain scalar."""
    return text if text[:1] in _SURELY else _plain_key(text)


@lru_cache(maxsize=8192)
def _plain_value(text: str) -> Scalar:
    return as_value(resolve(text))


@lru_cache(maxsize=8192)
def _plain_key(text: str) -> str:
    return as_key(resolve(text))


def _go_float(value: float) -> str:
    """A float as Go's `strconv.FormatFloat(value, 'g', -1, 32)` writes it, with YAML's names for the rest."""
    if math.isnan(value):
        return ".nan"
    try:
        single = struct.pack("f", value)
    except OverflowError:
        return ".inf" if value > 0 else "-.inf"
    (rounded,) = struct.unpack("f", single)
    if math.isinf(rounded):
        return ".inf" if rounded > 0 else "-.inf"
    shortest = next(text for digits in range(9) if struct.pack("f", float(text := f"{rounded:.{digits}e}")) == single)
    mantissa, exponent = shortest.split("e")
    # Go's 'g' turns to an exponent outside 1e-4 … 1e6 when it looks for the shortest digits.
    if -4 <= int(exponent) < 6:
        return format(Decimal(shortest), "f")
    return f"{mantissa}e{exponent}"
