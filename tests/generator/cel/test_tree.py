"""Trees that the library hands out in its own format."""

import pytest

from generator.cel import tree as module
from generator.cel.nodes import Call, Items, Literal, Loop, Made, Mistake, Name, NotUnderstood, Pairs, Select
from generator.cel.tree import tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("null", None),
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-1", -1),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        ("''", ""),
        ("'é\\n\\U0001F600'", "é\n😀"),
        ("r'\\d'", "\\d"),
        ("b'a\\xff'", b"a\xff"),
    ],
)
def test_a_literal_is_its_value(text, value):
    found = tree(text)
    assert isinstance(found, Literal)
    assert (found.value, type(found.value), found.unsigned) == (value, type(value), False)


def test_unsigned_numbers_are_marked():
    found = tree("18446744073709551615u")
    assert isinstance(found, Literal)
    assert (found.value, found.unsigned) == (2**64 - 1, True)


def shown(node):
    """A tree in one line."""
    match node:
        case Literal(value):
            return repr(value)
        case Name(name):
            return name
        case Select(of, name, is_test):
            return f"{'has ' if is_test else ''}{shown(of)}.{name}"
        case Call(function, target, arguments):
            inside = ", ".join(map(shown, arguments))
            return f"{shown(target)}.{function}({inside})" if target else f"{function}({inside})"
        case Items(items, optional):
            return f"[{', '.join(map(shown, items))}]{sorted(optional) or ''}"
        case Pairs(pairs, optional):
            return f"{{{', '.join(f'{shown(key)}: {shown(value)}' for key, value in pairs)}}}{sorted(optional) or ''}"
        case Loop():
            parts = (node.over, node.start, node.condition, node.step, node.result)
            return f"loop {' '.join(node.variables)}, {node.sum} ({'; '.join(map(shown, parts))})"
    raise AssertionError(node)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self.a[0] + 1", "_+_(_[_](self.a, 0), 1)"),
        ("has(self.a.b)", "has self.a.b"),
        ("self.?a[?1]", "_[?_](_?._(self, 'a'), 1)"),
        ("ip.isCanonical('x')", "ip.isCanonical('x')"),
        ("[1, ?a, ?b]", "[1, a, b][1, 2]"),
        ("{'a': 1, ?'b': c}", "{'a': 1, 'b': c}[1]"),
        ("a.exists_one(x, x)", "loop x, @result (a; 0; True; _?_:_(x, _+_(@result, 1), @result); _==_(@result, 1))"),
        ("a.all(i, x, x)", "loop i x, @result (a; True; @not_strictly_false(@result); _&&_(@result, x); @result)"),
        (
            "a.exists(i, x, x)",
            "loop i x, @result (a; False; @not_strictly_false(!_(@result)); _||_(@result, x); @result)",
        ),
        (
            "a.transformList(i, x, i > 1, x)",
            "loop i x, @result (a; []; True; _?_:_(_>_(i, 1), _+_(@result, [x]), @result); @result)",
        ),
        ("cel.bind(x, 1, x + x)", "loop #bound, x ([]; 1; False; x; _+_(x, x))"),
        ("a.transformMap(k, v, v)", "loop k v, @result (a; {}; True; cel.@mapInsert(@result, k, v); @result)"),
        (
            "a.transformMapEntry(k, v, {v: k})",
            "loop k v, @result (a; {}; True; cel.@mapInsert(@result, {v: k}); @result)",
        ),
    ],
)
def test_macros_are_unfolded(text, expected):
    assert shown(tree(text)) == expected


def test_sorting_by_a_key_names_the_list_and_makes_the_keys():
    named = "loop #unused, @__sortBy_input__ ([]; a; False; @__sortBy_input__; "
    keys = "loop x, @result (@__sortBy_input__; []; True; _+_(@result, [x]); @result)"
    assert shown(tree("a.sortBy(x, x)")) == f"{named}@__sortBy_input__.@sortByAssociatedKeys({keys}))"


@pytest.mark.parametrize(
    "text",
    [
        "a.all(1, x, x)",
        "a.all(x, x, x)",
        "a.all(__result__, x, x)",
        "(" * 200 + "1" + ")" * 200,
        "a" + ".optMap(x, x)" * 9,
        "a" + ".optMap(x, x)" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_what_is_not_understood_is_told_apart(text):
    with pytest.raises(NotUnderstood):
        tree(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 +", "mismatched input '<EOF>'"),
        ("a b", "extraneous input 'b' expecting <EOF>"),
        ("has(a)", "has() argument must be a field selection"),
        ("a.all(1, true)", "all() variable name must be a simple identifier"),
        ("package.a", "reserved identifier: package"),
    ],
)
def test_what_is_no_cel_is_told_with_what_it_is_not(text, words):
    with pytest.raises(Mistake) as raised:
        tree(text)
    assert str(raised.value) == f"it is no CEL: {words}"


def test_objects_of_a_type_have_values():
    found = tree("Object.spec{a: 1, b: x}")
    assert isinstance(found, Made)
    assert (found.type, [shown(one) for one in found.values]) == ("Object.spec", ["1", "x"])


def test_without_the_library_nothing_is_understood(monkeypatch):
    monkeypatch.setattr(module, "_library", lambda: None)
    with pytest.raises(NotUnderstood):
        tree("1")
