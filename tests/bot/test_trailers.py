"""Trailers: what is written is read back, and nothing that is interpolated can add a line."""

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.promotion import Kind, Move, Promotion
from bot.trailers import Trailer, parse_trailers, promotion_trailers, with_trailers
from generator.errors import InputError
from generator.release import Release, ReleaseId


def release(letter: str) -> ReleaseId:
    return ReleaseId(f"acme/web:{letter}", letter * 64, letter * 64)


def promote(*moves: Move) -> Promotion:
    return Promotion(Kind.PROMOTE, "prod", moves)


def test_several_services_have_each_a_trailer_of_their_own():
    moves = (Move(name, release("b"), Release("acme/web:b"), "c" * 40, release("a")) for name in ("api", "web"))
    assert [str(trailer) for trailer in promotion_trailers(promote(*moves), {"web": "d" * 40})] == [
        "Towpath-Move: prod/api aaaaaaaaaaaa bbbbbbbbbbbb",
        "Towpath-Move: prod/web aaaaaaaaaaaa bbbbbbbbbbbb",
        f"Towpath-Evidence: {'d' * 40}",
    ]


def test_the_trailers_of_a_promotion():
    promotion = promote(Move("web", release("b"), Release("acme/web:b"), "c" * 40, release("a")))
    assert [str(trailer) for trailer in promotion_trailers(promotion, {"web": "d" * 40})] == [
        "Towpath-Move: prod/web aaaaaaaaaaaa bbbbbbbbbbbb",
        f"Towpath-Evidence: {'d' * 40}",
    ]


def test_the_trailers_of_a_first_release_and_of_a_rollback():
    first = promote(Move("web", release("b"), Release("acme/web:b"), None))
    assert [str(trailer) for trailer in promotion_trailers(first, {})] == ["Towpath-Move: prod/web none bbbbbbbbbbbb"]
    back = Move("web", release("a"), Release("acme/web:a"), "c" * 40, release("b"), reverts="c" * 40)
    assert str(promotion_trailers(Promotion(Kind.ROLLBACK, "prod", (back,)), {})[-1]) == f"Towpath-Reverts: {'c' * 40}"


def test_trailers_join_those_that_are_there():
    once = with_trailers("Subject\n\nBody: of text\nthat goes on", [Trailer("A", "1")])
    assert once == "Subject\n\nBody: of text\nthat goes on\n\nA: 1\n"
    assert with_trailers(once, [Trailer("B", "2")]) == "Subject\n\nBody: of text\nthat goes on\n\nA: 1\nB: 2\n"


def test_a_subject_is_no_trailer():
    assert parse_trailers("fix: a thing\n") == ()
    assert with_trailers("fix: a thing", [Trailer("A", "1")]) == "fix: a thing\n\nA: 1\n"


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x85b", "a\u2028b", "a\x0bb", "a\0", "", " a", "a "])
def test_a_value_that_is_not_one_line_is_refused(value):
    with pytest.raises(InputError):
        Trailer("Towpath-Move", value)


@pytest.mark.parametrize("key", ["", "a b", "-a", "a:", "a\n", "ü"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(InputError):
        Trailer(key, "v")


VALUES = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cc", "Zl", "Zp"]), min_size=1
)


@given(st.lists(VALUES.filter(lambda value: value == value.strip()), min_size=1), st.text())
def test_what_is_written_is_read(values, body):
    trailers = tuple(Trailer("Key", value) for value in values)
    message = with_trailers(f"Subject\n\n{body}\n\nnot a trailer", trailers)
    assert parse_trailers(message) == trailers


def test_git_reads_them_alike():
    message = with_trailers("Subject\n\nbody", [Trailer("Towpath-Pull", "7"), Trailer("Towpath-Move", "a/b none c")])
    read = subprocess.run(
        ["git", "interpret-trailers", "--parse"], input=message, capture_output=True, text=True, check=True
    )
    assert read.stdout.splitlines() == ["Towpath-Pull: 7", "Towpath-Move: a/b none c"]
