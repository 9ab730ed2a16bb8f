"""Whatever the schemas of the templates' values accept is held exactly by what is rendered, or is a clear finding."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from generator.finding import Finding, errors
from generator.k8syaml import YamlError, dump, load_all
from generator.own_files.templates import load_template, names
from generator.rendering.replay import Replay, run
from generator.rendering.sandbox import Engine
from generator.resolving.pins import Pins
from generator.resolving.value_schema import compiled
from generator.shipped import shipped
from generator.survey import Survey, survey, whole
from generator.trees.tree import EMPTY, EditedTree
from generator.values import merge
from tests.generator.rendering.replaying import context_of, outcome
from tests.generator.schema_values import NASTY, accepted_by

VERSION = "1.36"
FILES = {
    f"templates/{path.relative_to(shipped('templates'))}": path.read_bytes()
    for path in shipped("templates").rglob("*")
    if path.is_file()
} | {
    "towpath.yaml": b"version: 1\n",
    "environments/test/environment.yaml": (
        f'cluster: {{name: test, kubernetesVersion: "{VERSION}", controller: flux}}\nnamespace: shop\n'.encode()
    ),
    "environments/test/services/app.yaml": b"release:\n  image: ghcr.io/acme/app:1.4.2\n",
}
SHIPPED = EditedTree(EMPTY, FILES)
TEXTS = {path.removeprefix("templates/"): FILES[path].decode() for path in FILES if path.endswith(".j2")}
TEMPLATES = {name: load_template(SHIPPED, name) for name in names(SHIPPED)}
KINDS = {"ConfigMap", "Deployment", "HorizontalPodAutoscaler", "Ingress", "NetworkPolicy", "PodDisruptionBudget"}
KINDS |= {"Service", "ServiceAccount"}
# What a value is about that the schema of one value cannot see: other values, files, the cluster.
ABOUT_OTHERS = re.compile(
    r"the port to probe is none of values\.ports|there is no file |is not a path inside the repository"
    r"|is no image reference|have one key in their ConfigMap|no image is set, and the release has none of this name"
)


# What the API server says of a text that it reads as it was written.
REFUSED = {"key-syntax", "label-syntax", "path-syntax", "toleration"}


def surveyed(template: str, values: Mapping[str, Any]) -> Survey:
    """The service `app` with these values, rendered and validated; every file that it mounts is there."""
    mounted = values.get("files") or {}
    beside = {f"environments/base/services/{name}": b"\x00\xff{{ x }}" for name in mounted.values() if "/" not in name}
    spec = dump({"template": template, "values": values}).encode()
    tree = EditedTree(EMPTY, {**FILES, **beside, "environments/base/services/app.yaml": spec})
    return survey(tree, Pins(None, None), keep=whole)


@st.composite
def values_of(draw: st.DrawFn, name: str) -> dict[str, Any]:
    template = TEMPLATES[name]
    accepts, schema = compiled(template, VERSION)
    needed = {name: accepted_by({**schema["properties"][name], "$defs": schema["$defs"]}) for name in template.required}
    # null takes a value away before the schema sees it
    values = merge({}, draw(accepted_by(schema)) | draw(st.fixed_dictionaries(needed)))
    assume(accepts.is_valid(values))
    return values


def texts(node: Any) -> Iterator[str]:
    """Every text of a JSON value, keys too."""
    if isinstance(node, Mapping):
        for key, inner in node.items():
            yield key
            yield from texts(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from texts(inner)
    elif isinstance(node, str):
        yield node


def assert_clear(finding: Finding) -> None:
    """It says what is wrong in words, and where in a file that somebody wrote: the spec or a template."""
    places = (finding.where, *(place for _, place in finding.origins))
    written = [
        place for place in places if place.path.startswith("environments/base/") or "/template.yaml" in place.path
    ]
    assert any(place.line for place in written), finding
    assert finding.fix or finding.message.startswith("values."), finding


def _open(values: Mapping[str, Any]) -> bool:
    """Whether a port is one of the Service's."""
    ports = (values.get("ports") or {}).values()
    return any(not isinstance(port, dict) or port.get("only") != "container" for port in ports)


