"""Values that know where they stand are the same values to everybody else."""

from hypothesis import given
from hypothesis import strategies as st

from generator.k8syaml import dump
from generator.rendering.nodes import plain
from generator.rendering.provenance import like, located, pointer_of
from generator.rendering.sandbox import Engine

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(values)
def test_a_located_value_is_equal_and_turns_back(value):
    assert located(value) == value
    back = plain(located(value))
    assert back == value
    assert all(kind.__module__ == "builtins" for kind in _types(back))


def _types(value):
    yield type(value)
    if isinstance(value, dict):
        yield from (kind for key, item in value.items() for one in (key, item) for kind in _types(one))
    elif isinstance(value, list):
        yield from (kind for item in value for kind in _types(item))


def test_everything_knows_its_pointer():
    found = located({"env": {"PORT": 80, "ON": True}, "args": ["a", 0.5]})
    assert pointer_of(found) == ()
    assert pointer_of(found["env"]) == ("env",)
    assert pointer_of(found["env"]["PORT"]) == ("env", "PORT")
    assert [pointer_of(item) for item in found["args"]] == [("args", 0), ("args", 1)]
    assert [pointer_of(key) for key in found["env"]] == [("env", "PORT"), ("env", "ON")]
    assert pointer_of(found["env"]["ON"]) == ("env", "ON")


def test_what_is_computed_has_no_pointer():
    found = located({"a": "x"})
    assert pointer_of(found["a"] + "y") is None
    assert pointer_of(like("80", located(80, ("p",)))) == ("p",)
    assert pointer_of(like("80", 80)) is None


def test_it_is_written_as_the_plain_value():
    value = {"a": "yes", "b": [1, 0.5, {"c": "d: e"}]}
    assert dump(plain(located(value))) == dump(value)


def test_a_boolean_that_knows_its_place_is_one_to_templates():
    """Whatever a template asks of it, the answer is that of the plain value."""
    asked = (
        "v, not v, v == true, v is true, v is false, v is boolean, v is integer, v is number, v is none, v | string,"
        " v ~ '', v in [true], 1 if v else 2, v | default('d', true), [v] | sort, v is string, v is defined, v and 'a',"
        " [v, true] | unique | list, v | checksum, {'a': v} | merge({}), v == 1, v | int, [v] | select | list"
    )
    engine = Engine({"t/t.yaml.j2": f"k: {{{{ [{asked}] }}}}\n"})
    for value in (True, False):
        plainly, knowing = (engine.pieces("t/t.yaml.j2", {"v": one}) for one in (value, located(value, ("a",))))
        assert "".join(plainly) == "".join(knowing)
    (*_, piece, _) = Engine({"t/t.yaml.j2": "k: {{ ({'x': v} | merge({})).x }}\n"}).pieces(
        "t/t.yaml.j2", {"v": located(True, ("a", "b"))}
    )
    assert (piece.value, type(piece.value), piece.pointer) == (True, bool, ("a", "b"))
