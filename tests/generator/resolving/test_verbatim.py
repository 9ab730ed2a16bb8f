"""A number or boolean that becomes a text says what somebody wrote, or it is refused with its line."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.file_schemas import InvalidInput
from generator.k8syaml import load_all
from generator.resolving.verbatim import _ODD
from generator.values import Origins
from tests.generator.rendering.test_render import deployment, manifests

SAME = ["8080", "0", "-1", "0.5", "true", "false", "-0.25", "yes it is", "1.2.3", "'on'", '"1.10"', "~x", "2001-01-01"]
OTHER = {
    "1.10": "1.1", "0123": "83", "on": "true", "No": "false", "True": "true", "1e3": "1000", "1_000": "1000",
    "0x1F": "31", "1.0": "1", "+1": "1", ".5": "0.5", "0b11": "3", "y": "true", "OFF": "false", "1.": "1",
}  # fmt: skip


def variable(written: str) -> str:
    spec = f"template: worker\nvalues:\n  env: {{A: {written}, B: x}}\n"
    (found,) = manifests(spec)["deployment.yaml"].objects
    return str(found["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"])


@pytest.mark.parametrize("written", SAME)
def test_what_says_the_same_as_a_text_is_taken(written: str) -> None:
    assert variable(written) == written.strip("'\"")


@pytest.mark.parametrize("written", OTHER)
def test_what_yaml_reads_otherwise_is_refused_where_it_is_written(written: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        variable(written)
    (found,) = caught.value.findings
    assert found.message == f"values.env.A: YAML reads {written} as {OTHER[written]}"
    assert (str(found.where), found.fix) == ("environments/base/services/app.yaml:3:12", "put it in quotes")
    assert variable(f'"{written}"') == written


def test_the_variables_of_init_containers_are_texts_too() -> None:
    with pytest.raises(InvalidInput, match=r"values\.initContainers\.wait\.env\.V: YAML reads 1\.10 as 1\.1"):
        manifests("template: worker\nvalues:\n  initContainers: {wait: {image: a/b:1, env: {V: 1.10}}}\n")


def test_the_layer_that_decides_is_looked_at() -> None:
    spec = "template: worker\nvalues:\n  env: {A: 1.10}\n"
    release = "release:\n  image: ghcr.io/acme/app:1.4.2\n"
    made = manifests(spec, overlay="values:\n  env: {A: 7}\n" + release)["deployment.yaml"].objects[0]
    assert made["spec"]["template"]["spec"]["containers"][0]["env"] == [{"name": "A", "value": "7"}]


def test_an_alias_stands_for_what_is_written_elsewhere() -> None:
    assert variable("&one 1, C: *one") == "1"


@given(st.from_regex(r"\A([-+]?[0-9._]{1,5}([eE][-+]?[0-9]{1,2})?|0[xbo][0-9a-f_]{1,4}|[a-zA-Z]{1,5})\Z"))
def test_nobody_overlooks_an_integer_or_boolean_that_is_written_otherwise(text: str) -> None:
    (read,) = load_all(f"a: {text}\n") or [{"a": None}]
    if isinstance(read["a"], int) and json.dumps(read["a"]) != text:
        assert _ODD.search(f"values:\n  env: {{A: {text}}}\n")


def test_ordinary_specs_are_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Origins, "nearest", lambda _, pointer, key=False: asked.append(pointer))
    deployment({"env": {"PORT": 8080, "DEBUG": False, "HOST": "on.example"}})
    assert asked == []
