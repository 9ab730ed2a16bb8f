"""Quantities as k8s.io/apimachinery reads them."""

from decimal import Decimal

import pytest

from generator.quantity import amount, is_zero, quantity
from tests.pace import timed


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", "0"),
        ("100m", "0.1"),
        ("1", "1"),
        (2, "2"),
        (0.5, "0.5"),
        ("1.5Gi", str(3 * 2**29)),
        ("1k", "1000"),
        ("1Ki", "1024"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1E", "1000000000000000000"),
        ("12e-1", "1.2"),
        ("-5M", "-5000000"),
        ("+.5", "0.5"),
        ("1.", "1"),
        ("3n", "0.000000003"),
        ("2u", "0.000002"),
        ("1Ei", str(2**60)),
    ],
)
def test_what_is_a_quantity(text, number):
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1gi", "1mi", "1K", "0x10", "1e", "1e1000", "--1", "1Gib", "¼", "١"])
def test_what_is_none(text):
    assert quantity(text) is None


@pytest.mark.parametrize("value", [None, True, [], {}, "x"])
def test_other_values_are_no_amount(value):
    assert amount(value) is None


@pytest.mark.parametrize(
    ("value", "default", "zero"),
    [(0, 1, True), ("0%", 1, True), (None, 0, True), (None, "25%", False), (1, 0, False), ("10%", 0, False)],
)
def test_zero_is_a_number_or_a_percentage(value, default, zero):
    assert is_zero(value, default) is zero


def test_a_long_text_takes_no_longer_than_its_length():
    took, found = timed(lambda: quantity("1" * 50_000 + "a"))
    assert found is None
    assert took < 0.5
