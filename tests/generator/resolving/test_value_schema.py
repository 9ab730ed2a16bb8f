import jsonschema
import pytest

from generator.errors import InputError
from generator.own_files.templates import Template, load_template
from generator.resolving.value_schema import compiled
from tests.generator.remembered.memory import shop

DEFINITION = "templates/backend/template.yaml"


def template(values: str, extends: str = "extends: workload\n") -> Template:
    return load_template(shop({DEFINITION: f"description: d\n{extends}values:\n{values}"}), "backend")


def accepts(of: Template, **values: object) -> bool:
    validator, schema = compiled(of, "1.34")
    accepted = validator.is_valid(values)
    assert jsonschema.Draft202012Validator(schema).is_valid(values) is accepted
    return accepted


def test_references_lead_to_other_templates_and_to_kubernetes() -> None:
    of = load_template(shop(), "backend")
    assert accepts(of, ports={"grpc": 80, "http": {"port": 80}}, resources={"limits": {"cpu": "1"}})
    assert not accepts(of, ports={"grpc": "80"})
    assert not accepts(of, ports={"http": {"prot": 80}})
    assert not accepts(of, resources={"limit": {}})
    assert not accepts(of, unknown=1)


def test_references_work_within_and_below_and_through_each_other() -> None:
    of = template(
        """\
  one: {description: d, type: array, items: {$ref: "#/two"}, default: []}
  two: {description: d, anyOf: [{$ref: "workload#/ports"}, {type: boolean}], default: true}
  probe: {description: d, properties: {default: {$ref: "kubernetes#/io.k8s.api.core.v1.Probe"}}, default: {}}
"""
    )
    assert accepts(of, one=[True, {"a": 1}])
    assert not accepts(of, one=[1])
    assert not accepts(of, one=[{"a": "x"}])
    assert accepts(of, probe={"default": {"periodSeconds": 3}})
    assert not accepts(of, probe={"default": {"periodSecond": 3}})


def test_data_in_a_schema_is_not_taken_for_references() -> None:
    of = template('  a: {description: d, enum: [{$ref: "zzz#/y"}, {$id: "x"}], default: {$ref: "zzz#/y"}}\n')
    assert accepts(of, a={"$ref": "zzz#/y"})
    assert not accepts(of, a={"$ref": "other"})


def test_a_type_that_kubernetes_does_not_have_is_told_where_it_is_asked_for() -> None:
    of = template('  a:\n    description: d\n    items: {$ref: "kubernetes#/io.k8s.Nothing"}\n')
    with pytest.raises(InputError, match=r"Kubernetes 1.34 has no type 'io.k8s.Nothing'") as caught:
        compiled(of, "1.34")
    assert str(caught.value.where) == f"{DEFINITION}:6:19"


def test_what_is_no_schema_is_told_where_it_is() -> None:
    with pytest.raises(InputError, match="no JSON Schema") as caught:
        compiled(template("  a: {description: d, type: strin}\n"), "1.34")
    assert str(caught.value.where) == f"{DEFINITION}:4:29"


def test_a_broken_pattern_is_told_too() -> None:
    with pytest.raises(InputError, match="no JSON Schema"):
        compiled(template("  a: {description: d, pattern: '('}\n"), "1.34")


def test_a_template_is_compiled_once_for_each_version() -> None:
    of = load_template(shop(), "backend")
    assert compiled(of, "1.34") is compiled(of, "1.34")
    assert compiled(of, "1.34") is not compiled(of, "1.35")
