"""Instruments made for gates: whatever the gate selects as bad is what a bad event counts."""

from pathlib import Path

import pytest

from bot.gates.selector import parse
from bot.series import Matcher
from bot.simulate.instrument import GRPC, HTTP, Counter, Instrument, counting, instruments, matches, selects
from generator.errors import InputError
from generator.own_files.load import load
from generator.policy import RatioGate, ThresholdGate
from generator.trees.tree import DiskTree

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("bad", "total", "good_labels", "bad_labels"),
    [
        ('r{code=~"5.."}', "r", {"code": "200"}, {"code": "500"}),
        ('r{grpc_code=~"Internal|Unknown"}', "r", {"grpc_code": "OK"}, {"grpc_code": "Internal"}),
        ('r{code!="OK"}', "r", {"code": "OK"}, {"code": "200"}),
        ('r{outcome="broken"}', 'r{job="web"}', {"job": "web", "outcome": "200"}, {"job": "web", "outcome": "broken"}),
        ('r{state=~"weird|odd"}', "r", {"state": "200"}, {"state": "weird"}),
        ('r{code=~"5..",job="web"}', 'r{job="web"}', {"code": "200", "job": "web"}, {"code": "500", "job": "web"}),
        ('r{code="500",m!="GET"}', 'r{m!="GET"}', {"code": "200", "m": "200"}, {"code": "500", "m": "200"}),
    ],
)  # fmt: skip
def test_one_metric_with_a_label_for_the_outcome(bad, total, good_labels, bad_labels):
    [found] = instruments([RatioGate("g", bad, total, 0.99)])
    [good], [failed] = found.good, found.bad
    assert (dict(good.labels), dict(failed.labels)) == (good_labels, bad_labels)
    assert selects(parse(total), "r", good_labels)
    assert not selects(parse(bad), "r", good_labels)
    assert selects(parse(bad), "r", bad_labels)
    assert selects(parse(total), "r", bad_labels)


def test_two_metrics_both_count_a_failure():
    [found] = instruments([RatioGate("g", "errors_total", 'requests_total{job="a"}', 0.99)])
    requests = Counter("requests_total", (("job", "a"),))
    assert found == Instrument((requests,), (requests, Counter("errors_total")))


def test_gates_that_count_alike_share_an_instrument_and_thresholds_need_none():
    gate = RatioGate("a", 'r{code="500"}', "r", 0.99)
    assert len(instruments([gate, RatioGate("b", gate.bad, gate.total, 0.999), ThresholdGate("t", "q", below=1)])) == 1


def test_the_services_of_a_repository_count_as_their_gates_want():
    tree = DiskTree(ROOT)
    found = counting(load(tree), tree)
    assert found["frontend"] == (HTTP,)
    assert found["checkoutservice"] == (GRPC,)
    assert "redis-cart" not in found


def test_a_gate_that_nothing_satisfies_is_named():
    with pytest.raises(InputError, match="'impossible'"):
        instruments([RatioGate("impossible", "r", "r", 0.99)])


@pytest.mark.parametrize(
    ("matcher", "value", "expected"),
    [
        (Matcher("a", "=", "x"), "x", True),
        (Matcher("a", "=", ""), None, True),
        (Matcher("a", "!=", "x"), None, True),
        (Matcher("a", "=~", "x"), "xy", False),  # anchored
        (Matcher("a", "=~", "x.*"), "xy", True),
        (Matcher("a", "!~", "x.*"), "xy", False),
        (Matcher("a", "=~", ".*"), None, True),
    ],
)
def test_matchers_match_as_in_prometheus(matcher, value, expected):
    assert matches(matcher, {} if value is None else {"a": value}) is expected
