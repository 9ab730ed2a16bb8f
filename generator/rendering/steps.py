"""What a template may use up, counted in steps, so that it ends at its line and not with the machine.

Every turn of a loop, and every call of a macro, a block or another template, is a step. What works on a value costs
steps by how much there is in it, with everything that is there twice counted twice: filters, tests, methods,
comparisons, `~`, `+` and writing it. So neither loops in loops nor values that double again and again go on for long,
and the same template with the same values always takes the same number of steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from jinja2 import nodes
from jinja2.compiler import operators, optimizeconst
from jinja2.exceptions import SecurityError

from generator.rendering.nodes import NodeWriter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jinja2.compiler import Frame

MAX_STEPS: Final = 50_000
"""Steps that writing one file may take; the largest of our own templates takes some hundreds."""

CHARACTERS: Final = 200
"""Characters of a text that cost one step."""

CALL: Final = 5
"""Steps that a call costs, which is slower than a turn of a loop."""

_FILTER: Final = 4
"""Steps that a filter or a test costs, and ..."""

_ITEMS: Final = 1
"""... what a list or map that is only copied or gone through holds, for one more step."""

_SHALLOW: Final = frozenset("items list map reject rejectattr reverse select selectattr without".split())
"""Filters that copy a list or map, or go through it."""

_DEEP: Final = frozenset(
    "capitalize checksum dictsort float groupby int lower max min percent replace safe sort string title trim truncate"
    " unique upper urlencode == != < <= > >= eq equalto ne lt lessthan le gt greaterthan ge in".split()
)
"""Filters and tests that look at everything in a value: they make text of it, or compare it."""


def _weight(value: Any, most: int) -> int:
    """How much there is in a value; a little more than `most` where it is more."""
    found = 1
    kind = value.__class__
    if kind is dict or isinstance(value, Mapping):
        inside = value.values()
        found += len(value)
    elif isinstance(value, list | tuple):
        inside = value
    else:
        return found + (len(value) // _ITEMS if isinstance(value, range) else 0)
    for one in inside:
        kind = one.__class__
        if kind is str:
            found += 1 + len(one) // CHARACTERS
        elif kind in _FREE:
            found += 1
        else:
            found += _weight(one, most - found)
        if found > most:
            break
    return found


class Steps:
    """How many steps are left."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def restart(self) -> None:
        """As many as there were at first."""
        self.left = MAX_STEPS

    def step(self, steps: int = 1) -> None:
        """Take some. Raises `SecurityError` where there are not so many."""
        self.left -= steps
        if self.left < 0:
            raise SecurityError(f"it takes more than {MAX_STEPS:,} steps: loops in loops, or values that grow in them")

    def counted(self, value: Any) -> Any:
        """The value itself, for as many steps as it takes to go through it."""
        if isinstance(value, _HOLDING):
            self.step(len(value) // _ITEMS)
        return value

    def weighed(self, value: Any) -> Any:
        """The value itself, for as many steps as there is in it."""
        kind = value.__class__
        if kind is str:
            if len(value) >= CHARACTERS:
                self.step(len(value) // CHARACTERS)
        elif kind not in _FREE:
            self.step(_weight(value, self.left))
        return value

    def joined(self, parts: Iterable[Any]) -> str:
        """The texts of some values, one after the other."""
        text = "".join([str(self.weighed(part)) for part in parts])
        self.step(len(text) // CHARACTERS)
        return text

    def replaced(self, text: str, old: str, new: str, count: int = -1) -> str:
        """The text with another instead of some of it."""
        found = text.count(old) if count < 0 else min(text.count(old), count)
        self.step((len(text) + found * len(new)) // CHARACTERS)
        return text.replace(old, new, count)

    def of(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter or a test of this name that costs steps, if it is one of those that can take long."""
        first = int(hasattr(function, "jinja_pass_arg"))

        def counted(*arguments: Any, **named: Any) -> Any:
            self.step(_FILTER)
            self.counted(arguments[first])
            return function(*arguments, **named)

        def weighed(*arguments: Any, **named: Any) -> Any:
            self.step(_FILTER)
            for argument in arguments[first:]:
                self.weighed(argument)
            return function(*arguments, **named)

        if name in _DEEP:
            return like_filter(function, weighed)
        return like_filter(function, counted) if name in _SHALLOW else function

    def join(self, function: Callable[..., str]) -> Callable[..., str]:
        """The filter `join`, with what stands between the values."""

        def join(context: Any, values: Iterable[Any], between: str = "", attribute: Any = None) -> str:
            parts = self.weighed(list(values))
            self.step(len(parts) * len(between) // CHARACTERS)
            return function(context, parts, between, attribute)

        return like_filter(function, join)

    def sum(self, function: Callable[..., float]) -> Callable[..., float]:
        """The filter `sum`, of numbers."""

        def add(context: Any, values: Iterable[Any], attribute: Any = None, start: float = 0) -> float:
            if not isinstance(start, int | float):
                raise SecurityError("'sum' is only for numbers")
            return function(context, self.weighed(values), attribute, start)

        return like_filter(function, add)


def like_filter(function: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """Another function that Jinja passes the same to."""
    for mark in ("jinja_pass_arg", "jinja_async_variant"):
        if hasattr(function, mark):
            setattr(other, mark, getattr(function, mark))
    return other


_HOLDING: Final = (dict, list, range, tuple)
_FREE: Final = frozenset({int, float, bool, type(None)})


class SteppedWriter(NodeWriter):
    """Compiles templates so that they count their steps: the environment has `step`, `weighed` and `joined`."""

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        """The body of a loop, a macro, a block or a template; nothing is repeated in that of an `if`."""
        if not frame.soft_frame:
            self.writeline(f"environment.step({1 if frame.loop_frame else CALL})")
        super().blockvisit(nodes, frame)

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """A loop with an `if` goes through what it leaves out, too."""
        if node.test is not None:
            self.writeline("environment.steps.counted(", node)
            self.visit(node.iter, frame)
            self.write(")")
        super().visit_For(node, frame)

    @optimizeconst
    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """`a ~ b`."""
        self.write("environment.joined((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Operand(self, node: nodes.Operand, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """The right side of a comparison: where this is small, so is what there is to compare."""
        searched = node.op in ("in", "notin")
        try:
            small = not (isinstance(node.expr.as_const(frame.eval_ctx), str) and searched)
        except nodes.Impossible:
            small = False
        if small:
            super().visit_Operand(node, frame)
            return
        self.write(f" {operators[node.op]} environment.{'searched' if searched else 'weighed'}(")
        self.visit(node.expr, frame)
        self.write(")")

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """`{a: b}`: a key is looked at as a whole."""
        self.write("{")
        for pair in node.items:
            constant = isinstance(pair.key, nodes.Const)
            self.write("" if constant else "environment.weighed(")
            self.visit(pair.key, frame)
            self.write(": " if constant else "): ")
            self.visit(pair.value, frame)
            self.write(", ")
        self.write("}")

    def visit_Getitem(self, node: nodes.Getitem, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """`a[b]`, and `a[b:c]`, which copies."""
        if not isinstance(node.arg, nodes.Slice):
            super().visit_Getitem(node, frame)
            return
        self.write("environment.weighed(")
        self.visit(node.node, frame)
        self.write(")[")
        self.visit(node.arg, frame)
        self.write("]")

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """`b:c:d`."""
        for number, bound in enumerate((node.start, node.stop, node.step)):
            self.write("environment.weighed(" if number == 0 else ":environment.weighed(")
            self.visit(bound or nodes.Const(None), frame)
            self.write(")")

    def buffer(self, frame: Frame) -> None:
        """From here on the frame collects what it writes."""
        super().buffer(frame)
        self.writeline("environment.buffered()")