@pytest.mark.parametrize("name", TEMPLATES)
@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_values_that_the_schema_accepts_are_held_exactly(name: str, data: st.DataObject) -> None:
    values = data.draw(values_of(name))
    found = surveyed(name, values)
    for finding in errors(found.findings):
        if finding.check == "service-ports" and not _open(values):
            continue  # the template writes nothing there that a value could have a place for
        assert_clear(finding)
        if finding.check == "invalid-file":
            assert ABOUT_OTHERS.search(finding.message), finding
    for build in found.kept:
        for manifest in build.manifests:
            assert load_all(manifest.text) == list(manifest.objects)
            assert len(manifest.objects) == 1
            assert manifest.objects[0]["kind"] in KINDS
            assert manifest.objects[0]["metadata"]["namespace"] == "shop"
        if build.manifests:
            written = set(texts([obj for manifest in build.manifests for obj in manifest.objects]))
            for field in ("command", "args", "workingDir", "annotations"):
                assert set(texts(values.get(field) or None)) <= written, field


@pytest.mark.parametrize("name", TEMPLATES)
@settings(max_examples=5, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_replayed_for_other_values_is_what_the_template_writes(name: str, data: st.DataObject) -> None:
    template, engine = TEMPLATES[name], Engine(TEXTS)
    values = data.draw(values_of(name))
    everybody = [values] * 3 + [data.draw(like(values)) for _ in range(4)]
    replay = Replay(template, engine)
    for number, one in enumerate([*everybody, *everybody]):
        context = context_of(f"app-{number}", {**dict.fromkeys(template.values), **template.lowest, **one})
        assert outcome(replay.runs(context)) == outcome(run(template, engine, context))


def like(value: Any) -> st.SearchStrategy[Any]:
    """Other texts and numbers in the same shape, whether a schema accepts them or not."""
    if isinstance(value, dict):
        return st.fixed_dictionaries({key: like(item) for key, item in value.items()})
    if isinstance(value, list):
        return st.tuples(*map(like, value)).map(list)
    if isinstance(value, str) and value:
        return st.just(value) | st.sampled_from([text for text in NASTY if text]) | st.text(min_size=1, max_size=5)
    return st.just(value) | st.integers(1, 9) if type(value) is int and value else st.just(value)


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_text_in_every_place_that_takes_any_text(text: str) -> None:
    values = {
        "args": [text],
        "workingDir": text,
        "annotations": {"a": text},
        "env": {"A": text},
        "probes": {"liveness": {"exec": [text]}, "readiness": {"http": f"/{text}", "headers": {text: text}}},
        "serviceAccount": {"annotations": {"a": text}},
        "tolerations": [{"key": text}],
        "expose": {"ingress": {"host": "a.b", "path": f"/{text}", "annotations": {"a": text}}},
    }
    found = surveyed("frontend", values)
    assert {one.check for one in errors(found.findings)} <= REFUSED
    objects = {obj["kind"]: obj for manifest in found.kept[0].manifests for obj in manifest.objects}
    pod = objects["Deployment"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    assert container["args"] == [text]
    assert container.get("workingDir", "") == text
    assert container["env"] == [{"name": "A", "value": text}]
    assert container["livenessProbe"]["exec"]["command"] == [text]
    assert container["readinessProbe"]["httpGet"]["path"] == f"/{text}"
    assert container["readinessProbe"]["httpGet"]["httpHeaders"] == [{"name": text, "value": text}]
    assert pod["spec"]["tolerations"] == [{"key": text}]
    assert pod["metadata"]["annotations"] == {"a": text}
    assert objects["ServiceAccount"]["metadata"]["annotations"] == {"a": text}
    assert objects["Ingress"]["metadata"]["annotations"] == {"a": text}
    assert objects["Ingress"]["spec"]["rules"][0]["http"]["paths"][0]["path"] == f"/{text}"


def test_half_a_character_is_refused_by_the_writer() -> None:
    with pytest.raises(YamlError):
        dump({"a": "\ud800"})
