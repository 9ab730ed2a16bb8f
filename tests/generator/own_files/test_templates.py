import time

import pytest

from generator.building.build import build_all
from generator.errors import Location
from generator.file_schemas import InvalidInput
from generator.own_files import templates
from generator.own_files.gate_fields import gate
from generator.own_files.templates import ManifestFile, Template, check, findings, load_template, names, paths
from generator.policy import RatioGate, ThresholdGate
from generator.resolving.pins import Pins
from generator.trees.tree import EMPTY, EditedTree
from tests.generator.remembered.memory import BACKEND, WORKLOAD, shop
from tests.generator.small import FILES

DEFINITION = "templates/backend/template.yaml"
PARENT = "templates/workload/template.yaml"
FILE = "templates/backend/service.yaml.j2"


def backend(text: str, **files: str) -> Template:
    """The backend template, written differently."""
    return load_template(shop({DEFINITION: text, **files}), "backend")


def wrong(text: str, parent: str = WORKLOAD) -> list[str]:
    return [
        f"{one.where} {one.check}: {one.message}" for one in check(shop({DEFINITION: text, PARENT: parent}), "backend")
    ]


def test_a_template_takes_over_what_it_extends() -> None:
    template = load_template(shop(), "backend")
    assert template.chain == ("backend", "workload")
    assert template.description == "A gRPC service."
    assert template.files == (
        ManifestFile("deployment.yaml.j2", "workload", None),
        ManifestFile("hpa.yaml.j2", "workload", "values.autoscale"),
        ManifestFile("service.yaml.j2", "backend", None),
    )
    assert template.files[0].path == "templates/workload/deployment.yaml.j2"
    assert set(template.values) == {"replicas", "autoscale", "ports", "resources", "files", "callers"}
    assert template.values["ports"]["default"] == {"grpc": 8080}
    assert template.required == ("callers",)
    assert template.defaults["autoscale"] is None
    assert load_template(shop(), "workload").required == ("ports",)


def test_gates_become_typed() -> None:
    ratio, threshold = load_template(shop(), "backend").gates
    assert ratio == RatioGate("grpc-errors", 'handled_total{code=~"Internal|Unknown"}', "handled_total", 0.995, 3.0)
    assert isinstance(threshold, ThresholdGate)
    assert (threshold.below, threshold.above, threshold.hold.total_seconds()) == (0.3, None, 600)
    assert load_template(shop(), "workload").gates == ()
    assert gate("x", {"threshold": {"query": "q", "above": 1}}) == ThresholdGate("x", "q", above=1.0)


def test_a_child_overrides_and_switches_off_by_name() -> None:
    text = """\
description: d
extends: backend
manifests: {hpa.yaml.j2: false, deployment.yaml.j2: "values.replicas > 0"}
values: {replicas: {description: r, type: integer, default: 2}}
gates: {latency: false, grpc-errors: {ratio: {bad: a, total: b, objective: 90%}}}
"""
    template = load_template(shop({"templates/child/template.yaml": text}), "child")
    assert template.chain == ("child", "backend", "workload")
    assert [(file.name, file.when) for file in template.files] == [
        ("deployment.yaml.j2", "values.replicas > 0"),
        ("service.yaml.j2", None),
    ]
    assert template.defaults["replicas"] == 2
    assert [(one.name, one.objective) for one in template.gates if isinstance(one, RatioGate)] == [("grpc-errors", 0.9)]


def test_the_nearest_file_of_a_name_is_taken() -> None:
    tree = shop({"templates/backend/deployment.yaml.j2": "mine"})
    assert load_template(tree, "backend").files[0].owner_template == "backend"
    assert load_template(tree, "workload").files[0].owner_template == "workload"


def test_trees_with_the_same_templates_share_them() -> None:
    template = load_template(shop(), "backend")
    assert load_template(shop({"environments/base/services/cart.yaml": "template: backend\n"}), "backend") is template
    edited = load_template(shop({"templates/_lib/more.j2": "more"}), "backend")
    assert edited is not template
    assert edited.paths != template.paths


def test_declarations_know_their_lines() -> None:
    template = load_template(shop(), "backend")
    assert template.default_location(("ports", "grpc")) == Location(DEFINITION, 5, 81, BACKEND.splitlines()[4])
    assert template.default_location(("ports", "grpc"), key=True).column == 75
    assert template.default_location(("replicas",)).path == PARENT
    assert template.when_location("hpa.yaml.j2") == Location(PARENT, 2, 52, WORKLOAD.splitlines()[1])


