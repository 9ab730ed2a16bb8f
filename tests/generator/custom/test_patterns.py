"""Regular expressions of Go's mean the same to our validator."""

import jsonschema_rs
import pytest

from generator.custom.patterns import ecma, is_pattern

CASES = [
    ("^[[:alpha:]]+$", ["abc", "A"], ["a1", "", ":"]),
    ("^[[:digit:]_]+$", ["1_2"], ["a", ":"]),
    ("^[[:punct:]]$", ["!", "[", "~", "/"], ["a", " "]),
    ("^[:alpha:]$", ["a", ":", "l"], ["b"]),
    ("^[]a]+$", ["]", "a]"], ["b"]),
    ("^[^]a]$", ["b"], ["]", "a"]),
    ("^[a[]$", ["a", "["], ["b"]),
    ("^{a}$", ["{a}"], ["a"]),
    ("^a{2,3}$", ["aa", "aaa"], ["a", "a{2,3}"]),
    ("^a{,2}$", ["a{,2}"], ["a", "aa"]),
    (r"^\{a$", ["{a"], ["a"]),
    (r"^\p{L}{2}$", ["äb"], ["a"]),
    ("^[{]$", ["{"], ["a"]),
    ("(?i)^abc$", ["ABC"], ["abd"]),
    ("^[[:^alpha:]_]$", ["1", "ä", "_", "^"], ["a"]),
    ("^[^^]$", ["a"], ["^"]),
    (r"^[\w-.]+$", ["a-b."], ["a/b"]),
    (r"^\S+$", ["a\u00a0\u3000\v"], ["a b", "a\n"]),
    (r"^[\S]+$", ["a\u00a0"], ["a b"]),
    (r"^\s[\s]$", ["\t "], ["\u3000 ", " \v"]),
    (r"^\Qa.b[\E$", ["a.b["], ["axb["]),
    (r"^\a\0\101[\102]$", ["\x07\x00AB"], ["a0AB"]),
    (r"^\p{^L}$", ["1"], ["a"]),
    (r"^\<a\>$", ["<a>"], ["a"]),
    (r"^é\b", [], ["é", "é "]),
    ("^(?P<1>a)(?P<b>b)(?<b>c)$", ["abc"], ["ab"]),
    ("^(?)(?ii)a(?i-i)b$", ["Ab"], ["AB"]),
    (r"^[\[\]]+$", ["[]"], ["a"]),
]


@pytest.mark.parametrize(("pattern", "fitting", "others"), CASES)
def test_what_a_pattern_fits(pattern, fitting, others):
    assert is_pattern(pattern)
    validator = jsonschema_rs.Draft202012Validator(
        {"pattern": ecma(pattern)}, pattern_options=jsonschema_rs.RegexOptions()
    )
    assert [text for text in fitting if not validator.is_valid(text)] == []
    assert [text for text in others if validator.is_valid(text)] == []


@pytest.mark.parametrize("pattern", ["(", "[a", "{2}", "*", "(?=a)", r"(a)\1"])
def test_what_is_no_pattern_of_go(pattern):
    assert not is_pattern(pattern)
