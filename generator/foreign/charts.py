"""Helm charts of `charts/`, rendered by helm itself, as `helm template` does: without a cluster, and without hooks.

What a chart takes as values is its own affair; those of the service go to helm as one file. helm names the template
that wrote an object, and mostly the line of what it refuses, so that both point into the chart.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from generator.errors import InputError, Location
from generator.file_schemas import read_source
from generator.foreign.chart_problems import DEFINITION, check_values, explain, unsteady
from generator.foreign.chart_schemas import check_schemas
from generator.foreign.program import RefusedError, Run, Runner
from generator.foreign.source import foreign_location
from generator.manifest_files import read_bytes
from generator.repository import Chart
from generator.schemas import minor
from generator.workload import HELM_TESTS, at, helm_hooks

if TYPE_CHECKING:
    from generator.resolved import ResolvedService
    from generator.trees.tree import Tree

_VALUES: Final = "service-values.yaml"
_SOURCE: Final = re.compile(r"^---\n# Source: (.*)\n", re.M)


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
        explain(resolved, chart, name, refused)
    parts = tuple(_parts(chart, name, printed.output))
    if printed.again is not None:
        raise unsteady(chart, parts, _parts(chart, name, printed.again))
    check_values(resolved, name, printed.remarks)
    for path, text in parts:
        yield from _kept(resolved, chart, path, text)


def _asked(resolved: ResolvedService, chart: Chart) -> Run:
    tree, cluster = resolved.tree, resolved.environment.cluster
    files = {path: tree.read(path) or b"" for path in tree.files(chart.folder)}
    check_schemas(files)
    files[_VALUES] = json.dumps(resolved.given, sort_keys=True, ensure_ascii=False).encode()
    arguments = (
        *("template", resolved.service, chart.folder),
        *("--namespace", resolved.namespace),
        *("--kube-version", f"{minor(cluster.kubernetes_version)}.0"),
        *(part for served in cluster.api_versions for part in ("--api-versions", served)),
        *("--values", _VALUES),
        "--include-crds",
        "--skip-tests",
    )
    return Run(chart.program, resolved.version, arguments, files, twice=True)


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
        hooks = helm_hooks(placed.value)
        if not hooks or (hooks - HELM_TESTS and _keeps_hook(resolved, chart, path, placed.value, hooks)):
            yield path, placed.value


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
