"""Reading: documents of a stream, places of nodes, what is refused beyond the tables, and the limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import InputError
from generator.k8syaml import (
    MAX_ALIASED,
    MAX_ALIASED_TEXT,
    MAX_DEPTH,
    MAX_DOCUMENTS,
    MAX_KEYS,
    MAX_NODES,
    MAX_TEXT,
    YamlError,
    dump,
    load_all,
    parse,
)

FILE = """\
# a service
a: &shared
  b: 1
  "c d": [x, {e: f}]
list:
- one
- *shared
- <<: *shared
  own: 2
---
second:
  text: |
    x
"""


def refusal(text: str) -> YamlError:
    with pytest.raises(YamlError) as caught:
        load_all(text, "web.yaml")
    return caught.value


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n--- # comment\nb: 2\n---\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\n---\n# nothing\n---\nnull\n---\n\n---\nb: 2", [{"a": 1}, {"b": 2}]),
        ("", [None]),
        ("# only a comment\n", [None]),
        ("---\n---\n", [None]),
        ("# license\n---\na: 1\n", [{"a": 1}]),
        ("%YAML 1.1\n# license\n---\na: 1\n", [{"a": 1}]),
        ("a: 1\r\n---\r\nb: 2\r\n", [{"a": 1}, {"b": 2}]),
        ("a: |\n  ---\n---\nb: '\n ---'\n", [{"a": "---\n"}, {"b": " ---"}]),
        ("a: 1\n---x: 2\n", [{"a": 1, "---x": 2}]),
    ],
)
def test_documents_are_cut_and_the_empty_ones_dropped_as_kubectl_does(text: str, documents: list[Any]) -> None:
    assert load_all(text) == documents
    assert [document.value for document in parse(text)] == documents


@pytest.mark.parametrize(
    "text", ["a: 1\n...\nb: 2\n", '"a" "b"\n', "{a: 1}{b: 2}\n", "[1] ]\n", "a: 1\n...\n\t: [\n", "'a'\n%YAML 1.1\n"]
)
def test_what_kubernetes_ignores_after_a_document_is_ignored_but_not_in_our_files(text: str) -> None:
    assert len(load_all(text + "---\nlast: 1\n")) == 2
    with pytest.raises(YamlError, match="ignore") as caught:
        parse(text + "---\nlast: 1\n")
    assert caught.value.line in (1, 2)


@pytest.mark.parametrize(
    "text",
    ['1: a\n"1": b', "on: 1\n'true': 1", "1: a\n1.0: a", "a: {0x1: a, 1: b}", "a: &a {1: x}\nb: {<<: *a, '1': x}"],
)
def test_keys_that_become_one_in_json_are_refused(text: str) -> None:
    """There Kubernetes keeps one of the two by chance: the order of a Go map."""
    assert "already set" in refusal(text).what


@pytest.mark.parametrize("text", ["[!!str, a]", "a: !!str,x b", "!x[y z"])
def test_a_tag_that_go_yaml_would_take_for_longer_is_refused(text: str) -> None:
    refusal(text)


@pytest.mark.parametrize(
    ("text", "line", "column", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "key 'a' already set in map"),
        ("a:\n  b: .inf\n", 2, 6, "JSON"),
        ("a: 1\n---\nb: 2\n---\nc: [1\n", 5, 6, "','"),
        ("a: x\u2028\n  y\nb: \u2028  [\n", 3, 8, "expected a value here"),
        ("a: 1\n---\nb: 2\n---\nc: 3\nc: 4\n", 6, 1, "already set"),
        ("a:\n\t- b\n", 2, 1, "a tab"),
        ("a: *b\n", 1, 4, "unknown anchor 'b'"),
        ("a:\n  - {~: 1}\n", 2, 6, "null"),
        ("a:\n  ? [b]\n  : c\n", 2, 5, "cannot be a key"),
        ("a: &a\n  - *a\n", 2, 5, "contains itself"),
        ("a: &a {b: 1}\nc:\n  b: 2\n  <<: *a\n", 4, 3, "key 'b' already set"),
        ("a: x\x07\n", 1, 5, "U+0007"),
        ("a: é\nb: \ud800\n", 2, 4, "U+D800"),
        ("a: 1\r\nb: \x00\r\n", 2, 4, "U+0000"),
        ("\ufeffa: 1\na: 2\n", 2, 1, "already set"),
        ("a: !!int x\n", 1, 4, "!!int"),
        ("%YAML 1.2\n---\na: 1\n", 1, 1, "incompatible"),
        ("a: [b?c]\n", 1, 5, "'?'"),
        ('a: "b\\/c"\n', 1, 4, "escape"),
    ],
)
def test_an_error_says_what_and_where(text: str, line: int, column: int, what: str) -> None:
    error = refusal(text)
    assert what in error.what
    assert (error.line, error.column) == (line, column)
    assert error.where is not None
    assert (error.where.path, error.where.line, error.where.column) == ("web.yaml", line, column)
    assert error.where.text == text.removeprefix("\ufeff").split("\n")[line - 1].rstrip("\r")


def test_an_error_is_bad_input_with_exit_code_1() -> None:
    assert isinstance(refusal("a: ["), InputError)
    assert refusal("a: [").exit_code == 1


@pytest.mark.parametrize(
    ("document", "pointer", "value", "key"),
    [
        (0, (), (2, 1), (2, 1)),
        (0, ("a",), (2, 4), (2, 1)),
        (0, ("a", "b"), (3, 6), (3, 3)),
        (0, ("a", "c d"), (4, 10), (4, 3)),
        (0, ("a", "c d", 1, "e"), (4, 18), (4, 15)),
        (0, ("list", 0), (6, 3), (6, 3)),
        (0, ("list", 1), (7, 3), (7, 3)),
        (0, ("list", 1, "b"), (3, 6), (3, 3)),
        (0, ("list", 2, "own"), (9, 8), (9, 3)),
        (0, ("list", 2, "c d", 0), (4, 11), (4, 11)),
        (0, ("list", 7, "x"), (6, 1), (5, 1)),
        (0, ("nothing",), (2, 1), (2, 1)),
        (0, ("a", "b", "deeper"), (3, 6), (3, 3)),
        (1, ("second", "text"), (12, 9), (12, 3)),
    ],
)
def test_every_node_has_its_place(document: int, pointer: tuple[str | int, ...], value: Any, key: Any) -> None:
    read = parse(FILE, "web.yaml")[document]
    assert read.position(pointer) == value
    assert read.key_position(pointer) == key


def test_keys_are_found_by_what_kubernetes_makes_of_them() -> None:
    (read,) = parse("on: 1\n0x10: 2\n&k name: 3\nx: {*k : 4}\n1.50: 5\n")
    assert [read.key_position((key,))[0] for key in ("true", "16", "name", "x", "1.5")] == [1, 2, 3, 4, 5]
    assert read.key_position(("x", "name")) == (4, 5)


def test_an_anchor_on_a_merge_key_is_the_string() -> None:
    (read,) = parse("a: {&x <<: {b: 1}}\nc: {*x : 2}\n")
    assert read.value == {"a": {"b": 1}, "c": {"<<": 2}}
    assert read.key_position(("c", "<<")) == (2, 5)


def test_places_are_those_that_an_editor_shows() -> None:
    (read,) = parse("# \u2028 \u2029\r\na: |\r\n  x\u2028\r\n  y\r\nb: [😀, 'x\u2028 y', é]\r\nd: {e: 1}\r\n")
    assert read.position(("a",)) == (2, 4)
    assert read.position(("b", 2)) == (5, 16)
    assert read.key_position(("d", "e")) == (6, 5)


def test_a_text_that_begins_elsewhere_in_its_file_has_its_places_there() -> None:
    first, second = parse("a: {b: 1}\nc: 2\n---\nd: 3\n", start=(7, 5))
    assert [first.line, first.key_position(("a", "b")), first.key_position(("c",))] == [7, (7, 9), (8, 1)]
    assert [second.line, second.key_position(("d",))] == [9, (10, 1)]
    for text, place in (("{a: 1, a: 2}", (7, 12)), ("{a: 1,\na: 2}", (8, 1)), ("{a: 1", (7, 10))):
        with pytest.raises(YamlError) as refused:
            parse(text, start=(7, 5))
        assert (refused.value.line, refused.value.column) == place


def test_a_document_says_its_first_line_and_compares_by_value() -> None:
    first, second = parse(FILE)
    assert (first.line, second.line) == (2, 10)
    assert first == parse(FILE)[0]
    assert parse("# nothing")[0].position(()) == (1, 1)
    assert parse("---\n---\na: 1\n")[0].position(("a",)) == (3, 4)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab:\n", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab1", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(json_values)
def test_the_key_and_value_that_were_written_stand_at_their_places(value: Any) -> None:
    text = dump(value)
    lines = text.split("\n")
    (read,) = parse(text)

    def check(node: Any, pointer: tuple[str | int, ...]) -> None:
        line, column = read.position(pointer)
        if isinstance(node, int) and not isinstance(node, bool):
            assert lines[line - 1][column - 1 :] == str(node)
        for key, child in node.items() if isinstance(node, dict) else ():
            key_line, key_column = read.key_position((*pointer, key))
            assert lines[key_line - 1][key_column - 1 :].lstrip('"').startswith(key)
            check(child, (*pointer, key))
        for index, child in enumerate(node) if isinstance(node, list) else ():
            check(child, (*pointer, index))

    check(value, ())


def test_what_an_alias_gives_can_be_changed_alone() -> None:
    (read,) = load_all("a: &a {b: [1]}\nc: *a\nd: {<<: *a}\n")
    read["c"]["b"].append(2)
    assert read["a"] == {"b": [1]}


def test_numbers_are_what_the_json_that_kubernetes_makes_says() -> None:
    (read,) = load_all("[1.0, 1e3, 1e20, 1e21, 18446744073709551616, 0.5]")
    assert [type(value) for value in read] == [int, int, int, float, int, float]
    assert read[4] == 18446744073709552000


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (" " * (MAX_TEXT + 1), "characters"),
        ("---\na\n" * (MAX_DOCUMENTS + 1), "documents"),
        ("[" * 1_000_000, "levels"),
        ("{a: " * 300_000, "levels"),
        ("- " * 500_000, "levels"),
        ("? " * 500_000, "levels|cannot be a key"),
        ("".join(" " * level + "a:\n" for level in range(MAX_DEPTH + 1)) + " " * (MAX_DEPTH + 1) + "b: 1", "levels"),
        (f"a: &a {'[' * 150}{']' * 150}\nb: {'[' * 60}*a{']' * 60}", "levels"),
        (bomb(10), "aliasing"),
        (f"a: &a [{'1,' * (MAX_ALIASED // 10)}]\nb: [{'*a,' * 11}]", "aliasing"),
        (f"a: &a {'x' * 1000}\nb: [{'*a,' * (MAX_ALIASED_TEXT // 1000 + 1)}]", "aliasing"),
        (f"a: &a [&b {'x' * 1000}, *b]\nb: [{'*a,' * (MAX_ALIASED_TEXT // 2000 + 1)}]", "aliasing"),
        (f"[{'1,' * MAX_NODES}]", "keys and values"),
        ("[" * 9 + "]," * 8 + "{}," * MAX_NODES + "]", "keys and values"),
        ("".join(f"k{number}: 1\n" for number in range(MAX_KEYS + 1)), "keys in one map"),
        ("[" + "a:," * 20_000 + "]", "unexpected ':'"),
    ],
    ids=lambda value: value[:12],
)
def test_hostile_input_is_refused_at_the_limits(text: str, what: str) -> None:
    with pytest.raises(YamlError, match=what):
        load_all(text)
    with pytest.raises(YamlError, match=what):
        parse(text)


def test_what_is_large_but_honest_is_read() -> None:
    assert load_all("[" * MAX_DEPTH + "]" * MAX_DEPTH)[0] is not None
    assert len(load_all("---\na\n" * 2000)) == 2000
    assert len(load_all("".join(f"k{number}: 1\n" for number in range(MAX_KEYS)))[0]) == MAX_KEYS
    assert len(load_all(f"[{'1,' * (MAX_NODES - 2)}]")[0]) == MAX_NODES - 2
    assert len(load_all(bomb(3))[0]["a2"]) == 10
    assert load_all("a: " + "x" * 1_000_000) == [{"a": "x" * 1_000_000}]
    assert load_all("[" + "9" * 5000 + ", -0x" + "f" * 5000 + ", 0b" + "0" * 5000 + "1]")[0][2] == 1
    assert load_all("9" * 5000) == ["9" * 5000]  # beyond what a double can hold: text to Kubernetes
    assert len(load_all("[" + ", ".join(f"a{n}:" for n in range(16)) + "]")[0]) == 16
    assert len(load_all('["?", "' + '\\"' * 200_000 + '"]')[0]) == 2


@given(st.text(alphabet="ab01:-?[]{},&*!|>'\"#%@ \n\t<.~", max_size=40))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    try:
        values = load_all(text)
    except YamlError as error:
        assert error.line is not None and error.column is not None
        assert 1 <= error.line <= text.count("\n") + 2
    else:
        assert values
        for value in values:
            assert load_all(dump(value)) == [value]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a:\n  b: 1\n c: 2\n", (3, 2), "indented like nothing in the map that begins in line 1"),
        ("a: 1\n---\nb:\n  - c\n d\n", (5, 2), "the map that begins in line 3"),
        ("a:\n  b: 1\n    c: 2\n", (3, 6), "a key cannot begin here: above it is a value"),
        ("- a\nb: 1\n", (2, 1), "a key cannot stand beside the items of a list"),
        ("a: 1\n- b\n", (2, 1), "an item of a list cannot stand beside the keys of a map"),
        ("a: - b\n", (1, 4), "an item of a list cannot begin here"),
        ("a: b: c\n", (1, 5), "a second ':' in one line"),
        ("a: b\nc\nd: e\n", (2, 1), "a key needs a ':' after it"),
        ("a: {b: 1\nc: 2\n", (2, 2), "the { of line 1 is not closed: expected ',' or '}'"),
        ("a: [1\n", (1, 6), "the [ is not closed: expected ',' or ']'"),
        ("a: 'b\nc: d\n", (1, 4), "the ' that opens here is never closed"),
        ("a: 'it's'\n", (1, 8), "the text goes on after its closing quote"),
        ('a: "\\q"\n', (1, 5), "\\q means nothing in double quotes"),
        ("a: @b\n", (1, 4), "a value cannot begin with @"),
        ("a: | b\n", (1, 6), "nothing but a comment can follow | or > on its line"),
    ],
)
def test_what_is_no_yaml_is_said_in_plain_words_and_with_advice(text, place, what):
    with pytest.raises(YamlError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == place
    assert what in caught.value.what
    assert caught.value.next


@pytest.mark.parametrize("escape", ["\\uE000", "\\ue001", "\\U0000E002", "\\uE000\\uE001\\uE002"])
def test_an_escape_is_not_taken_for_a_stand_in(escape):
    """Colons and byte order marks that libyaml reads otherwise are replaced by private characters for a while."""
    written = escape.encode().decode("unicode_escape")
    assert load_all(f'a: :[\nb: "{escape}"\n') == [{"a": ":[", "b": written}]
    assert load_all(f'\n\ufeffa: "{escape}"\n') == [{"\ufeffa": written}]
