"""Templates that ask all there is to ask of values, and values that answer differently."""

import re

from generator.errors import InputError
from generator.own_files.templates import ManifestFile
from generator.rendering.filters import MIRRORS
from generator.rendering.replay import Replay, run
from generator.rendering.sandbox import Engine

DEFAULTS = {"fixed": {"k": "x", "n": 1}, "nothing": None}
LIBRARY = {
    "t/included.j2": "in: {{ v.a }}\n",
    "t/names.j2": (
        "{% set named = service ~ '-x' %}\n{% set kept = v.a %}\n{% macro say(x) %}\ns: {{ x }}\n{% endmacro %}\n"
    ),
    "t/blocks.j2": "{% set block %}\nb: {{ v.a }}\n{% endset %}\n",
    "t/parent.j2": "p: {{ v.b }}\n{% block inner %}\ni: 1\n{% endblock %}\n",
}
EXPRESSIONS = """
v.a | v.n | v.m | v.l | v | service | image | namespace | labels | images | environment.name | v.fixed.k | v.nothing
v.a ~ '-' ~ v.n | v.a ~ v.b | (v.a ~ 'b') == v.b | v.a == v.b | v.a != 'a' | v.a < v.b | v.n > 1 | v.n == 1
v.a in v.l | 'a' in v.l | 'a' in v.a | v.a in 'abc' | v.a in ['a', 'x'] | v.a in v.m | v.b in v.m.values()
v.n in [1] | 'a' in v.m | v.m == {'a': 'a'} | [v.a] == v.l | {'k': v.a} == {'k': v.b} | v.l == v.l | v.a is eq v.b
v.a is in v.l | not v.a | v.a and v.b | v.a or v.b | 1 if v.a else 2 | 1 if v.n == 1 else v.n | v.n + 1 | v.n - 1
1 - v.n | -v.n | v.n * 2 | 2 * v.n | v.n / 2 | v.n // 2 | v.n % 2 | [v.a] + v.l | v.a + v.b | v.l[0] | v.l[v.n - 1]
v.l[:v.n] | v.l[v.n:] | v.a[0] | v.a[:1] | v.m[v.a] if v.a in v.m else 'z' | v.m.get(v.a) | v.m.get(v.a, v.b)
v.m.get('zz', v.a) | v.m.get('a', v.b) | v.m.items()|list | v.m.keys()|list | v.m.values()|first | v.a.upper()
v.a.startswith('a') | v.a.replace('a', v.b) | v.a.find(v.b) | v.a.split('a') | 'abc'.find(v.a) | 'abc'.startswith(v.a)
'-'.strip(v.a) | {v.a: 1} | {'k': v.a} | {v.a: v.b} | [v.a, [v.b, {'k': v.n}]] | range(v.n)|list
range(1, v.n + 1)|list | scope(x=v.a).x | scope(x=v.l).x[0] | images[service] | images.web
images.get(service, 'none') | 'web' in images | images|length | images|list | (images|merge({})).keys()|list
images['web'] if 'web' in images else 'no' | images == {'web': image} | labels.x | labels|merge({'a': v.a})
{'a': 1}|merge(v.m) | v.m|without('a') | v.m|without(v.a) | v.a|default('d', true) | v.missing|default(v.a)
v.nothing|default(v.a, true) | v.a|required(v.b, 'no') | v.a|length | v.l|length | v.l|join('-') | v.l|join(v.a)
v.l|map('upper')|list | v.l|select('eq', v.a)|list | v.l|reject('eq', 'a')|list | v.l|sort | v.l|unique|list | v.l|max
v.l|first | v.l|last | v.a|first | v.a|last | v.a|list | v.a|string | v.n|string | v.m|string | v.m|checksum
[v.a]|checksum | v.l|checksum ~ v.a | (v.a|string) == 'a' | (v.n|string) in ['1'] | (v.a ~ '')|upper
(v.m|checksum)[:2] | (service ~ '-x')|length | v.a|int | v.n|int | v.n|percent | v.a|replace('a', v.b)
v.a|truncate(1) | v.n|float | v.n|round | v.n|abs | v.m|dictsort | [{'k': v.a}, {'k': v.b}]|map(attribute='k')|list
[{'k': v.a}]|groupby('k')|list | v.m|items|list | [{'k': v.a}, {'k': v.b}]|selectattr('k', 'eq', 'a')|list
[{'k': v.n}]|sum(attribute='k') | v.a|urlencode | v.a is string | v.n is integer | v.n is odd | v.a is lower
v.a is sameas(v.b) | v.m is mapping | v.a is iterable | v.n is divisibleby(2) | v.a is none | v.missing is defined
v.a is sequence | v.n is boolean | v.n is true | v.a is filter | v.a is test | v.n is number | names.named
names.kept | names.kept == 'a' | names.say(v.a) | blocks.block | names | 'image:1'|mirrored | image|mirrored
v.a|upper | v.a|lower | v.a|title | v.a|trim | v.a|capitalize | v.a|count | v.a|reverse | v.l|reverse|list | v.n|min
"""
CHOICES = [
    "k: {{{{ {0} }}}}",
    "- {{{{ {0} }}}}",
    "{{{{ {0} }}}}: 1",
    "{{% if {0} %}}\ny: 1\n{{% else %}}\nn: {{{{ v.a }}}}\n{{% endif %}}",
    "{{% for x in {0} %}}\nx: {{{{ x }}}}\nf: {{{{ loop.first }}}}\n{{% endfor %}}",
    "{{% for x in v.l if x == {0} %}}\nx: {{{{ x }}}}\n{{% endfor %}}",
    "{{% for x in v.l %}}\n{{% if loop.changed({0}) %}}\nx: {{{{ x }}}}\n{{% endif %}}\n{{% endfor %}}",
    "{{% for x in v.l %}}\nl: {{{{ loop.cycle(v.a, {0}) }}}}\n{{% endfor %}}",
    "{{% set x = {0} %}}\n{{% set y = scope(z=x) %}}\n{{% set y.w = x %}}\nz: {{{{ y.z }}}}\nw: {{{{ [y.w] }}}}",
    "{{% set x %}}\nq: {{{{ {0} }}}}\n{{% endset %}}\nz: {{{{ x }}}}",
    "{{% with x = {0} %}}\nz: {{{{ x }}}}\n{{% endwith %}}",
    '{{% include "t/included.j2" %}}\nz: {{{{ {0} }}}}',
    '{{% from "t/names.j2" import named, say with context %}}\nz: {{{{ named }}}}\ny: {{{{ say({0}) }}}}',
    "{{% block one %}}\nz: {{{{ {0} }}}}\n{{% endblock %}}",
    '{{% extends "t/parent.j2" %}}\n{{% block inner %}}\nz: {{{{ {0} }}}}\n{{% endblock %}}',
]


