"""What expressions cost, in numbers that cel-go has computed of the same schema."""

import pytest

from generator.cel.check import checked
from generator.cel.cost import estimate
from generator.cel.sizes import Declarations
from generator.cel.tree import tree


def text(most):
    return {"type": "string", "maxLength": most}


def texts(most, length):
    return {"type": "array", "maxItems": most, "items": text(length)}


OF = {"key": text(1), "long": text(100), "keys": texts(2, 1), "longs": texts(90, 1)}
SCHEMA = {
    "type": "object",
    "properties": {
        "name": text(10),
        "text": {"type": "string"},
        "word": {"type": "string", "enum": ["a", "abc"]},
        "kebab-case": text(5),
        "size": {"type": "integer"},
        "on": {"type": "boolean"},
        "either": {"x-kubernetes-int-or-string": True, "maxLength": 20},
        "since": {"type": "string", "format": "date-time"},
        "data": {"type": "string", "format": "byte", "maxLength": 30},
        "list": texts(50, 20),
        "map": {"type": "object", "maxProperties": 7, "additionalProperties": text(8)},
        "of": {"type": "array", "maxItems": 3, "items": {"type": "object", "properties": OF}},
    },
}
COSTS = {
    "true": 0,
    "self.on": 2,
    "has(self.text)": 1,
    "self.size == 3 && self.on": 4,
    "self.name == 'a'": 3,
    "self.name == self.text": 8,
    "self.word == self.name": 5,
    "self.kebab__dash__case != self.name": 6,
    "self.text.startsWith('abc')": 3,
    "self.name.contains('abcdefghijklmnop')": 10,
    "self.text.matches('^[a-z]+$')": 629148,
    "matches(self.text, '^[a-z]+$')": 3,
    "self.name in self.list": 54,
    "self.name in self.map": 5,
    "self.list[0] == self.text": 13,
    "self.map['a'] == self.text": 9,
    "self.list.all(x, x == self.name)": 503,
    "self.list.exists_one(x, x.size() > 2)": 254,
    "self.list.map(x, x + 'a').size() > 1": 1115,
    "self.list.filter(x, x != '').all(y, y == self.text)": 1014,
    "self.map.all(k, k == self.text)": 45,
    "self.map.all(k, v, v == self.text)": 73,
    "self.map.transformMap(k, v, v + 'a')['a'] == self.text": 92,
    "self.list.existsOne(i, x, x == self.name)": 454,
    "(self.on ? self.name : self.text) == 'aaaaaaaaaaaaaaaaaaaa'": 6,
    "self.name.lowerAscii().replace('a', 'bb') == self.text": 24,
    "self.list.join(', ').size() > 1": 414,
    "self.name.split(',', 3).all(x, x == '')": 23,
    "self.list.isSorted()": 452,
    "['a', self.name].max() == self.text": 3689348814742225117,
    "cidr(self.name).containsIP(self.name)": 16,
    "cidr(self.name).containsCIDR(self.name)": 19,
    "ip.isCanonical(self.text)": 629148,
    "quantity(self.name) == quantity(self.name)": 13,
    "url(self.name) == url(self.name)": 16,
    "!format.uuid().validate(self.name).hasValue()": 133,
    "sets.equivalent(self.list, ['a'])": 113,
    "self.list.sort() == self.list": 5270,
    "self.list.sortBy(x, x.size()).size() > 1": 5738,
    "self.list.slice(1, 3).size() > 1": 17,
    "[self.list, self.list].flatten().size() > 1": 29,
    "self.?name.orValue('a') == self.text": 314578,
    "self.list[?0].optMap(x, x + 'a').orValue('') == self.text": 1844674407371269860,
    "self.either == 'a'": 3,
    "type(self.either) == int": 4,
    "self.since > timestamp('2026-01-01T00:00:00Z')": 4,
    "string(self.data) == self.text": 10,
    "bytes(self.name) == self.data": 11,
    "strings.quote(self.name) == self.text": 17,
    "dyn(self.name) == self.text": 9,
    "'%s'.format([self.name]) == self.text": 314588,
    "{'a': self.name}['a'] == self.text": 39,
}


def cost(expression, limits=None):
    declarations = Declarations()
    root = declarations.of(SCHEMA)
    assert root is not None
    return estimate(checked(tree(expression), {"self": root.type}, declarations.fields), root, limits)


@pytest.mark.parametrize(("expression", "expected"), COSTS.items(), ids=COSTS)
def test_an_expression_costs_what_cel_go_says(expression, expected):
    assert cost(expression).cost == expected


def test_paths_from_the_same_variable_share_their_last_step_as_in_go():
    """`x.key` takes the place of the list in the path of what the loop goes over, however long that is."""
    few, many = (cost(f"self.of.all(x, x.{name}.all(k, k == x.key))").cost for name in ("keys", "longs"))
    assert few == many == 105
    assert cost("self.of.all(x, x.longs.all(k, k == 'a'))").cost > 1000


def test_what_has_no_limit_is_told_and_may_get_one():
    expression = "self.text.matches('^[a-z]+$') && self.name == 'a'"
    assert cost(expression).unlimited == {("text",): "maxLength"}
    assert cost(expression, {("text",): 99}).cost < 50
