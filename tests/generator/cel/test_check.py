"""What expressions mean, and what they cannot mean."""

import pytest

from generator.cel.check import checked
from generator.cel.nodes import Mistake, NotUnderstood
from generator.cel.sizes import Declarations
from generator.cel.tree import tree

TEXT = {"type": "string"}
SCHEMA = {
    "type": "object",
    "properties": {
        "text": TEXT,
        "size": {"type": "integer"},
        "list": {"type": "array", "items": TEXT},
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "of": {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}},
        "either": {"x-kubernetes-int-or-string": True},
        "free": {"x-kubernetes-preserve-unknown-fields": True},
    },
}


def kind(text):
    """The type of an expression."""
    declarations = Declarations()
    root = declarations.of(SCHEMA)
    assert root is not None
    found = checked(tree(text), {"self": root.type}, declarations.fields)
    return str(found.of[found.expr])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("self", "object"),
        ("self.text", "string"),
        ("self.list", "list(string)"),
        ("self.map", "map(string, int)"),
        ("self.either", "dyn"),
        ("self.of[0].name", "string"),
        ("self.?text", "optional_type(string)"),
        ("self.?of[0].?name", "optional_type(string)"),
        ("self.?text.orValue('a')", "string"),
        ("self.list.map(x, size(x))", "list(int)"),
        ("self.map.transformMap(k, v, string(v))", "map(string, string)"),
        ("self.of.filter(x, x.name == '')", "list(object)"),
        ("[]", "list(dyn)"),
        ("[[['a']], [self.list]]", "list(list(list(string)))"),
        ("[?self.?text, 'a']", "list(string)"),
        ("'%s %d %s'.format(['a', 1, {'a': [1, 'b']}])", "string"),
        ("'%.2f %e %b %X %o %% %d'.format([1.5, 'NaN', true, b'a', 8, self.either])", "string"),
        ("self.text.format([1])", "string"),
        ("'%d'.format(self.list)", "string"),
        ("{}", "map(dyn, dyn)"),
        ("self.either + 1", "int"),
        ("self.either + self.either", "dyn"),
        ("self.list[?0].optMap(x, x.size())", "optional_type(int)"),
        ("self.list.sortBy(x, x.size())", "list(string)"),
        ("quantity(self.text).add(1)", "quantity"),
        ("url(self.text).getQuery()", "map(string, list(string))"),
        ("ip.isCanonical(self.text)", "bool"),
        ("self.size < 1.5", "bool"),
        ("type(self.text) == string", "bool"),
        ("type(self.text) == google.protobuf.Timestamp", "bool"),
        ("self.list.all(i, x, i < size(x))", "bool"),
        ("null == self.of[0]", "bool"),
    ],
)
def test_each_expression_has_a_type(text, expected):
    assert kind(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("self.nothing", "self.nothing: there is no field nothing"),
        ("self.of[0].nothing", "nothing: there is no field nothing"),
        ("self.of.all(x, x.nothing == 1)", "x.nothing: there is no field nothing"),
        ("self.free", "self.free: there is no field free"),
        ("self.text.size", "self.text.size: what is of the type string has no fields"),
        ("nothing", "there is nothing named nothing"),
        ("self.text.nothing()", "there is no function nothing"),
        ("self.text + 1", "+ cannot be applied to (string, int)"),
        ("size(self)", "size cannot be applied to (object)"),
        ("self == {'text': 'a'}", "== cannot be applied to (object, map(string, string))"),
        ("self.text == null", "== cannot be applied to (string, null)"),
        ("self.?text.orValue(1)", "orValue cannot be applied to (optional_type(string), int)"),
        ("self.all(x, true)", "a loop goes over a list or a map, and not over object"),
        ("self.list.all(x, x)", "&& cannot be applied to (bool, string)"),
        ("'%d'.format(['a'])", "%d does not take what is of the type string"),
        ("'%s %s'.format(['a'])", "there is no value for %s"),
        ("'%s'.format(['a', 1])", "there are more values than clauses"),
        ("'100 %'.format([])", "% is no clause of a format"),
        ("'%.f'.format([1.5])", "%.f is no clause of a format"),
        ("'%q'.format(['a'])", "%q is no clause of a format"),
        ("'%s'.format([self])", "%s does not take what is of the type object"),
        ("'%s'.format([{'a': [self]}])", "%s does not take what is of the type object"),
        ("'%x'.format([1.5])", "%x does not take what is of the type double"),
        ("[1, 'a']", "a list or map is of one type, and not of int and string"),
        ("[self.either, 'a']", "a list or map is of one type, and not of dyn and string"),
        ("{'a': 1, 'b': 1.5}", "a list or map is of one type, and not of int and double"),
        ("{1: 'a', 'b': 'c'}", "a list or map is of one type, and not of int and string"),
        ("['%s%s'.format([1, 'a']), 1]", "a list or map is of one type, and not of string and int"),
        ("[?self.text]", "expected an optional value after ?, got string"),
    ],
)
def test_what_an_expression_cannot_mean_is_told(text, message):
    with pytest.raises(Mistake) as raised:
        kind(text)
    assert str(raised.value) == message


@pytest.mark.parametrize("text", ["kubernetes.Quantity", "[1]" + ".map(x, {x: x})" * 9])
def test_what_is_beyond_is_not_judged(text):
    with pytest.raises(NotUnderstood):
        kind(text)
