"""Arithmetic, and conversions between numbers, truths, texts and bytes.

Source: github.com/google/cel-go, common/types, and Go's strconv.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from generator.cel.run.times import Span, Time, added, subtracted
from generator.cel.run.values import Failure, Function, GivenUp, Kind, Steps, Uint, is_list, of_int, of_uint, type_name

_INT: Final = re.compile(r"[+-]?[0-9]{1,1000}")
_DOUBLE: Final = re.compile(
    r"[+-]?(?:[0-9]+(?:_[0-9]+)*\.?(?:[0-9]+(?:_[0-9]+)*)?|\.[0-9]+(?:_[0-9]+)*)(?:[eE][+-]?[0-9]+(?:_[0-9]+)*)?"
)
_INFINITE: Final = re.compile(r"([+-]?)(?:inf|infinity)", re.IGNORECASE)
_TRUTHS: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
_SIGNED: Final = re.compile("[0-9]+")


def conversion_error(value: Any, wanted: str) -> Failure:
    """What there is where a value cannot be made one of another type."""
    return Failure(f"{type_name(value)} cannot be made {wanted}")


def _number(whole: Any, one: Any, result: int) -> Any:
    return of_uint(result) if isinstance(one, Uint) else whole(result)


def _plus(steps: Steps, one: Any, other: Any) -> Any:
    if isinstance(one, Time | Span):
        return added(one, other)
    if is_list(one):
        steps.through(len(other) if len(one) else 0)
        return one.plus(other)
    if isinstance(one, str | bytes):
        steps.through(len(one) + len(other))
        return one + other
    return one + other if isinstance(one, float) else _number(of_int, one, int(one) + int(other))


def _minus(one: Any, other: Any) -> Any:
    if isinstance(one, Time | Span):
        return subtracted(one, other)
    return one - other if isinstance(one, float) else _number(of_int, one, int(one) - int(other))


def _times(one: Any, other: Any) -> Any:
    return one * other if isinstance(one, float) else _number(of_int, one, int(one) * int(other))


def _divided(one: Any, other: Any) -> Any:
    if isinstance(one, float):
        return _quotient(one, other)
    if other == 0:
        raise Failure("division by zero")
    sign = -1 if (one < 0) != (other < 0) else 1
    return _number(of_int, one, sign * (abs(int(one)) // abs(int(other))))


def _quotient(one: float, other: float) -> float:
    if other:
        return one / other
    if one == 0 or math.isnan(one) or math.isnan(other):
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1, other)


def _rest(one: int, other: int) -> Any:
    if other == 0:
        raise Failure("modulus by zero")
    if (one, other) == (-(2**63), -1):
        raise Failure("integer overflow")
    return _number(of_int, one, abs(int(one)) % abs(int(other)) * (-1 if one < 0 else 1))


def _negated(one: Any) -> Any:
    return -one if isinstance(one, float) else of_int(-one)


def _int(value: Any) -> int:
    match value:
        case str() if _INT.fullmatch(value) and -(2**63) <= int(value) < 2**63:
            return int(value)
        case float() if math.isfinite(value) and -(2.0**63) < value < 2.0**63:
            return int(value)
        case Time(nanoseconds):
            return nanoseconds // 10**9
        case Span(nanoseconds):
            return nanoseconds
        case int():
            return of_int(int(value))
    raise Failure("integer overflow") if isinstance(value, float) else conversion_error(value, "int")


def _uint(value: Any) -> Uint:
    match value:
        case str() if _SIGNED.fullmatch(value) and len(value) < 1000 and int(value) < 2**64:
            return Uint(value)
        case float() if math.isfinite(value) and 0 <= value < 2.0**64:
            return Uint(int(value))
        case int():
            return of_uint(int(value))
    raise Failure("unsigned integer overflow") if isinstance(value, float) else conversion_error(value, "uint")


def _double(value: Any) -> float:
    if not isinstance(value, str):
        return float(value)
    if found := _INFINITE.fullmatch(value):
        return -math.inf if found[1] == "-" else math.inf
    if value.lower() == "nan":
        return math.nan
    if re.fullmatch("[+-]?0[xX].*[pP].*", value):
        raise GivenUp
    number = float(value) if _DOUBLE.fullmatch(value) else math.inf
    if math.isinf(number):
        raise conversion_error(value, "double")
    return number


def _bool(value: Any) -> bool:
    found = _TRUTHS.get(value) if isinstance(value, str) else value
    if found is None:
        raise conversion_error(value, "bool")
    return bool(found)


def shortest(number: float) -> str:
    """A double as Go's `%g` writes it."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else "+Inf" if number > 0 else "-Inf"
    sign, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    power = len(digits) - 1 + int(exponent)
    text = "".join(map(str, digits))
    if number == 0:
        text = "0"
    elif power < -4 or power >= 6:
        text = f"{text[0]}{'.' if text[1:] else ''}{text[1:]}e{'-' if power < 0 else '+'}{abs(power):02}"
    else:
        text = f"{Decimal(repr(abs(number))):f}".removesuffix(".0")
    return f"-{text}" if sign else text


_TYPES: Final = {
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "null": "null_type",
}


def kind_of(value: Any) -> Kind:
    """The type of a value, as a value."""
    return Kind(_TYPES.get(type_name(value), type_name(value)))


def text_of(value: Any) -> str:
    """`string`."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return shortest(value)
        case bytes():
            try:
                return value.decode()
            except UnicodeDecodeError as error:
                raise Failure("the bytes are no UTF-8") from error
        case Kind(name):
            return name
    return str(int(value)) if isinstance(value, int) else str(value)


def utf8(text: str) -> bytes:
    """The bytes of a text."""
    return text.encode(errors="replace")


FUNCTIONS: Final[Mapping[str, Function]] = {
    "_-_": _minus,
    "_*_": _times,
    "_/_": _divided,
    "_%_": _rest,
    "-_": _negated,
    "int": _int,
    "uint": _uint,
    "double": _double,
    "bool": _bool,
    "string": text_of,
    "bytes": lambda value: utf8(value) if isinstance(value, str) else value,
    "type": kind_of,
    "dyn": lambda value: value,
}
COUNTED: Final[Mapping[str, Function]] = {"_+_": _plus}
