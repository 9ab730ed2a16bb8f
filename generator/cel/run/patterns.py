"""Whether a text fits a regular expression, in RE2's words, which are Go's: the library has it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Final

from generator.cel.run.numbers import utf8
from generator.cel.run.values import Failure, Function, GivenUp, Steps

if TYPE_CHECKING:
    from cel_expr_python import cel

_LONGEST: Final = 1000
"""An expression that is longer may be too large for the library, and not for Go."""


@cache
def _expression() -> cel.Expression:
    from cel_expr_python import cel

    known = cel.NewEnv(variables={"text": cel.Type.STRING, "pattern": cel.Type.STRING})
    return known.compile("text.matches(pattern)")


def _matches(steps: Steps, text: str, pattern: str) -> bool:
    steps.through(len(text) * (1 + len(pattern) // 16))
    given = {"text": utf8(text).decode(), "pattern": utf8(pattern).decode()}
    try:
        result = _expression().eval(data=given)
    except RuntimeError as error:  # how the library says what it does not take
        raise GivenUp from error
    if result.type().name() != "BOOL":
        if len(pattern) > _LONGEST:
            raise GivenUp
        raise Failure(f"{pattern!r} is no regular expression of Go's")
    return bool(result.value())


COUNTED: Final[Mapping[str, Function]] = {"matches": _matches}
