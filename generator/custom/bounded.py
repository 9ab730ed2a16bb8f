"""Evaluate an expression in CEL within limits: what texts and lists that grow would take can be all that there is.

The library ends what takes too many turns of a loop by itself. The API server has one limit for all of it, the cost of
a rule (k8s.io/apiserver, pkg/cel, PerCallLimit), and refuses an object whose rules come to it.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cel_expr_python import cel

MEMORY: Final = 256 * 2**20
"""Bytes that an expression may take. Only Linux enforces it."""

_GROWING: Final = re.compile(r"\+|\b(?:replace|join|split|map)\b")


def evaluated(rule: str, expression: cel.Expression, value: Any) -> cel.Value | None:
    """What an expression, compiled of a rule, says of `self`; None where it comes to a limit."""
    try:
        if not _grows(rule):
            return expression.eval(data={"self": value})
        with _little_memory():
            return expression.eval(data={"self": value})
    except (RuntimeError, MemoryError):  # how the library says that there are too many turns, or too little memory
        return None


@cache
def _grows(rule: str) -> bool:
    """Whether an expression may make more than it is given."""
    return _GROWING.search(rule) is not None


@contextmanager
def _little_memory() -> Iterator[None]:
    """For a moment, this process gets no more memory than `MEMORY`."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(OSError, ValueError):  # only Linux has /proc, and macOS refuses the limit
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])  # proc(5)
        most = pages * resource.getpagesize() + MEMORY
        given = [one for one in before if one != resource.RLIM_INFINITY]
        resource.setrlimit(resource.RLIMIT_AS, (min([most, *given]), before[1]))
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_AS, before)