def test_the_names_are_those_of_folders_with_a_definition() -> None:
    tree = shop({"templates/readme.md": "", "templates/half/x.j2": "", "templates/_private/template.yaml": ""})
    assert names(tree) == ("backend", "workload")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "description: d\nextends: worklod\n",
            "2:10 unknown-template: unknown template 'worklod'; did you mean 'workload'?",
        ),
        ("description: d\nextends: backend\n", "2:10 template-cycle: templates extend each other: backend → backend"),
        (
            "description: d\nextends: _lib\n",
            "2:10 unknown-template: unknown template '_lib'; there are backend, workload",
        ),
        (
            "description: d\nmanifests: {x.yaml.j2: true}\n",
            "2:13 missing-file: there is no templates/backend/x.yaml.j2",
        ),
        (
            "description: d\nvalues: {a: {description: d, $ref: 'http://x/y'}}\n",
            "2:36 bad-reference: 'http://x/y' is no reference to a value or a type",
        ),
        (
            "description: d\nvalues: {a: {description: d, $ref: '#/$defs/x'}}\n",
            "2:36 bad-reference: '#/$defs/x' is no reference to a value or a type",
        ),
        (
            "description: d\nvalues: {a: {description: d, $ref: 'workload#/port'}}\n",
            "2:36 bad-reference: template 'workload' has no value 'port'; did you mean 'ports'?",
        ),
        (
            "description: d\nvalues: {a: {description: d, $ref: 'zzz#/port'}}\n",
            "2:36 bad-reference: there is no template 'zzz'",
        ),
        (
            "description: d\nvalues: {a: {description: d, items: {$ref: '#/a'}}}\n",
            "2:44 bad-reference: 'backend#/a' refers back to 'backend#/a'",
        ),
        (
            "description: d\nvalues: {a: {description: d, $id: 'x:y'}}\n",
            "2:30 bad-reference: '$id' has no meaning here",
        ),
    ],
)
def test_mistakes_have_a_line(text: str, expected: str) -> None:
    [found] = wrong(text)
    assert found == f"{DEFINITION}:{expected}"


def test_a_circle_of_references_is_found_across_templates() -> None:
    parent = "description: d\nvalues: {b: {description: d, $ref: 'backend#/a'}}\n"
    [found] = wrong("description: d\nvalues: {a: {description: d, $ref: 'workload#/b'}}\n", parent)
    assert found == f"{PARENT}:2:36 bad-reference: 'backend#/a' refers back to 'workload#/b'"


def test_templates_that_extend_each_other_are_a_cycle() -> None:
    [found] = wrong("description: d\nextends: workload\n", "description: d\nextends: backend\n")
    assert found == f"{PARENT}:2:10 template-cycle: templates extend each other: backend → workload → backend"


def test_a_chain_without_end_is_a_cycle() -> None:
    links = {f"templates/t{n}/template.yaml": f"description: d\nextends: t{n + 1}\n" for n in range(20)}
    tree = shop({**links, "templates/t20/template.yaml": "description: d\n"})
    [found] = check(tree, "t0")
    assert found.message == "templates extend each other more than 16 deep"
    assert found.where.path == "templates/t15/template.yaml"
    assert not check(tree, "t5")


def test_a_mistake_of_a_parent_is_told_once() -> None:
    tree = shop({PARENT: WORKLOAD + "frob: 1\n"})
    assert len(check(tree, "backend")) == 1
    assert len(list(findings(tree))) == 1
    with pytest.raises(InvalidInput):
        load_template(tree, "backend")


def test_the_paths_are_all_that_it_renders_from() -> None:
    tree = shop({"templates/backend/README.md": "about", "templates/other/template.yaml": "description: d\n"})
    assert set(paths(tree, "backend")) == {
        "templates/_lib/labels.j2",
        "templates/backend/README.md",
        FILE,
        DEFINITION,
        "templates/workload/deployment.yaml.j2",
        "templates/workload/hpa.yaml.j2",
        PARENT,
    }
    assert set(paths(tree, "workload")) == {path for path in paths(tree, "backend") if "backend" not in path}
    assert paths(tree, "backend")[FILE] == tree.blob_id(FILE)


def test_gates_and_formatting_are_not_rendered_from() -> None:
    before = paths(shop(), "backend")
    without_gates = BACKEND.partition("gates:")[0]
    assert paths(shop({DEFINITION: without_gates}), "backend") == before
    assert paths(shop({DEFINITION: "# comment\n\n" + BACKEND.replace("{service", "{  service")}), "backend") == before
    changed = paths(shop({DEFINITION: BACKEND.replace("8080", "8081")}), "backend")
    assert {path for path in before if before[path] != changed[path]} == {DEFINITION}


def test_a_file_named_like_a_definition_in_the_library_counts_by_its_bytes() -> None:
    one = paths(shop({"templates/_lib/template.yaml": "a: 1\n"}), "backend")
    other = paths(shop({"templates/_lib/template.yaml": "a:  1\n"}), "backend")
    assert one != other


def test_many_templates_that_extend_each_other_are_refused_soon():
    files = {f"templates/t{at}/template.yaml": f"description: x\nextends: t{at + 1}\n".encode() for at in range(300)}
    begun = time.process_time()
    found = list(findings(EditedTree(EMPTY, files)))
    assert len(found) > 16 and {one.check for one in found} == {"template-cycle", "unknown-template"}
    assert time.process_time() - begun < 2


def test_the_files_of_many_templates_are_looked_at_once_for_all(monkeypatch):
    files = dict(FILES)
    for name in "abcdef":
        own = {path: text for path, text in FILES.items() if path.startswith("templates/web/")}
        files |= {path.replace("/web/", f"/{name}/"): text for path, text in own.items()}
        files[f"environments/base/services/{name}.yaml"] = f"template: {name}\nvalues: {{port: 80}}\n"
        files[f"environments/test/services/{name}.yaml"] = FILES["environments/test/services/web.yaml"]
    tree = EditedTree(EMPTY, {path: text.encode() for path, text in files.items()})
    looked, content = [], templates._content

    def counting(of):
        looked.append(of)
        return content(of)

    monkeypatch.setattr(templates, "_content", counting)
    built = build_all(tree, Pins(None, None), ["test"]).builds
    assert [(one.service, len(one.manifests)) for one in built] == [(name, 2) for name in [*"abcdef", "web"]]
    assert len(looked) < 6
