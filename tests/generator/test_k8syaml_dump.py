"""Writing: whatever JSON value goes out comes back, through Kubernetes' rules and through YAML 1.2's."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from generator.k8syaml import MAX_DEPTH, YamlError, dump, dump_at, load_all, scalar

TRAPS = [
    "", " ", "~", "y", "No", "ON", "null", "NULL", "=", "<<", "0", "-0", "007", "0o7", "08", "0x1F",
    "0b1", "0b-1", "1_000", "1e3", "1.", ".5", "._1", "._", "+_", "-._", "0x_", "+.inf", ".NaN", "1:30", "190:20:30.5",
    "2024-01-01", "2024-01-01T00:00:00Z", "10Gi", "500m", "1.2.3", "-", "--", "---", "--- a", "...",
    "- a", "-a", "--port=80", "? a", "?a", ": a", ":a", "a:", "a: b", "a:b", "a #b", "a#b", "# x", "*a",
    "&a", "!a", "!", "%a", "@a", "`a", "|", ">", "'a'", '"a"', "a'b", 'a"b', "{a}", "[a]", "a]", "a, b",
    ",a", "\\", "\\n", " a", "a ", "\ta", "a\t", "a\tb", "\n", "\n\n", "a\n", "a\nb", "a\n\nb\n",
    "a\n\n\n", "\na", "\n\na\n", " a\nb", "\ta\nb", "a\n b", "a\n\tb", "a \nb", "a\n \nb", "a\n ",
    "\n a", "\n \na", "a\r\nb", "a\rb", "a\x85b", "a\u2028b", "a\u2029b\n", "\ufeffa", "a\ufeff",
    "\ufeff\nb", "\x00", "\x07", "\x1b[0m", "\x7f", "\x80", "\ue000", "\ufffe", "\U0010ffff", "é", "日本",
    "😀", "a\u00a0b", "\u200b", "#!/bin/sh\nexit 0\n", "# x\n", "--- \n", "---\na", "...\n",
    "- a\n- b\n", "a: |\n  b\n", "x" * 1100, "x " * 700, "é" * 1100, "\u2028" * 300,
]  # fmt: skip

texts = (
    st.sampled_from(TRAPS)
    | st.text()
    | st.text(alphabet=" \t\n-:#'\"ab\\", max_size=12)
    | st.text(alphabet="0123456789_+-.eExXoObBnNaAiIfF:", max_size=8)
    | st.text(alphabet=["\n", "\r", "\x85", "\u2028", "\ufeff", "\x00", " ", "a", "😀", "\x7f"], max_size=6)
).filter(lambda text: not any(0xD800 <= ord(char) <= 0xDFFF for char in text))
integers = st.integers(min_value=-(2**63), max_value=2**64 - 1)
scalars = st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)


def read_by_yaml_1_2(text: str) -> Any:
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    return reader.load(io.StringIO(text))


def strings_of(value: Any) -> list[str]:
    """Every string and key of a value, in order."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *strings_of(item))]
    return [text for item in value for text in strings_of(item)] if isinstance(value, list) else []


def same(left: Any, right: Any) -> bool:
    """What was read is what was written: true is not 1, but 1.0 is, and a double is what a double holds."""
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(right, float):
        return not isinstance(left, bool) and float(left) == right
    return isinstance(left, bool) == isinstance(right, bool) and left == right


@given(values)
def test_kubernetes_reads_back_what_was_written(value: Any) -> None:
    (read,) = load_all(dump(value))
    assert same(read, value)


@given(values)
def test_writing_is_deterministic_and_stable(value: Any) -> None:
    (read,) = load_all(dump(value))
    assert dump(read) == dump(load_all(dump(read))[0])


@given(values)
def test_a_yaml_1_2_reader_reads_the_same_strings(value: Any) -> None:
    assert strings_of(read_by_yaml_1_2(dump(value))) == strings_of(value)


