"""Templates that would take all time or all memory end at their line, in less than 100 ms of computing."""

from __future__ import annotations

from functools import partial

import pytest

from generator.errors import InputError
from generator.rendering.filters import MAX_DIGITS
from generator.rendering.sandbox import MAX_TAG, MAX_TAGS, Engine
from generator.rendering.steps import MAX_STEPS
from tests.pace import timed

MOST = 0.1
"""Seconds of computing."""

NAME = "t/t.yaml.j2"
CONTEXT = {"long": "x" * 900_000, "other": "x" * 899_999 + "y", "ten": list(range(10)), "digits": "1" * 4_000}
LOOP, END = "{% for a in range(10000) %}\n", "{% endfor %}\n"


def repeated(body, times=1):
    """A statement in so many loops."""
    return LOOP * times + body + "\n" + END * times


def grown(expression, start, more=""):
    """Something that becomes `expression` of itself, `s.x`, 60 times, and what is done with it then."""
    loop = f"{{% set s = scope(x={start}) %}}\n{{% for i in range(60) %}}\n{{% set s.x = {expression} %}}\n{END}"
    return f"{loop}k: {{{{ {more} }}}}\n" if more else loop


TEXT, LIST = "'0123456789'", "[1]"
ENDLESS = {
    "loops in loops": repeated("{% set x = 1 %}", 3),
    "loops over a text": "{% for a in long %}\n{% for b in long %}\n{% set x = 1 %}\n" + END * 2,
    "loops over ten values": "".join(f"{{% for x{n} in ten %}}\n" for n in range(9)) + "{% set x = 1 %}\n" + END * 9,
    "a loop that leaves out all": LOOP + "{% for b in range(10000) if false %}\n" + END * 2,
    "~": grown("s.x ~ s.x", TEXT),
    "+": grown("s.x + s.x", TEXT),
    "+ of lists": grown("s.x + s.x", LIST),
    "join": grown("[s.x, s.x] | join", TEXT),
    "a long text between": "k: {{ range(10000) | join(long) }}\n",
    "replace": grown("s.x | replace('0', s.x)", TEXT),
    "the method replace": grown("s.x.replace('0', s.x)", TEXT),
    "a text for each letter": "k: {{ long | replace('x', long) }}\n",
    "a list of lists": grown("[s.x, s.x]", LIST, "s.x"),
    "a map of maps": grown("{'a': s.x, 'b': s.x}", LIST, "s.x"),
    "its text": grown("[s.x, s.x]", LIST, "s.x | string"),
    "its text in another": grown("[s.x, s.x]", LIST, "s.x ~ ''"),
    "its checksum": grown("[s.x, s.x]", LIST, "s.x | checksum"),
    "its capitals": grown("[s.x, s.x]", LIST, "s.x | upper"),
    "it as a key": grown("(s.x, s.x)", "(1,)", "{s.x: 1} | length"),
    "it as a name": grown("[s.x, s.x]", LIST, "{'a': 1}[s.x]"),
    "it for a method": grown("(s.x, s.x)", "(1,)", "{'a': 1}.get(s.x)"),
    "it beside itself": grown("[s.x, s.x]", LIST)
    + grown("[s.x, s.x]", LIST).replace("s.", "t.").replace("s =", "t =")
    + "k: {{ s.x == t.x }}\n",
    "it in a list": grown("[s.x, s.x]", LIST, "1 in [1] and [1] in s.x"),
    "it sorted": grown("[s.x, s.x]", LIST, "[s.x, s.x] | sort"),
    "a macro that calls itself twice": "{% macro f(n) %}\n{% if n > 0 %}\n"
    + "{% set x = f(n - 1) %}\n" * 2
    + "{% endif %}\n{% endmacro %}\n{% set x = f(60) %}\n",
    "a template that includes itself twice": "{% set n = (n | default(60)) - 1 %}\n{% if n > 0 %}\n"
    + f"{{% include '{NAME}' %}}\n" * 2
    + "{% endif %}\n",
    "filters of a long text": repeated("{% set x = long | upper %}"),
    "methods of a long text": repeated("{% set x = long.upper() %}"),
    "parts of a long text": repeated("{% set x = long[1:] %}"),
    "long texts compared": repeated("{% set x = long == other %}"),
    "many values sorted": repeated("{% set x = range(10000) | sort %}"),
    "many values listed": repeated("{% set x = range(10000) | list %}"),
    "many values changed": repeated("{% set x = range(10000) | map('string') | list %}"),
    "many values sought": repeated("{% set x = range(10000) | select('odd') | list %}"),
    "calls": repeated("{% set x = loop.cycle(1, 2) %}", 2),
}
REFUSED = {
    "a sum of lists": ("k: {{ [[1]] | sum(start=[]) }}\n", "'sum' is only for numbers"),
    "many digits": ("k: {{ digits | int }}\n", f"a number of more than {MAX_DIGITS} characters"),
    "many percent": ("k: {{ digits | percent }}\n", f"a number of more than {MAX_DIGITS} characters"),
    "a macro that calls itself": ("{% macro f() %}\n{% set x = f() %}\n{% endmacro %}\n{% set x = f() %}\n", "deeply"),
    "a loop that calls itself": (
        "{% for x in [1] recursive %}\n" + "{% set a = loop([1, 2]) %}\n" * 2 + END,
        "recursive",
    ),
    "a block that shows itself": ("{% block b %}\n{% set x = self.b() %}\n{% endblock %}\n", "nested too deeply"),
}
UNREAD = {
    "many tags": ("{% set x = 1 %}\n" * (MAX_TAGS + 1), "2,000 tags"),
    "many holes": ("k: {{ x }}\n" * (MAX_TAGS + 1), "2,000 tags"),
    "a long sum": (f"k: {{{{ 1{' + 1' * MAX_TAG} }}}}\n", "10,000 characters in one tag"),
    "brackets": (f"k: {{{{ {'(' * MAX_TAG} }}}}\n", "10,000 characters in one tag"),
    "many ifs": ("{% if 1 %}\n" * 500 + "{% endif %}\n" * 500, "nested too deeply"),
}


