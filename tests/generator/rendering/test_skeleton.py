"""A shape that is filled gives what reading the whole text gives; what a shape cannot tell, it leaves alone."""

from operator import is_
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator.errors import InputError
from generator.k8syaml import YamlError, load_all
from generator.rendering.nodes import LITERAL
from generator.rendering.proof import misplaced
from generator.rendering.sandbox import Engine
from generator.rendering.skeleton import Draft, Form, Redraft

LINES = [
    "{margin}a: {{{{ v[{0}] }}}}",
    "{margin}b: {{{{ v[{0}] }}}}",
    "{margin}- {{{{ v[{0}] }}}}",
    "{margin}- - {{{{ v[{0}] }}}}",
    "{margin}- c: {{{{ v[{0}] }}}}",
    "{margin}{{{{ k[{0}] }}}}: {{{{ v[{1}] }}}}",
    "{margin}{{{{ k[{0}] }}}}:",
    "{margin}d:",
    "{margin}e: |",
    "{margin}f: 'g",
    "{margin}h: [",
    "{margin}i: text",
    "{margin}text",
    "{margin}# a comment",
    "{margin}j: &x 1",
    "{margin}l: *x",
    "---",
    "",
]
VALUES: list[Any] = [
    1,
    True,
    None,
    1.0,
    2**64,
    "a",
    "on",
    "a: b",
    "# c",
    "l1\nl2",
    "l1\nl2\n\n",
    {},
    [],
    {"a": 1},
    {"a": {"b": "c\nd\n"}},
]
VALUES += [[1, "x"], [{"a": [1]}, "y\nz"], [[2]], {"k": [1, {"l": None}]}, "", " ", "|", "- a", {"": ""}]
KEYS = ["a", "b", "true", "1", "x y", "#", "d", "k: v"]

lines = st.tuples(st.sampled_from(LINES), st.sampled_from(["", "", "  ", "    "]), st.integers(0, 3), st.integers(0, 3))


@given(st.lists(lines, min_size=1, max_size=6), st.lists(st.sampled_from(VALUES), min_size=4, max_size=4), st.data())
def test_filling_a_shape_is_reading_the_text(chosen, v, data):
    text = "".join(line.format(first, second, margin=margin) + "\n" for line, margin, first, second in chosen)
    k = data.draw(st.lists(st.sampled_from(KEYS), min_size=4, max_size=4))
    held(text, {"v": v, "k": k})


FORM = "a: {{ v[0] }}\n{{ k[0] }}: {{ v[1] }}\nb:\n- {{ v[2] }}\n- c: {{ v[3] }}\n  {{ k[1] }}: 1\n"
contexts = st.fixed_dictionaries(
    {
        "v": st.lists(st.sampled_from([value for value in VALUES if value != 2**64]), min_size=4, max_size=4),
        "k": st.lists(st.sampled_from(KEYS), min_size=2, max_size=2),
    }
)


@given(contexts, contexts, st.sets(st.integers(0, 5)))
@example({"v": ["a"] * 4, "k": ["x", "d"]}, {"v": ["l1\nl2\n"] * 4, "k": ["x", "d"]}, {0})
@example({"v": ["l1\nl2\n"] * 4, "k": ["x", "d"]}, {"v": ["a"] * 4, "k": ["x", "d"]}, {0, 2, 3, 4})
def test_a_form_filled_in_again_is_a_draft_of_the_same_pieces(one, other, chosen):
    engine = Engine({"t/t.yaml.j2": FORM})
    first, second = (engine.pieces("t/t.yaml.j2", context) for context in (one, other))
    holes = [index for index, piece in enumerate(first) if piece.value is not LITERAL]
    again = [hole for number, hole in enumerate(holes) if number in chosen]
    meant = Draft([second[index] if index in again else piece for index, piece in enumerate(first)])
    found = Redraft(Form(first, again), [second[index] for index in again])
    assert (found.text, repr(found.objects)) == (meant.text, repr(meant.objects))
    assert all(map(is_, found.pieces, meant.pieces))


def held(text, context):
    try:
        pieces = Engine({"t/t.yaml.j2": text}).pieces("t/t.yaml.j2", context)
    except InputError:  # no hole may stand there
        return None
    found = Draft(pieces).objects
    if found is not None:
        try:
            read = load_all("".join(pieces))
        except YamlError as error:
            pytest.fail(f"{''.join(pieces)!r} cannot be read: {error}")
        assert repr(list(found)) == repr([document for document in read if document is not None]), "".join(pieces)
        assert misplaced(pieces, read) is None
    return found


def test_it_fills_what_templates_are_made_of():
    text = "a: {{ v }}\n{{ k }}: {{ v }}\nb:\n- {{ v }}\n- c: {{ k }}\n---\nd: {{ [v] }}\n"
    assert held(text, {"v": {"x": "y"}, "k": "on"}) is not None
    assert held(text, {"v": 1, "k": "z"}) is not None


@pytest.mark.parametrize(
    ("text", "context"),
    [
        ("a: {{ v }}\n", {"v": "l1\nl2\n"}),  # what follows could become a part of the text
        ("a: {{ v }}\n", {"v": 1.0}),  # comes back as 1
        ("a: {{ v }}\n", {"v": 2**63}),
        ("a: 1\n{{ k }}: 2\n", {"k": "a"}),  # an error, with its line
        ("a: |\n  b: {{ v }}\n", {"v": 1}),
        ("a: &x {b: 1}\nc: *x\nd: {{ v }}\n", {"v": 1}),
    ],
)
def test_it_leaves_alone_what_a_shape_cannot_tell(text, context):
    assert held(text, context) is None


def test_what_is_shared_is_the_same_for_all():
    text = "a:\n  shared: [1, 2]\nb: {{ v }}\n"
    first, second = held(text, {"v": 1}), held(text, {"v": 2})
    assert first[0]["a"] is second[0]["a"]
    assert (first[0]["b"], second[0]["b"]) == (1, 2)
