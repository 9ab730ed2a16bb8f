"""The names of fields as expressions in CEL write them.

Source: k8s.io/apiserver, pkg/cel/escaping.go, and types.go (`FindStructFieldType`).
"""

from __future__ import annotations

import re
from typing import Final

_RESERVED: Final = frozenset(
    "true false null in as break const continue else for function if import let loop package namespace return var "
    "void while".split()
)
_ESCAPES: Final = (("__", "__underscores__"), (".", "__dot__"), ("-", "__dash__"), ("/", "__slash__"))
_EXPRESSIBLE: Final = re.compile(r"[A-Za-z_./-][A-Za-z0-9_./-]*")


def is_expressible(name: str) -> bool:
    """Whether expressions can name a field."""
    return _EXPRESSIBLE.fullmatch(name) is not None


def escaped(name: str) -> str:
    """A field's name as expressions write it."""
    if name in _RESERVED:
        return f"__{name}__"
    for plain, escape in _ESCAPES:
        name = name.replace(plain, escape)
    return name


def spellings(name: str) -> tuple[str, ...]:
    """All ways to write a field's name: from Kubernetes 1.31 on, words that CEL keeps for itself need no escape."""
    return (escaped(name), name) if name in _RESERVED else (escaped(name),)
