"""Helm charts of `charts/`, rendered by helm itself, as `helm template` does: without a cluster, and without hooks.

What a chart takes as values is its own affair; those of the service go to helm as one file. helm names the template
that wrote an object, and mostly the line of what it refuses, so that both point into the chart.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NoReturn

from generator.errors import InputError, Location
from generator.file_schemas import InvalidInput, key_location, problem, read_source
from generator.finding import Finding
from generator.foreign_source import foreign_location
from generator.manifest_files import read_bytes
from generator.program import Printed, RefusedError, Run, Runner
from generator.repository import Chart, Pointer
from generator.workload import at

if TYPE_CHECKING:
    from generator.resolve import ResolvedService
    from generator.tree import Tree

DEFINITION: Final = "Chart.yaml"
DEFAULTS: Final = "values.yaml"
_VALUES: Final = "service-values.yaml"
_LONGEST: Final = 400
_HOOK: Final = "helm.sh/hook"
_TESTS: Final = frozenset({"test", "test-success", "test-failure"})
_SOURCE: Final = re.compile(r"^---\n# Source: (.*)\n", re.M)
_REFERRING: Final = ("$ref", "$dynamicRef", "$recursiveRef", "$schema")
_INSIDE: Final = re.compile(r"#|https?://json-schema\.org/")  # helm knows JSON Schema's own
_LARGEST_PACKED: Final = 100 * 2**20
_PLACE: Final = re.compile(r"([A-Za-z0-9._-]+)/([A-Za-z0-9._/-]+\.[A-Za-z]+)(?::([0-9]+))?(?::([0-9]+))?")


def objects(resolved: ResolvedService, chart: Chart, run: Runner) -> Iterator[tuple[str, Any]]:
    """What the chart renders for a service, each object with the file that wrote it.

    Raises `InputError` for what helm refuses, for a chart that renders something else each time, and for hooks that
    nobody has decided about; and what `run` raises.
    """
    asked = _asked(resolved, chart)
    name = _chart_name(resolved.tree, chart)
    try:
        printed = run(asked)
    except RefusedError as refused:
        _explain(resolved, chart, name, refused)
    _check_same(chart, name, printed)
    _check_values(resolved, name, printed)
    for path, text in _parts(chart, name, printed.output):
        yield from _kept(resolved, chart, path, text)


def _asked(resolved: ResolvedService, chart: Chart) -> Run:
    tree = resolved.tree
    files = {path: tree.read(path) or b"" for path in tree.files(chart.folder)}
    _check_schemas(files)
    files[_VALUES] = json.dumps(resolved.given, sort_keys=True, ensure_ascii=False).encode()
    arguments = (
        *("template", resolved.service, chart.folder),
        *("--namespace", resolved.namespace),
        *("--kube-version", f"{resolved.environment.cluster.kubernetes_version}.0"),
        *("--values", _VALUES),
        "--include-crds",
        "--skip-tests",
    )
    return Run(chart.program, resolved.version, arguments, files, twice=True)


def _check_schemas(files: Mapping[str, bytes]) -> None:
    """Raises `InputError` for a schema of values that refers to something outside of itself: helm would fetch it."""
    for path, content in files.items():
        if path.endswith(".tgz"):
            _check_schemas({f"{path}/{name}": inner for name, inner in _packed(path, content)})
        elif path.endswith("/values.schema.json"):
            _check_schema(path, content.decode("utf-8", "replace"))


def _check_schema(path: str, text: str) -> None:
    try:
        reference = next(_references(json.loads(text)), None)
    except (ValueError, RecursionError):
        return  # helm says what is wrong with it
    if reference is not None:
        lines = enumerate(text.splitlines(), 1)
        number, line = next(((number, line) for number, line in lines if reference in line), (1, ""))
        next_ = "write what it refers to into the schema itself, below $defs"
        what = f"the schema of the values refers to {reference}, and nothing is fetched"
        raise InputError(what, where=Location(path, number, None, line), next=next_)


def _references(schema: Any) -> Iterator[str]:
    """What a schema refers to outside of itself."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key in _REFERRING and isinstance(value, str) and not _INSIDE.match(value):
                yield value
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


