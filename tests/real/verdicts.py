"""Who says what about a case: the real API server, our own validation, and kubeconform."""

from __future__ import annotations

import json
import ssl
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from generator.checks import immutable
from generator.checks.all import CHECKS
from generator.checks.check import Basis, Scope
from generator.checks.objects import RenderedObject
from generator.file_schemas import parsed
from generator.k8syaml import YamlError, load_all
from generator.manifest import Manifest
from generator.own_files import decode
from generator.repository import Environment
from generator.validation.validate import problems, running
from tests.real.cases import Case
from tests.testbed.api_server import Answer, ApiServer

CLAIMS = tuple(check for check in CHECKS if check.basis is Basis.REFUSED)
"""The checks that claim to know what the API server refuses."""

_STRICT = "dryRun=All&fieldValidation=Strict"
_THREADS = 6


class Says(Enum):
    """A verdict; some depend on what else is in the cluster, which no validation of manifests can know."""

    ACCEPTS = "accepts"
    REFUSES = "refuses"
    DEPENDS = "depends on the cluster"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What somebody says about a case, and why."""

    says: Says
    why: str = ""


class Oracle:
    """The API server's verdicts: it must take an object when it is created and when it is applied server-side.

    Both are dry runs with strict validation of fields. Creating is what `kubectl create` does, server-side apply what
    Flux and Argo CD do: it refuses lists whose keys come twice.
    """

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._places = dict(_served(server))

    def verdicts(self, cases: Sequence[Case]) -> list[Verdict]:
        """The verdict about each case."""
        with ThreadPoolExecutor(_THREADS) as pool:
            found = list(pool.map(self._dry_run, cases))
        return [self._allocated(case, verdict) for case, verdict in zip(cases, found, strict=True)]

    def stored(self, case: Case) -> Any:
        """The object that the server makes of an accepted one, with everything that it fills in."""
        _, path = self._place(case)
        answer = self._server.call("POST", f"{path}?{_STRICT}", case.text)
        assert answer.status == HTTPStatus.CREATED, f"{case.name}: {answer.message}"
        return answer.body

    def change(self, before: Case, after: Case) -> Verdict:
        """The verdict about an object in the place of an earlier one that the same manager has applied."""
        metadata, path = self._place(before)
        path += f"/{quote(_text(metadata, 'name'), '')}"
        apply = f"{path}?fieldManager=test&force=true&fieldValidation=Strict"
        assert self._judged("PATCH", apply, before.text, "application/apply-patch+yaml").says is Says.ACCEPTS
        verdict = self._judged("PATCH", f"{apply}&dryRun=All", after.text, "application/apply-patch+yaml")
        self._judged("PATCH", path, '{"metadata": {"finalizers": null}}', "application/merge-patch+json")
        self._judged("DELETE", path, '{"gracePeriodSeconds": 0, "propagationPolicy": "Background"}')
        return verdict

    def _dry_run(self, case: Case) -> Verdict:
        metadata, path = self._place(case)
        name = _text(metadata, "name")
        if not path:
            return Verdict(Says.REFUSES, "no matches for this kind")
        if not name and not _text(metadata, "generateName"):
            return Verdict(Says.REFUSES, "resource name may not be empty")  # the client's words: there is no path
        created = self._judged("POST", f"{path}?{_STRICT}", case.text)
        if created.says is not Says.ACCEPTS or not name:
            return created
        path += f"/{quote(name, '')}?fieldManager=test&force=true&{_STRICT}"
        return self._judged("PATCH", path, case.text, "application/apply-patch+yaml")

    def _allocated(self, case: Case, verdict: Verdict) -> Verdict:
        """A dry run allocates no ports and addresses for a Service, so it does not see those that cannot be had."""
        metadata, path = self._place(case)
        if verdict.says is not Says.ACCEPTS or not path.endswith("/services"):
            return verdict
        created = self._judged("POST", f"{path}?fieldValidation=Strict", case.text)
        if created.says is Says.ACCEPTS:
            self._judged("DELETE", f"{path}/{quote(_text(metadata, 'name'), '')}", "{}")
        return created

    def _place(self, case: Case) -> tuple[Any, str]:
        """The object's metadata, and the path that its kind is created at, empty where there is none."""
        value = json.loads(case.text)
        version, kind, metadata = value.get("apiVersion"), value.get("kind"), value.get("metadata")
        if not (isinstance(version, str) and isinstance(kind, str) and (version, kind) in self._places):
            return metadata, ""
        plural, namespaced = self._places[version, kind]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        namespace = f"/namespaces/{quote(_text(metadata, 'namespace') or 'default', '')}" if namespaced else ""
        return metadata, f"{root}{namespace}/{plural}"

    def _judged(self, method: str, path: str, text: str, kind: str = "application/json") -> Verdict:
        for _ in range(2):
            try:
                return _verdict(self._server.call(method, path, text, kind))
            except (ConnectionError, ssl.SSLEOFError):
                continue  # a connection may be closed between two requests; the second time, the handler has crashed
        return Verdict(Says.REFUSES, CRASHED)


