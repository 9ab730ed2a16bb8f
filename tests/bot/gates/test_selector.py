"""Series selectors: read strictly, written so that no value can break out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gates.selector import SelectorError, parse, promql, quote
from bot.series import Matcher, Selector


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up", Selector("up")),
        (" job:errors:rate5m { } ", Selector("job:errors:rate5m")),
        ('a{b="c"}', Selector("a", (Matcher("b", "=", "c"),))),
        (
            'a{b=~"5..", c!="x" ,d!~\'y|z\',}',
            Selector("a", (Matcher("b", "=~", "5.."), Matcher("c", "!=", "x"), Matcher("d", "!~", "y|z"))),
        ),
        (r'a{b="\"}{\\\n\x41\101\u00e9\U0001f600"}', Selector("a", (Matcher("b", "=", '"}{\\\nAAé😀'),))),
        (r"a{b=`\d+`}", Selector("a", (Matcher("b", "=", r"\d+"),))),
        ("a{b=''}", Selector("a", (Matcher("b", "=", ""),))),
    ],
)
def test_reads(text, expected):
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "problem", "column"),
    [
        ("", "expected a metric name", 1),
        ('{__name__="a"}', "expected a metric name", 1),
        ("a{", "expected a label name", 3),
        ("a{b}", "expected one of", 4),
        ('a{b=="c"}', "expected a quoted string", 5),
        ("a{b=c}", "expected a quoted string", 5),
        ('a{b="c}', "no end", 5),
        ('a{b="c\n"}', "no end", 5),
        ("a{b=`c}", "no end", 5),
        ('a{b="c" d="e"}', "expected ',' or '}'", 9),
        ('a{,b="c"}', "expected a label name", 3),
        ('a{__name__="b"}', "in front of the braces", 3),
        ('a{b="c"}[5m]', "range is added", 9),
        ("rate(a)", "functions are not allowed", 5),
        ("a offset 5m", "expected the end", 3),
        ("a or b", "expected the end", 3),
        (r'a{b="\d"}', "unknown escape", 6),
        (r'a{b="\ud800"}', "unknown escape", 6),
        ("a" * 5000, "longer than", 4097),
    ],
)
def test_refuses(text, problem, column):
    with pytest.raises(SelectorError, match=problem) as caught:
        parse(text)
    assert caught.value.column == column
    assert f"column {column}" in caught.value.what
    assert caught.value.next


def test_the_pods_are_added_and_escaped():
    selector = parse('http_requests_total{code=~"5.."}')
    assert (
        promql(selector, Matcher("pod", "=~", 'web-"x"\\.y'))
        == r'http_requests_total{code=~"5..",pod=~"web-\"x\"\\.y"}'
    )
    assert promql(Selector("up")) == "up"


LABELS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "__name__")
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SELECTORS = st.builds(
    Selector,
    st.from_regex(r"[a-zA-Z_:][a-zA-Z0-9_:]{0,8}", fullmatch=True),
    st.lists(st.builds(Matcher, LABELS, st.sampled_from(["=", "!=", "=~", "!~"]), VALUES), max_size=4).map(tuple),
)


@given(SELECTORS)
def test_what_is_written_reads_back(selector):
    assert parse(promql(selector)) == selector


@given(VALUES)
def test_a_quoted_value_is_one_printable_line(value):
    assert quote(value).isprintable()


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        parse(text)
    except SelectorError as error:
        assert 1 <= error.column <= len(text) + 1