def _packed(path: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The schemas and the packed subcharts in a packed subchart; helm looks at the rest of it."""
    left = _LARGEST_PACKED
    try:
        with tarfile.open(fileobj=BytesIO(content), mode="r|gz") as opened:
            for member in opened:
                left -= member.size
                if left < 0:
                    what = f"it is larger than {_LARGEST_PACKED // 2**20} MiB once it is unpacked"
                    raise InputError(what, where=Location(path), next="unpack what is needed of it")
                stream = opened.extractfile(member) if member.name.endswith((".tgz", ".json")) else None
                if stream is not None:
                    yield member.name, stream.read()
    except (tarfile.TarError, OSError, EOFError) as broken:
        next = "bring it in again: helm dependency build"
        raise InputError(f"this is no packed chart: {broken}", where=Location(path), next=next) from broken


def _chart_name(tree: Tree, chart: Chart) -> str:
    """What the chart calls itself, which is how helm calls its files."""
    source = read_source(tree, f"{chart.folder}/{DEFINITION}")
    return str(at(source.data, ("name",))) if source else ""


def _parts(chart: Chart, name: str, output: str) -> Iterator[tuple[str, str]]:
    """What each file of the chart has written, with its path."""
    _, *found = _SOURCE.split(output)
    for source, text in zip(found[::2], found[1::2], strict=True):
        yield _path(chart, name, source), text


def _path(chart: Chart, name: str, source: str) -> str:
    return f"{chart.folder}/{source.removeprefix(f'{name}/')}"


def _kept(resolved: ResolvedService, chart: Chart, path: str, text: str) -> Iterator[tuple[str, Any]]:
    read = read_bytes(path, text.encode())
    if read.finding:
        shown = (read.finding.where.text or "").strip()
        what = f"this renders broken YAML, `{shown}`: {read.finding.message}"
        raise InputError(what, where=Location(path), next="mend the chart, or the values")
    for placed in read.objects:
        hooks = _hooks(placed.value)
        if not hooks or (hooks - _TESTS and _keeps_hook(resolved, chart, path, placed.value, hooks)):
            yield path, placed.value


def _hooks(value: Any) -> frozenset[str]:
    written = at(value, ("metadata", "annotations", _HOOK))
    return frozenset(word.strip() for word in str(written).split(",")) if written else frozenset()


def _keeps_hook(resolved: ResolvedService, chart: Chart, path: str, value: Any, hooks: frozenset[str]) -> bool:
    if chart.hooks is None:
        title = f"{at(value, ('kind',))} {at(value, ('metadata', 'name'))}"
        what = f"{path} makes a hook of helm, which nobody runs here: {title} ({', '.join(sorted(hooks))})"
        next = (
            f"write `chart: {{name: {chart.name}, hooks: drop}}` to leave hooks out, "
            "or `hooks: keep` to apply them like everything else"
        )
        raise InputError(what, where=foreign_location(resolved.spec), next=next)
    return chart.hooks == "keep"


# --- What is wrong


def _check_same(chart: Chart, name: str, printed: Printed) -> None:
    """Raises `InputError` where the chart makes up something new each time: nobody could render it again."""
    if printed.again is None:
        return
    for (path, first), (_, second) in zip(
        _parts(chart, name, printed.output), _parts(chart, name, printed.again), strict=False
    ):
        for one, other in zip_longest(first.splitlines(), second.splitlines(), fillvalue=""):
            if one != other:
                field = one.partition(":")[0].strip()
                what = f"the chart renders something else each time, at `{field}`: a random value, or the time"
                next = "set the value that makes it up, such as one that names an existing Secret"
                raise InputError(what, where=Location(path), next=next)
    raise InputError("the chart renders something else each time", where=Location(chart.folder), next="mend it")


_IGNORED: Final = re.compile(
    r"(?:skipped value for|cannot overwrite table with non table for|destination for) ([\w.-]*[\w-])"
)


def _check_values(resolved: ResolvedService, name: str, printed: Printed) -> None:
    """Raises `InputError` for a value of the service that helm passes over because the chart has another type there."""
    for found in _IGNORED.finditer(printed.remarks):
        pointer = tuple(found[1].removeprefix(f"{name}.").split("."))
        if _is_given(resolved.given, pointer):
            what = f"values.{'.'.join(pointer)}: the chart has a value of another type here"
            next = f"see {resolved.foreign.folder if resolved.foreign else ''}/{DEFAULTS}"
            raise InputError(what, where=resolved.origins.nearest(pointer), next=next)


def _is_given(values: Any, pointer: Pointer) -> bool:
    for step in pointer:
        if not isinstance(values, Mapping) or step not in values:
            return False
        values = values[step]
    return True


_SCHEMA: Final = re.compile(r"^(?P<chart>[A-Za-z0-9._-]+):$|^- at '/?(?P<at>[^']*)': (?P<why>.*)$", re.M)
_MISSING: Final = re.compile(r"missing in charts/ directory: (.*)")


def _explain(resolved: ResolvedService, chart: Chart, name: str, refused: RefusedError) -> NoReturn:
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
