import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import InputError, Location
from generator.file_schemas import FileKind, InvalidInput, findings_of, parsed, problem, problems, read_checked
from generator.shipped import shipped
from tests.generator.remembered.memory import shop


def schema(kind: str) -> Any:
    return json.loads((shipped("schemas") / f"{kind}.schema.json").read_text(encoding="utf-8"))


def found(kind: FileKind, text: str) -> list[str]:
    """What is wrong with a text, as `line:column check: message`."""
    wrong = problems(parsed("file.yaml", text.encode()), kind)
    return [f"{one.where.line}:{one.where.column} {one.check}: {one.message}" for one in wrong]


def cases() -> Iterator[tuple[str, str, list[str]]]:
    """The blocks of the golden file: the kind, the text, and what is wrong with it."""
    golden = Path(__file__).parents[1] / "golden" / "own-files.txt"
    for block in golden.read_text(encoding="utf-8").removeprefix("## ").split("\n## "):
        kind, _, rest = block.partition("\n")
        text, _, expected = rest.partition("--\n")
        yield kind, text, expected.strip("\n").split("\n")


@pytest.mark.parametrize(("kind", "text", "expected"), list(cases()))
def test_every_mistake_is_told_with_its_place(kind: FileKind, text: str, expected: list[str]) -> None:
    assert found(kind, text) == expected


@pytest.mark.parametrize(
    "series", ["up", "a:b{}", 'x{code=~"[0-9]{3}",path!="a}b"}', "x{a='}'}", 'x{a="\\"}"}', "x{a=`}`}"]
)
def test_series_may_select_labels(series: str) -> None:
    gate = {"ratio": {"bad": series, "total": "x", "objective": "99%"}}
    assert not found("template", json.dumps({"description": "d", "gates": {"a": gate}}))


@pytest.mark.parametrize(
    "series", ["x{a} + y{b}", "rate(x[5m])", "x{a}[5m]", "x offset 5m", "{a='b'}", 'x{a="b}', "1x"]
)
def test_series_may_do_nothing_else(series: str) -> None:
    gate = {"ratio": {"bad": series, "total": "x", "objective": "99%"}}
    assert found("template", json.dumps({"description": "d", "gates": {"a": gate}}))


def fields(node: Any, at: str) -> Iterator[tuple[str, Any]]:
    for name, field in node.get("properties", {}).items():
        yield f"{at}/{name}", field
        yield from fields(field, f"{at}/{name}")
    for step in ("items", "additionalProperties"):
        if isinstance(node.get(step), dict):
            yield from fields(node[step], f"{at}/{step}")
    for name, definition in node.get("$defs", {}).items():
        yield from fields(definition, f"{at}/$defs/{name}")


@pytest.mark.parametrize("kind", get_args(FileKind))
def test_schemas_describe_every_field_and_leave_none_open(kind: str) -> None:
    whole = schema(kind)
    jsonschema.Draft202012Validator.check_schema(whole)
    assert whole["additionalProperties"] is False
    for path, field in fields(whole, kind):
        described = field.get("description") or (
            field.get("$ref") and whole["$defs"][field["$ref"].split("/")[-1]].get("description")
        )
        assert described, f"{path} has no description"
        if "properties" in field:
            assert field.get("additionalProperties") is False or path == "template/values/additionalProperties", path


NAMES = (
    "version forge kind template values hold by reason release image lifted verify gates description manifests"
).split()
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "local", "1h", "99%"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(get_args(FileKind)), json_values)
def test_a_second_validator_agrees(kind: FileKind, value: Any) -> None:
    oracle = jsonschema.Draft202012Validator(schema(kind))
    accepted = oracle.is_valid({} if value is None else value)
    assert bool(found(kind, json.dumps(value))) is not accepted


@pytest.mark.parametrize(
    ("content", "line", "says"),
    [
        (b"version: 1\nversion: 1\n", 2, "version"),
        (b"a: [1\n", 1, r"the \[ is not closed"),
        (b"a: 1\nb: \xff\n", 2, "not UTF-8"),
        (b"a: 1\n---\nb: 1\n", 2, "second YAML document"),
        (b"a: " + b"x" * 1024 * 1024, None, "1,048,579 bytes"),
    ],
)
def test_what_cannot_be_read_has_a_place(content: bytes, line: int | None, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        parsed("towpath.yaml", content)
    assert caught.value.where is not None
    assert caught.value.where.path == "towpath.yaml"
    assert (caught.value.where.line or 0) >= (line or 0)


def test_an_error_shows_the_line() -> None:
    [one] = problems(parsed("f.yaml", b"version: 1\nforge: {brunch: main}\n"), "towpath")
    assert one.where == Location("f.yaml", 2, 9, "forge: {brunch: main}")


def test_the_first_of_many_problems_says_how_many_there_are() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_checked(shop({"towpath.yaml": "version: 1\na: 1\nb: 1\n"}), "towpath.yaml", "towpath")
    assert [one.message.split(";")[0] for one in caught.value.findings] == ["unknown field 'a'", "unknown field 'b'"]
    assert str(caught.value).startswith("towpath.yaml:2:1: unknown field 'a'")
    assert str(caught.value).endswith("(1 more problem)")
    assert caught.value.exit_code == 1


def test_any_error_makes_findings() -> None:
    wrong = problem("a-check", "message", Location("x", 1), "fix it")
    assert findings_of(InvalidInput([wrong])) == (wrong,)
    [one] = findings_of(InputError("what", where=Location("x", 3), next="do"))
    assert (one.check, one.message, one.where, one.fix) == ("invalid-file", "what", Location("x", 3), "do")
    with pytest.raises(InputError) as caught:
        parsed("x.yaml", b"a: 1\na: 1\n")
    assert findings_of(caught.value)[0].check == "yaml"


def test_a_key_of_digits_is_a_key_and_no_index():
    source = parsed("towpath.yaml", b"version: 1\nchecks:\n  '1': null\n")
    (finding,) = problems(source, "towpath")
    assert (finding.where.line, finding.check) == (3, "bad-value")