def _served(server: ApiServer) -> Iterator[tuple[tuple[str, str], tuple[str, bool]]]:
    """(apiVersion, kind) → (the kind's name in paths, whether it is namespaced).

    A group whose definition was just deleted is told of a little longer than it is there.
    """
    groups = server.call("GET", "/apis").body["groups"]
    versions = [version["groupVersion"] for group in groups for version in group["versions"]]
    for version in ("v1", *versions):
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        answer = server.call("GET", root)
        for resource in answer.body["resources"] if answer.status != HTTPStatus.NOT_FOUND else ():
            if "/" not in resource["name"] and "create" in resource["verbs"]:
                yield (version, resource["kind"]), (resource["name"], resource["namespaced"])


def _text(metadata: Any, field: str) -> str:
    value = metadata.get(field) if isinstance(metadata, dict) else None
    return value if isinstance(value, str) else ""


CRASHED = "the handler of the request crashed"
_CLUSTER = ("error looking up service account", "no PriorityClass with name", "RuntimeClass", "is being terminated")
"""How admission words that something it needs is not there."""


_UNDECIDED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)


def _verdict(answer: Answer) -> Verdict:
    if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED):
        return Verdict(Says.ACCEPTS)
    if answer.status in _UNDECIDED:
        raise AssertionError(f"the API server did not judge: {answer.status} {answer.message}")
    if answer.status == HTTPStatus.NOT_FOUND and answer.message.startswith("namespaces "):
        return Verdict(Says.DEPENDS, answer.message)
    if answer.status == HTTPStatus.FORBIDDEN and any(words in answer.message for words in _CLUSTER):
        return Verdict(Says.DEPENDS, answer.message)
    return Verdict(Says.REFUSES, f"{answer.status} {answer.message}")


def our_environment(version: str) -> Environment:
    """An environment of a cluster like the oracle's."""
    text = f'cluster: {{name: test, kubernetesVersion: "{version}", controller: flux}}\nnamespace: default\n'
    return decode.environment("test", parsed("environments/test/environment.yaml", text.encode()))


def ours(case: Case, environment: Environment) -> Verdict:
    """What the checks say that claim to know what the API server refuses."""
    try:
        objects = tuple(load_all(case.text))
    except YamlError as error:
        return Verdict(Says.REFUSES, f"yaml: {error}")
    manifest = Manifest("environments/test/rendered/web/all.yaml", case.text, objects, "templates/t/all.yaml.j2")
    placed = tuple(RenderedObject("web", manifest.path, index, value) for index, value in enumerate(objects))
    told = problems(Scope(environment, placed), running(None, CLAIMS))
    found = [f"{check.id}: {problem.message}" for check, _, problem in told]
    return Verdict(Says.REFUSES, "; ".join(found)) if found else Verdict(Says.ACCEPTS)


