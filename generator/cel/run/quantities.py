"""Quantities, with their functions.

Source: k8s.io/apiserver, pkg/cel/library/quantity.go, and k8s.io/apimachinery, pkg/api/resource. Those of no more than
18 digits are integers of 64 bits there with a power of ten, and the others decimals, which are never integers.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar, Final

from generator.cel.run.addresses import is_one
from generator.cel.run.values import Failure, Function, GivenUp, Special

_QUANTITY: Final = re.compile(r"([+-]?)0*([0-9]*)(?:\.([0-9]*))?([KMGTPE]i|[eE][+-]?[0-9]+|[numkMGTPE]?)")
_POWERS: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_MOST: Final = 2**63 - 1
_LONGEST: Final = 1000
"""Digits and powers of ten that are computed with here."""


@dataclass(frozen=True, slots=True)
class Quantity(Special):
    """A number times a power of ten."""

    kind: ClassVar[str] = "quantity"
    number: int
    power: int
    is_decimal: bool = False

    @property
    def exact(self) -> Fraction:
        """What it is."""
        return Fraction(self.number) * Fraction(10) ** self.power

    def same(self, other: Any) -> bool:
        """Whether another is as much."""
        return bool(self.exact == other.exact)

    def compared(self, other: Quantity) -> int:
        """-1, 0 or 1."""
        return (self.exact > other.exact) - (self.exact < other.exact)

    def integer(self) -> int | None:
        """The integer that it is to Kubernetes."""
        if self.is_decimal or self.power < 0:
            return None
        found = self.number * 10**self.power
        return found if abs(found) <= _MOST else None


def _read(text: str) -> Quantity:
    found = _QUANTITY.fullmatch(text)
    if found is None or not text or (not found[2] and not found[3] and "0" not in text):
        raise Failure("it is no quantity")
    sign, whole, broken, suffix = found[1], found[2] or "0", found[3] or "", found[4]
    if len(text) > _LONGEST:
        raise GivenUp
    number = int(whole + broken) * (-1 if sign == "-" else 1)
    if suffix.endswith("i"):
        return _binary(number, whole, broken, 10 * (1 + "KMGTPE".index(suffix[0])))
    power = _POWERS[suffix] if suffix in _POWERS else int(suffix[1:])
    if abs(power) > _LONGEST:
        raise GivenUp
    if len(whole + broken) <= 18 and power - len(broken) >= -9:
        return Quantity(number, power - len(broken))
    return _rounded(Quantity(number, power - len(broken), is_decimal=True))


def _binary(number: int, whole: str, broken: str, bits: int) -> Quantity:
    if not broken and 15 - len(whole) - bits * 3 // 10 - 1 >= 0:
        return Quantity(number << bits, 0)
    found = _rounded(Quantity(number << bits, -len(broken), is_decimal=True))
    if abs(found.exact) > _MOST:
        return Quantity(_MOST if number > 0 else -_MOST, 0, is_decimal=True)
    return found


def _rounded(found: Quantity) -> Quantity:
    """The same with no more than nine digits after the point, away from zero."""
    if not found.number:
        return found
    nano = math.ceil(abs(found.exact) * 10**9)
    return Quantity(nano if found.number > 0 else -nano, -9, is_decimal=True)


def _added(one: Quantity, other: Quantity | int) -> Quantity:
    more = other if isinstance(other, Quantity) else Quantity(other, 0)
    if not one.is_decimal and not more.is_decimal:
        if not more.number or not one.number:
            return one if not more.number else more
        power = min(one.power, more.power)
        parts = [of.number * 10 ** (of.power - power) for of in (one, more)]
        if all(abs(part) <= _MOST for part in (*parts, sum(parts))):
            return Quantity(sum(parts), power)
    power = min(one.power, more.power)
    return Quantity(int((one.exact + more.exact) / Fraction(10) ** power), power, is_decimal=True)


def _subtracted(one: Quantity, other: Quantity | int) -> Quantity:
    less = other if isinstance(other, Quantity) else Quantity(other, 0)
    return _added(one, Quantity(-less.number, less.power, less.is_decimal))


def _approximate(of: Quantity) -> float:
    try:
        return float(of.number) * 10.0**of.power if of.power else float(of.number)
    except OverflowError as error:
        raise GivenUp from error


def _integer(of: Quantity) -> int:
    found = of.integer()
    if found is None:
        raise Failure("it is no whole number of 64 bits")
    return found


FUNCTIONS: Final[Mapping[str, Function]] = {
    "quantity": _read,
    "isQuantity": is_one(_read),
    "sign": lambda of: (of.number > 0) - (of.number < 0),
    "add": _added,
    "sub": _subtracted,
    "asApproximateFloat": _approximate,
    "asInteger": _integer,
    "isInteger": lambda of: of.integer() is not None,
    "compareTo": lambda one, other: one.compared(other),
    "isGreaterThan": lambda one, other: one.compared(other) > 0,
    "isLessThan": lambda one, other: one.compared(other) < 0,
}
"""Those that compare are for versions, too."""
