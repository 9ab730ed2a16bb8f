"""Syntaxes: what is said in a way that compiles fast means the same as said plainly."""

from __future__ import annotations

import json

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from generator.checks.fields import syntax
from generator.checks.fields.rule import Rule

RULES = (
    syntax.label_key(),
    syntax.annotation_key(),
    syntax.qualified_name(),
    syntax.DOMAIN_PATH,
    syntax.EXTERNAL_NAME,
)
pieces = st.sampled_from(["a", "A", "0", "-", ".", "/", "_", "ä", " ", "\n", "a" * 63, "a" * 188, "a." * 63, "a" * 252])
texts = st.lists(pieces, max_size=6).map("".join)


def accepts(rule: Rule, length: str) -> jsonschema_rs.Draft202012Validator:
    written = json.dumps(rule.schema)
    assert syntax.NOT_TOO_LONG in written
    return jsonschema_rs.Draft202012Validator(json.loads(written.replace(syntax.NOT_TOO_LONG, length)))


VALIDATORS = [(accepts(rule, syntax.NOT_TOO_LONG), accepts(rule, "[^/]{1,253}")) for rule in RULES]


@given(texts)
def test_that_a_name_is_not_too_long_is_the_same_for_any_characters(text: str) -> None:
    for fast, plain in VALIDATORS:
        assert fast.is_valid(text) == plain.is_valid(text)


def test_a_domain_has_at_most_253_characters() -> None:
    for rule in (syntax.label_key(), syntax.annotation_key(), syntax.qualified_name(), syntax.DOMAIN_PATH):
        validator = accepts(rule, syntax.NOT_TOO_LONG)
        assert validator.is_valid("a" * 253 + "/a")
        assert not validator.is_valid("a" * 254 + "/a")
    address = accepts(syntax.EXTERNAL_NAME, syntax.NOT_TOO_LONG)
    assert [address.is_valid("a" * length + dot) for length in (253, 254) for dot in ("", ".")] == [1, 1, 0, 0]