FILTERS = set(Engine({}).sandbox.filters)
EVERY = [one for line in EXPRESSIONS.strip().splitlines() for one in line.split(" | ")]
TESTS = set(Engine({}).sandbox.tests)
"""Whatever filters and tests there are, with what a watched value can be to them."""
OF_ALL = [
    *(
        f"{value} | {name}"
        for name in sorted(FILTERS - {"_node"})
        for value in ("v.a", "v.n", "v.l", "v.m", "[v.a, v.b]")
    ),
    *(f"'ab' | {name}(v.a)" for name in sorted(FILTERS - {"_node"})),
    *(f"{value} is {name}" for name in sorted(TESTS) if name.isidentifier() for value in ("v.a", "v.n", "v.m", "v.l")),
    *(f"v.a is {name}(v.b)" for name in sorted(TESTS) if name.isidentifier()),
]


def _imports(text):
    named = (name for name in ("names", "blocks") if name in text)
    return "".join(f'{{% import "t/{name}.j2" as {name} with context %}}\n' for name in named)


def _whole(text):
    return re.sub(r"\bv\b", "values", text)


class Asked:
    """A template with one file."""

    def __init__(self, text, when=None):
        texts = {**LIBRARY, "t/t.j2": f"{_imports(text)}{text}\n"}
        self.texts = {name: _whole(text) for name, text in texts.items()}
        self.files = (ManifestFile("t.j2", "t", when and _whole(when)),)
        self.lowest = DEFAULTS

    def when_location(self, name):
        return None


def context(service, a, b, n, items):
    """What a template sees that is asked about these values."""
    return context_of(service, {"a": a, "b": b, "n": n, "m": {"a": a, "b": b}, "l": [*items], **DEFAULTS})


def context_of(service, values):
    """What a template sees of a service with these values."""
    image = f"ghcr.io/acme/{service}:1"
    return {
        "service": service,
        "environment": {"name": "test", "namespace": "shop"},
        "namespace": "shop",
        "image": image,
        "images": {service: image},
        "labels": {"x": service},
        "values": values,
        MIRRORS: {"ghcr.io": "mirror.local"},
    }


TEXTS = ["a", "b", "ab", "x", "1", "on", "A"]
CONTEXTS = [
    context("web", "a", "b", 1, ["a", "b"]),
    context("api", "b", "b", 2, ["a", "a"]),
    context("web2", "x", "a", 3, ["b", "x"]),
    context("web", "ab", "a", 2, ["ab", "1"]),
    context("b", "on", "A", 1, ["A", "A"]),
]


def outcome(runs):
    """What was written, or that it cannot be."""
    try:
        return [
            (
                file.name,
                draft.text,
                repr(draft.objects),
                [(str(piece), piece.line, repr(piece.value), piece.mark) for piece in draft.pieces],
            )
            for file, draft in runs
        ]
    except InputError as error:
        return error.what, error.where, error.next


def held(asked, contexts):
    """Replays all contexts, twice over so that there are courses to replay, and compares each with a run."""
    engine = Engine(asked.texts)
    replayed = Replay(asked, engine)
    for one in [*contexts, *contexts, *contexts]:
        assert outcome(replayed.runs(one)) == outcome(run(asked, engine, one)), asked.texts["t/t.j2"]
    return replayed
