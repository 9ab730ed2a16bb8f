"""What expressions come to; `tests/real/test_evaluation.py` holds them against a real API server."""

import time

import pytest

from generator.cel.check import checked
from generator.cel.run.evaluate import Evaluation, is_known
from generator.cel.run.values import MOST_STEPS, Failure, GivenUp, Steps
from generator.cel.tree import tree

pytest.importorskip("cel_expr_python")


def value(text):
    found = checked(tree(text), {}, {})
    assert is_known(found)
    return Evaluation(found, Steps()).result({})


@pytest.mark.parametrize(
    "text",
    [
        "-7 / 2 == -3 && -7 % 2 == -1",
        "1 / 0 > 0 || true",
        "!(false && 1 / 0 > 0)",
        "[0, 2].exists(x, 4 / x == 2)",
        "dyn(1) == 1.0 && dyn(1u) == 1 && dyn(1) != true && dyn([1]) != dyn({})",
        "string(1234567.0) == '1.234567e+06' && string(100000.0) == '100000' && string(1.5e-5) == '1.5e-05'",
        "'é日'.size() == 2 && 'é日'.charAt(1) == '日' && 'é日'.substring(1) == '日'",
        "'a,b,c'.split(',', 2) == ['a', 'b,c'] && 'ab'.split('') == ['a', 'b'] && 'a'.split(',', 0) == []",
        "'aa'.replace('a', 'b', 1) == 'ba' && 'ab'.replace('', '-') == '-a-b-'",
        "'%s %d %x %.1f %b'.format(['a', 2, 255, 1234.5, true]) == 'a 2 ff 1,234.5 1'",
        "'%s'.format([['a', 'b\"']]) == '[\"a\", \"b\\\\\"\"]'",
        "timestamp('2026-01-31T09:30:00+01:00') == timestamp('2026-01-31T08:30:00Z')",
        "string(timestamp('2026-01-31T09:30:00.5+01:00')) == '2026-01-31T09:30:00.5+01:00'",
        "timestamp('2026-01-31T23:30:00Z').getDate('+01:00') == 1",
        "duration('1h30m') + duration('-30m') == duration('3600s') && string(duration('1500ms')) == '1.5s'",
        "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('500m')) == quantity('1')",
        "quantity('1k').isInteger() && !quantity('1000m').isInteger() && quantity('12k').asInteger() == 12000",
        "semver('1.2.3-rc.1').isLessThan(semver('1.2.3')) && semver('v1.2', true).minor() == 2",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') && !isIP('010.0.0.1') && ip('::1').isLoopback()",
        "url('https://a.b:80/c%20d?x=1&x=2').getQuery() == {'x': ['1', '2']}",
        "url('https://u@[::1]:80/c').getHostname() == '::1' && url('HTTPS://a/').getScheme() == 'https'",
        "format.dns1123Label().validate('a.b').value().size() == 1",
        "!format.named('nothing').hasValue() && format.named('uri').value() == format.uri()",
        "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && [3, 1].sortBy(x, x) == [1, 3]",
        "[[1], [2]].flatten() == [1, 2] && lists.range(3).sum() == 3 && [1, 1].distinct() == [1]",
        "sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2])",
        "{'a': {}}.?a.b.orValue('c') == 'c' && optional.ofNonZeroValue('').orValue('z') == 'z'",
        "[?optional.none(), 'a'] == ['a'] && ['a'][?1].or(optional.of('b')).value() == 'b'",
        "type(1) == int && type(timestamp('2026-01-31T09:30:00Z')) == google.protobuf.Timestamp",
        "'abc'.matches('^a.c$') && !'abc'.matches('^b')",
    ],
)
def test_what_is_true(text):
    assert value(text) is True


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9223372036854775807 + 1 == 0", "overflow"),
        ("1 / int('0') == 0", "division by zero"),
        ("[1][int('1')] == 1", "out of bounds"),
        ("{'a': 1}['b'] == 1", "no such key"),
        ("dyn('a') + 1 == 1", "cannot be applied"),
        ("timestamp('2026-02-30T00:00:00Z' + '') == timestamp('2026-01-31T09:30:00Z')", "no time"),
        ("optional.none().value() == 1", "no value"),
        ("'a'.matches('[' + '')", "regular expression"),
        ("[1 / int('0')].sort() == [1] || true", "division by zero"),
    ],
)
def test_what_comes_to_no_value(text, why):
    with pytest.raises(Failure, match=why):
        value(text)


@pytest.mark.parametrize(
    "text",
    [
        "lists.range(100000000).size() > 0",
        "lists.range(3000).all(x, lists.range(3000).all(y, x + y >= 0))",
        "lists.range(999).map(x, 'aaaaaaaaaaaa').join().replace('a', lists.range(9999).map(x, 'aaaaa').join()) == ''",
        "lists.range(20000).transformMap(i, v, v).size() > 0",
        "'%.999999999f'.format([1.0]) == ''",
    ],
)
def test_what_takes_too_much_is_given_up(text):
    begun = time.process_time()
    with pytest.raises(GivenUp):
        value(text)
    assert time.process_time() - begun < 4


def test_many_steps_are_fine():
    assert MOST_STEPS > 100_000
    assert value("lists.range(5000).map(x, x * 2).filter(x, x % 3 == 0).size() == 1667") is True
