"""What is wrong with a chart or with the values that it gets, told at the place that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NoReturn

from generator.errors import InputError, Location
from generator.file_schemas import InvalidInput, key_location, problem, read_source
from generator.finding import Finding
from generator.foreign.program import RefusedError
from generator.repository import Chart, Pointer

if TYPE_CHECKING:
    from generator.resolved import ResolvedService
    from generator.trees.tree import Tree

Part = tuple[str, str]
"""The path of a file of a chart, and what it has written."""

DEFINITION: Final = "Chart.yaml"
_LONGEST: Final = 400
_PLACE: Final = re.compile(r"([A-Za-z0-9._-]+)/([A-Za-z0-9._/-]+\.[A-Za-z]+)(?::([0-9]+))?(?::([0-9]+))?")
_IGNORED: Final = re.compile(
    r"(?:skipped value for|cannot overwrite table with non table for|destination for) ([\w.-]*[\w-])"
)
_SCHEMA: Final = re.compile(r"^(?P<chart>[A-Za-z0-9._-]+):$|^- at '/?(?P<at>[^']*)': (?P<why>.*)$", re.M)
_MISSING: Final = re.compile(r"missing in charts/ directory: (.*)")


def unsteady(chart: Chart, first: Iterable[Part], second: Iterable[Part]) -> InputError:
    """The error for a chart that makes up something new each time, so that nobody could render it again."""
    for (path, one), (_, other) in zip(first, second, strict=False):
        for line, changed in zip_longest(one.splitlines(), other.splitlines(), fillvalue=""):
            if line != changed:
                field = line.partition(":")[0].strip()
                what = f"the chart renders something else each time, at `{field}`: a random value, or the time"
                next = "set the value that makes it up, such as one that names an existing Secret"
                return InputError(what, where=Location(path), next=next)
    return InputError("the chart renders something else each time", where=Location(chart.folder), next="mend it")


def check_values(resolved: ResolvedService, name: str, remarks: str) -> None:
    """Raises `InputError` for a value of the service that helm passes over because the chart has another type there."""
    for found in _IGNORED.finditer(remarks):
        pointer = tuple(found[1].removeprefix(f"{name}.").split("."))
        if _is_given(resolved.given, pointer):
            what = f"values.{'.'.join(pointer)}: the chart has a value of another type here"
            next = f"see {resolved.foreign.folder if resolved.foreign else ''}/values.yaml"
            raise InputError(what, where=resolved.origins.nearest(pointer), next=next)


def _is_given(values: Any, pointer: Pointer) -> bool:
    for step in pointer:
        if not isinstance(values, Mapping) or step not in values:
            return False
        values = values[step]
    return True


def explain(resolved: ResolvedService, chart: Chart, name: str, refused: RefusedError) -> NoReturn:
    """Raises the error that helm tells, at the place that it is about."""
    said = refused.said.removeprefix("Error: ")
    if missing := _MISSING.search(said):
        source = read_source(resolved.tree, f"{chart.folder}/{DEFINITION}")
        where = key_location(source, ("dependencies",)) if source else Location(chart.folder)
        what = f"the chart needs {missing[1].strip()}, which is not in {chart.folder}/charts/"
        next = f"run `helm dependency build {chart.folder}` and commit what it brings: nothing is fetched here"
        raise InputError(what, where=where, next=next) from refused
    if broken := list(_schema_problems(resolved, name, said)):
        raise InvalidInput(broken) from refused
    where = _place(resolved.tree, chart, name, said)
    raise InputError(_first(said), where=where, next="mend the chart, or the values that it is given") from refused


def _schema_problems(resolved: ResolvedService, name: str, said: str) -> Iterator[Finding]:
    """What schemas have against the values: those of the chart, and those of subcharts, which are below their names."""
    above: Pointer = ()
    for found in _SCHEMA.finditer(said):
        if found["chart"]:
            above = () if found["chart"] == name else (found["chart"],)
            continue
        path = (*above, *filter(None, found["at"].split("/")))
        words = f"{'.'.join(('values', *map(str, path)))}: {found['why']}"
        yield problem("bad-value", words, resolved.origins.nearest(path))


def _place(tree: Tree, chart: Chart, name: str, said: str) -> Location:
    """The innermost file of the chart that a message names; the folder of the chart where it names none."""
    best = Location(chart.folder)
    for found in _PLACE.finditer(said):
        path = f"{chart.folder}/{found[2]}"
        content = tree.read(path) if found[1] == name else None
        if content is not None and (best.line is None or found[3]):
            line = int(found[3]) if found[3] else None
            lines = content.decode("utf-8", "replace").splitlines()
            text = lines[line - 1] if line and line <= len(lines) else None
            best = Location(path, line, int(found[4]) + 1 if found[4] else None, text)
    return best


def _first(said: str) -> str:
    """A message in one line of a fair length, without the advice that is meant for users of helm alone."""
    lines = (line.strip() for line in said.splitlines())
    words = " ".join(line for line in lines if line and not line.startswith("Use --debug"))
    return "helm: " + (words if len(words) < _LONGEST else f"{words[:_LONGEST]}…")