def our_change(before: Case, after: Case, environment: Environment) -> Verdict:
    """What the check of what cannot change says about an object in the place of an earlier one."""
    old, new = (json.loads(case.text) for case in (before, after))
    placed = RenderedObject("web", "environments/test/rendered/web/all.yaml", 0, new)
    scope = Scope(environment, (placed,), {placed.identity(environment.namespace): old})
    found = [problem.message for check in immutable.FAMILY.checks for problem in check.run(scope)]
    return Verdict(Says.REFUSES, "; ".join(found)) if found else Verdict(Says.ACCEPTS)


def kubeconform(program: Path, schemas: Path, folder: Path, cases: Sequence[Case]) -> list[Verdict]:
    """What `kubeconform -strict` says, with the schemas of the oracle's own OpenAPI document."""
    folder.mkdir()
    for number, case in enumerate(cases):
        (folder / f"{number}.json").write_text(case.text)
    location = f"{schemas}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json"
    command: list[str | Path] = [program, "-strict", "-output", "json", "-verbose", "-n", "2"]
    command += ["-schema-location", location, folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    by_file = {int(Path(one["filename"]).stem): one for one in json.loads(done.stdout)["resources"]}
    return [_kubeconform_verdict(by_file.get(number)) for number in range(len(cases))]


def _kubeconform_verdict(result: Mapping[str, Any] | None) -> Verdict:
    if result is None or result["status"] in ("statusValid", "statusSkipped", "statusEmpty"):
        return Verdict(Says.ACCEPTS)
    return Verdict(Says.REFUSES, result["msg"])


def write_schemas(server: ApiServer, folder: Path) -> None:
    """A JSON schema for each kind, made from the server's OpenAPI document as the published strict ones are."""
    definitions = server.call("GET", "/openapi/v2").body["definitions"]
    folder.mkdir()
    for definition in definitions.values():
        kinds = definition.get("x-kubernetes-group-version-kind", [])
        if len(kinds) != 1 or "kind" not in definition.get("properties", {}):
            continue  # options of calls, which many groups share
        ((group, version, kind),) = ((one["group"], one["version"], one["kind"]) for one in kinds)
        schema = _closed(definition, definitions)
        schema["properties"]["kind"] = {"type": "string", "enum": [kind]}
        parts = [kind, *filter(None, [group.partition(".")[0]]), version]
        (folder / f"{'-'.join(parts).lower()}.json").write_text(json.dumps(schema))


def _closed(node: Mapping[str, Any], definitions: Mapping[str, Any], within: tuple[str, ...] = ()) -> dict[str, Any]:
    """An OpenAPI schema with nothing left to look up: unknown fields are errors, optional ones may be null."""
    name = node.get("$ref", "").rpartition("/")[2]
    if name in within:  # only schemas of schemas refer to themselves
        return {}
    if name.endswith(".api.resource.Quantity"):
        return {"oneOf": [{"type": "string"}, {"type": "number"}]}
    if name:
        return _closed(definitions[name], definitions, (*within, name))
    if node.get("format") == "int-or-string":
        return {"oneOf": [{"type": "string"}, {"type": "integer"}]}
    kept = ("type", "format", "enum", "required", "pattern", "minimum", "maximum")
    schema: dict[str, Any] = {key: node[key] for key in kept if key in node}
    for inner in ("items", "additionalProperties"):
        if isinstance(node.get(inner), dict):
            schema[inner] = _closed(node[inner], definitions, within)
    if "properties" in node:
        fields = {key: _closed(value, definitions, within) for key, value in node["properties"].items()}
        schema["properties"] = {key: _optional(value, key, node) for key, value in fields.items()}
        schema.setdefault("additionalProperties", False)
    return schema


def _optional(schema: dict[str, Any], key: str, parent: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(schema.get("type"), str) and "enum" not in schema and key not in parent.get("required", ()):
        return schema | {"type": [schema["type"], "null"]}
    return schema


def namespaces(cases: Iterable[Case]) -> set[str]:
    """The namespaces that valid cases are for."""
    found = {_text(json.loads(case.text)["metadata"], "namespace") for case in cases if case.mutation == "rendered"}
    return {name for name in found if name} - {"default"}
