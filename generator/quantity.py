"""Numbers as Kubernetes writes them: quantities, percentages and plain integers.

Source: k8s.io/apimachinery `pkg/api/resource`, the syntax in the documentation of `Quantity`.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

_QUANTITY: Final = re.compile(r"([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))([KMGTPE]i|[numkMGTPE]?|[eE][+-]?[0-9]{1,3})")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY: Final = {"K": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6}


@lru_cache(maxsize=4096)
def quantity(value: str | int | float) -> Decimal | None:
    """The number that a quantity such as `250m` or `1.5Gi` is; None where it is no quantity."""
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    number, suffix = Decimal(found[1]), found[2]
    if suffix.endswith("i"):
        return number * Decimal(1024) ** _BINARY[suffix[0]]
    if suffix[:1] in ("e", "E") and len(suffix) > 1:
        return number.scaleb(int(suffix[1:]))
    return number.scaleb(_DECIMAL[suffix])


def amount(value: object) -> Decimal | None:
    """The number that a field holds as a quantity; None for everything else."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return quantity(value)
    return None


def whole(value: object) -> int | None:
    """The integer that a field holds; None for everything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def is_zero(value: object, default: object) -> bool:
    """Whether a number or percentage is zero, where a field that is not written has a default."""
    found = default if value is None else value
    return found == 0 if not isinstance(found, str) else bool(re.fullmatch("0+%?", found))