def test_traps_survive_as_value_item_key_and_document() -> None:
    for text in TRAPS:
        for value in (text, [text, [text, {"k": text, text: {"b": [text], "c": text}, "d": 1}]]):
            written = dump(value)
            assert load_all(written) == [value]
            assert strings_of(read_by_yaml_1_2(written)) == strings_of(value)


@given(values, st.integers(0, 3))
def test_a_value_written_at_a_column_stays_in_its_place(value: Any, levels: int) -> None:
    column = 2 * levels
    head = "".join(f"{'  ' * level}k{level}:\n" for level in range(levels))
    margin = " " * column
    text = f"{head}{margin}key: {dump_at(value, column)}\n{margin}next: 1\n"
    expected: Any = {"key": value, "next": 1}
    for level in reversed(range(levels)):
        expected = {f"k{level}": expected}
    assert same(load_all(text), [expected])


@given(values, st.integers(0, 3))
def test_a_value_written_as_an_item_stays_in_its_place(value: Any, levels: int) -> None:
    column = 2 * levels
    text = "".join(f"{'  ' * level}k{level}:\n" for level in range(levels))
    text += f"{' ' * column}- {dump_at(value, column, in_sequence=True)}\n{' ' * column}- next\n"
    expected: Any = [value, "next"]
    for level in reversed(range(levels)):
        expected = {f"k{level}": expected}
    assert same(load_all(text), [expected])


def test_looks_as_people_write_it() -> None:
    value = {
        "args": ["--port=8080", "-c", "a: b", "no"],
        "env": [{"name": "A", "value": "1"}, {"name": "B", "list": ["x", ["y"]]}],
        "script": "#!/bin/sh\nexit 0\n",
        "keep": "a\n\n",
        "strip": "  a\nb",
        "empty": [{}, [], "", None],
        "cpu": "100m",
        "on": True,
        "ratio": 0.5,
    }
    assert (
        dump(value)
        == """\
args:
- --port=8080
- -c
- "a: b"
- "no"
env:
- name: A
  value: "1"
- name: B
  list:
  - x
  - - "y"
script: |
  #!/bin/sh
  exit 0
keep: |+
  a

strip: |2-
    a
  b
empty:
- {}
- []
- ""
- null
cpu: 100m
"on": true
ratio: 0.5
"""
    )


@pytest.mark.parametrize(
    "plain",
    ["10.0.0.1", "v0.10.6", "8080/tcp", "a/b:c@sha256:0a", "500m", "10Gi", "--x=y", "a b", "1.2.3", "http://a?b=c"],
)
def test_quotes_nothing_without_need(plain: str) -> None:
    assert scalar(plain) == plain


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), 2**70 + 1, -(2**63) - 1, "\ud800", "a\n\udfff", {"\ud800": 1}]
)
def test_refuses_what_kubernetes_cannot_hold(value: Any) -> None:
    with pytest.raises(YamlError):
        dump(value)


def test_writes_a_big_integer_that_a_double_holds() -> None:
    (read,) = load_all("18446744073709551616")
    assert load_all(dump(read)) == [read]


@pytest.mark.parametrize("value", [{1: "a"}, {None: 1}, {"a": object()}, (1, 2), {"a": b"x"}])
def test_anything_but_json_is_a_bug_of_the_caller(value: Any) -> None:
    with pytest.raises(TypeError):
        dump(value)


def test_deep_values_go_to_the_limit_and_no_further() -> None:
    def nested(levels: int, kind: Any) -> Any:
        value: Any = 1
        for _ in range(levels):
            value = [value] if kind is list else {"a": value}
        return value

    for kind in (list, dict):
        assert load_all(dump(nested(MAX_DEPTH, kind))) == [nested(MAX_DEPTH, kind)]
        with pytest.raises(YamlError, match="levels"):
            dump(nested(MAX_DEPTH + 1, kind))
        with pytest.raises(YamlError, match="levels"):
            dump(nested(5000, kind))


def test_json_is_yaml() -> None:
    value = {"a": [1, 2.5, "x", None, True], "b": {"c": "d"}}
    assert load_all(json.dumps(value)) == [value]
