"""What Jinja refuses, in words for people who write manifests, and where in a template it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, UndefinedError, nodes
from jinja2.parser import Parser

from generator.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

_NO_SUCH: Final = re.compile(r"No (filter|test) named '")
_UNKNOWN: Final = re.compile(r"'(\w+)' is not defined$")
_SEEN: Final = ("environment", "image", "images", "labels", "namespace", "service", "values")
"""What every template sees (`generator.rendering.render.context_of`)."""
_TAG: Final = re.compile(r"\{#.*?#\}|\{%[-+]?\s*(end)?(if|for|macro|block|filter)\b", re.DOTALL)


def words(error: Exception) -> str:
    """What is wrong."""
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name!r} here"
    if isinstance(error, RecursionError):
        return "templates, or what they write, are nested too deeply"
    if isinstance(error, SyntaxError):
        return "tags are nested too deeply"
    if isinstance(error, MemoryError):
        return "it wants more memory than there is"
    if isinstance(error, InputError):
        return error.what
    return str(error) or type(error).__name__


def advice(error: Exception, environment: Environment) -> str:
    """What to do about it, in a template of this environment."""
    if isinstance(error, InputError):
        return error.next
    if isinstance(error, UndefinedError):
        return _misspelt(str(error)) or "declare it under `values:` in template.yaml, or ask first with `is defined`"
    if isinstance(error, TemplateNotFound):
        return "a template can include those of its own folder, of the templates it extends, and of _lib"
    if found := _NO_SUCH.match(str(error)):
        known = sorted(environment.filters if found[1] == "filter" else environment.tests)
        return f"a value is written as YAML by itself; there is: {', '.join(name for name in known if name.isalpha())}"
    return "mend the template"


def _misspelt(what: str) -> str:
    """What was meant by a name that only its capitals tell from one that there is, or Helm's dot."""
    found = _UNKNOWN.match(what)
    name = found[1].lower() if found else ""
    return f"write {name}" if found and name in _SEEN and name != found[1] else ""


def unclosed(error: TemplateSyntaxError, text: str) -> tuple[str, int] | None:
    """The tag that an error misses the end of, and its line."""
    said = error.message or ""
    if "needs to be closed" not in said:
        return None
    *_, stack = _stacks(text, None if said.startswith("Unexpected end") else error.lineno)
    return stack[-1] if stack else None


def compiled_line(error: Exception, text: str) -> int | None:
    """The line that Jinja, or Python after it, was at when it gave up."""
    if isinstance(error, SyntaxError):  # Python's own limits: it knows only lines of what Jinja has made
        deepest = max(_stacks(text, None), key=len)
        return deepest[-1][1] if deepest else None
    return _line_at(error.__traceback__)


def _stacks(text: str, until: int | None) -> Iterator[tuple[tuple[str, int], ...]]:
    """The tags that are open, with their lines, after each tag before a line."""
    stack: tuple[tuple[str, int], ...] = ()
    yield stack
    line, at = 1, 0
    for found in _TAG.finditer(text):
        line, at = line + text.count("\n", at, found.start()), found.start()
        if found[2] is None:
            continue
        if until is not None and line >= until:
            return
        stack = stack[:-1] if found[1] else (*stack, (found[2], line))
        yield stack


def _line_at(trace: TracebackType | None) -> int | None:
    line = None
    while trace is not None:
        for one in (trace.tb_frame.f_locals.get("self"), trace.tb_frame.f_locals.get("node")):
            if isinstance(one, nodes.Node) and one.lineno:
                line = one.lineno
            elif isinstance(one, Parser):
                line = one.stream.current.lineno
        trace = trace.tb_next
    return line
