"""The proof finds whatever is not the template's structure with the values in it."""

import pytest

from generator.k8syaml import load_all
from generator.rendering.nodes import LITERAL, Piece
from generator.rendering.proof import misplaced


def piece(text, value=LITERAL):
    made = Piece(text)
    made.template, made.line, made.value, made.pointer, made.mark = "t/t.yaml.j2", 1, value, None, None
    return made


def wrong(*pieces):
    """The text of the value that is out of place."""
    found = misplaced(pieces, load_all("".join(pieces)))
    return None if found is None else str(found)


def test_values_in_their_places_pass():
    assert (
        wrong(
            piece("a: "),
            piece("1", 1),
            piece("\nb:\n- "),
            piece("x", "x"),
            piece("\n"),
            piece("k", "k"),
            piece(": 1\n"),
        )
        is None
    )
    assert wrong(piece("a: 1\n")) is None


@pytest.mark.parametrize(
    ("before", "text", "value", "after"),
    [
        ("a: x", "y", "y", "\n"),  # a part of a text
        ("a: |\n  ", "y", "y", "\n"),
        ("a: y # ", "y", "y", "\n"),  # nowhere at all
        ("a: ", "y", "z", "\n"),  # not the value it stands for
        ("a: ", "1", True, "\n"),  # true is not 1
        ("a: ", "y", "y", "\n  more\n"),  # goes on below
        ("a: ", "b", "b", " # no comment\n"[:1] + "c\n"),
        ("a: [", "x, y", "x, y", "]\n"),  # two items instead of one
        ("a: {", "x: 1, y", "x: 1, y", ": 2}\n"),
        ("a: ", "1\nb: 2", "1\nb: 2", "\n"),  # a second key
        ("a: ", "1\n---\nb: 2", "1", "\n"),  # a second document
    ],
)
def test_values_out_of_place_are_found(before, text, value, after):
    assert wrong(piece(before), piece(text, value), piece(after)) == text


def test_the_value_before_what_cannot_be_read_is_named():
    first, second = piece("1", 1), piece("\n  x: 1", {"x": 1})
    pieces = [piece("a: "), first, piece("\nb:"), second, piece("\n  c: 2\n")]
    assert misplaced(pieces, load_all("".join(pieces))) is second