def refused(text):
    """How many seconds of computing it takes to refuse a template, and what is said."""
    seconds: list[float] = []
    error = None
    while len(seconds) < 10 and min(seconds, default=MOST) >= MOST:  # others may be at work on this machine
        took, error = timed(partial(refusal, text))
        seconds.append(took)
    return min(seconds), error


def refusal(text):
    """What is said of a template."""
    with pytest.raises(InputError) as caught:
        Engine({NAME: text}).pieces(NAME, CONTEXT)
    return caught.value


def test_a_template_that_does_not_end_is_refused_at_its_line_and_at_once():
    steps = f"it takes more than {MAX_STEPS:,} steps"
    attacks = {name: (text, steps) for name, text in ENDLESS.items()} | REFUSED
    for name, (text, what) in attacks.items():
        seconds, error = refused(text)
        assert what in error.what and error.next == "mend the template", f"{name}: {error}"
        assert error.where.path == f"templates/{NAME}" and error.where.text in text.split("\n"), (
            f"{name}: {error.where}"
        )
        assert seconds < MOST, f"{name}: {seconds:.3f} s"


def test_a_template_that_is_too_much_to_compile_is_refused_at_once():
    for name, (text, what) in UNREAD.items():
        seconds, error = refused(text)
        assert what in error.what and error.where.path == f"templates/{NAME}" and error.next, f"{name}: {error}"
        assert seconds < MOST, f"{name}: {seconds:.3f} s"


def test_what_is_large_but_honest_is_written():
    text = "{% for name in names | sort if name %}\n- {{ (name ~ '-' ~ loop.index) | upper }}\n{% endfor %}\n"
    names = [f"name-{number}" for number in range(2_000)]
    assert len(Engine({NAME: text}).pieces(NAME, {"names": names})) == 6_000
    files = (
        "sum: {{ files | checksum }}\n{% for name, text in files | dictsort %}\n{{ name }}: {{ text }}\n{% endfor %}\n"
    )
    written = Engine({NAME: files}).pieces(NAME, {"files": {"a": "x" * 500_000, "b": "y" * 500_000}})
    assert sum(map(len, written)) > 1_000_000


def test_the_same_template_takes_the_same_steps_each_time():
    engine = Engine({NAME: "{% for a in range(8000) %}\n{% set x = a ~ 'b' %}\n{% endfor %}\nk: 1\n"})
    for _ in range(20):
        assert "".join(engine.pieces(NAME, {})) == "k: 1\n"
