"""Every hole of a template is one whole YAML node or key: nothing else is accepted, and no value breaks out of it."""

import math
import re
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.errors import InputError
from generator.k8syaml import MAX_DEPTH, dump, load_all
from generator.rendering.holes import MARK
from generator.rendering.render import RenderError, assemble, spans_of
from generator.rendering.sandbox import Engine
from generator.rendering.skeleton import Draft

PATH = "environments/test/rendered/web/web.yaml"


@lru_cache
def engine(template):
    return Engine({"web/web.yaml.j2": template})


def manifest(template, **context):
    pieces = engine(template).pieces("web/web.yaml.j2", context)
    return assemble(PATH, "web/web.yaml.j2", Draft(pieces), "environments/test/services/web.yaml", ())


def objects(template, **context):
    return list(manifest(template, **context).objects)


def refused(template, kind=InputError, **context):
    with pytest.raises(kind) as caught:
        manifest(template, **context)
    return caught.value


NASTY = ["\n", "a\n\nb\n\n", "a: b", "- a", " #", "---", "...", "{{ a }}", "{% raw %}", "!!python/object:os.system x"]
NASTY += [
    "&a",
    "*a",
    "<<",
    "yes",
    "0777",
    "1e3",
    "~",
    "",
    " ",
    "\t",
    "'",
    '"',
    "\\",
    "a\x85b",
    "\u2028",
    "\ufeff",
    "`|@%",
]
NASTY += [
    "|\n  x",
    ">-",
    "? a",
    ": ",
    "a:\n  b: c",
    "\n---\nkind: Secret",
    "key: 1 # no",
    MARK,
    f"{MARK}0{MARK}",
    "\r\n",
    "\x00",
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(NASTY)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-(2**53), max_value=2**53)
    | texts
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
)

EVERYWHERE = """\
value: {{ v }}
map:
  deep: {{ v }}
  after: 1
key:
  {{ k }}: {{ v }}
key-of-a-map:
  {{ k }}:
    inner: {{ v }}
items:
- {{ v }}
- - {{ v }}
  - 2
- name: {{ v }}
  next: {{ v }}
"quoted": {{ v }}
---
second: {{ v }}
"""


@given(v=values, k=texts)
def test_whatever_the_value_the_structure_is_the_templates(v, k):
    assert objects(EVERYWHERE, v=v, k=k) == [
        {
            "value": v,
            "map": {"deep": v, "after": 1},
            "key": {k: v},
            "key-of-a-map": {k: {"inner": v}},
            "items": [v, [v, 2], {"name": v, "next": v}],
            "quoted": v,
        },
        {"second": v},
    ]


names = st.from_regex(r"[a-z]{1,4}", fullmatch=True)
holes = st.just(None)
shapes = st.dictionaries(
    names,
    st.recursive(
        holes | names,
        lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(names, inner, min_size=1, max_size=3),
        max_leaves=8,
    ),
    min_size=1,
    max_size=4,
)


@given(shape=shapes, data=st.data())
def test_whatever_the_template_the_values_stand_in_its_holes(shape, data):
    filled = []

    def marked(node):
        """The shape with a name for each hole, and a value drawn for it."""
        if isinstance(node, dict):
            return {key: marked(inner) for key, inner in node.items()}
        if isinstance(node, list):
            return [marked(inner) for inner in node]
        if node is not None:
            return f"={node}"
        filled.append(data.draw(values))
        return f"HOLE{len(filled) - 1}E"

    def meant(node):
        if isinstance(node, dict):
            return {key: meant(inner) for key, inner in node.items()}
        if isinstance(node, list):
            return [meant(inner) for inner in node]
        return filled[int(node[4:-1])] if node.startswith("HOLE") else node

    skeleton = marked(shape)
    template = re.sub("HOLE([0-9]+)E", r"{{ v[\1] }}", dump(skeleton))
    assert objects(template, v=filled) == [meant(skeleton)]


@pytest.mark.parametrize("value", NASTY)
def test_nasty_texts_stay_texts(value):
    assert objects(EVERYWHERE, v=value, k=value)[1] == {"second": value}


INDENTS = ["", "  ", "    "]
STARTS = [
    "key: ",
    "k2: ",
    "- ",
    "- a: ",
    "{{ a }}: ",
    "key: |",
    "key: >-",
    "key:",
    "-",
    "key: [",
    'key: "',
    "key: !!str ",
    "# ",
    "x",
]
ENDS = ["", "{{ a }}", "{{ a }}", "{{ a }}", "text", " # comment", '"', "]", "{% if true %}", "{# c #}"]
lines = st.tuples(st.sampled_from(INDENTS), st.sampled_from(STARTS), st.sampled_from(ENDS)).map("".join)


@given(template=st.lists(lines, min_size=1, max_size=4).map(lambda found: "\n".join(found) + "\n"), value=values)
def test_whatever_is_around_a_hole_it_is_refused_or_holds_the_value_and_nothing_else(template, value):
    try:
        meant = objects(template, a="a-plain-word")
        found = objects(template, a=value)
    except (InputError, AttributeError):  # AttributeError: a manifest without objects is None
        return
    assert found == [put(document, value) for document in meant if put(document, value) is not None]


def put(node, value):
    """A document with the value in place of the plain word."""
    if isinstance(node, dict):
        return {(str(value) if key == "a-plain-word" else key): put(inner, value) for key, inner in node.items()}
    if isinstance(node, list):
        return [put(inner, value) for inner in node]
    return value if node == "a-plain-word" else node


REFUSED = {
    "x-{{ a }}\n": "write {{ 'x-' ~ a }}",
    "k: x-{{ a }}.{{ b }}\n": "write {{ 'x-' ~ a ~ '.' ~ b }}",
    'k: "{{ a }}"\n': "write {{ a }}",
    "k: 'x{{ a }}'\n": "write {{ 'x' ~ a }}",
    "k: {{ a }}: 1\n": "write {{ a ~ ': 1' }}",
    "k: !!str {{ a }}\n": "not a whole YAML node",
    "k: &x {{ a }}\n": "not a whole YAML node",
    "k: | {{ a }}\n": "not a whole YAML node",
    "{{ a }} : 1\n": "not a whole YAML node",
    "k:{{ a }}\n": "not a whole YAML node",
    "? {{ a }}\n": "not a whole YAML node",
    "-  {{ a }}\n": "not a whole YAML node",
    "k: [{{ a }}]\n": "inside { } or [ ]",
    "k: {x: {{ a }}}\n": "inside { } or [ ]",
    "# {{ a }}\n": "inside a comment",
    "k: v # {{ a }}\n": "inside a comment",
    "k: {{ a }} # why\n": "a comment behind {{ }}",
    "{{ a }}\n": "alone on its line",
    "k:\n  {{ a }}\n": "alone on its line",
    "k: {{ }}\n": "without an expression",
    "k: {{- a }}\n": "leave out the - or +",
    "k: {{ a -}}\n": "leave out the - or +",
    "{%- if a %}\n{% endif %}\n": "leave out the - or +",
    "{% if a +%}\n{% endif %}\n": "leave out the - or +",
    "{#- a #}\n": "leave out the - or +",
    "{% raw -%}\n{% endraw %}\n": "leave out the - or +",
    "k: {% if a %}x{% endif %}\n": "write `k: {{ a if condition else b }}`",
    "{% if a %}k: 1\n{% endif %}\n": "a line of its own",
    "{% if a %}{{ a }}: 1\n{% endif %}\n": "a line of its own",
    "k: v {# why #}\nl: w\n": "a line of its own",
    "{% print a %}\n": "the tag 'print'",
    "{% filter upper %}\n{% endfilter %}\n": "the tag 'filter'",
    "{% autoescape true %}\n{% endautoescape %}\n": "the tag 'autoescape'",
    "{% call m() %}\n{% endcall %}\n": "the tag 'call'",
    "{% do a %}\n": "the tag 'do'",
    f"k: {MARK}\n": "private character",
}


@pytest.mark.parametrize(("template", "message"), REFUSED.items(), ids=REFUSED)
def test_what_is_no_whole_node_is_refused_when_the_template_is_loaded(template, message):
    # Inside of `if false`, so that it is not the rendering which fails.
    error = refused("top: 1\n{% if false %}\n" + template + "{% endif %}\n", a="v", b="w")
    assert message in error.what
    assert error.where.path == "templates/web/web.yaml.j2"
    assert error.where.text in template.split("\n")


def test_an_error_points_at_the_line_of_the_expression():
    error = refused("a: 1\nb: x-{{\n  a\n}}\n", a="v")
    assert (error.where.line, error.where.text) == (2, "b: x-{{")


MISPLACED = {
    "script: |\n  run: {{ a }}\n": 2,
    'text: "\n  run: {{ a }}"\n': 2,
    "flow: {\n  run: {{ a }}\n  }\n": 2,
    "flow: [\n  x: {{ a }}\n  ]\n": 2,
    "key: {{ a }}\n  deeper: 1\n": 1,
    "key: {{ a }}\n  more text\n": 1,
    "- {{ a }}\n  more\n": 1,
    "key: {{ a }}\n    # a comment that becomes part of the text\nnext: 1\n": 1,
}


@pytest.mark.parametrize("value", ["a\nb\n", {"x": 1}, ["x"], "p, q: r"])
@pytest.mark.parametrize(("template", "line"), MISPLACED.items(), ids=MISPLACED)
def test_a_place_that_only_the_rendered_text_shows_is_never_written_wrong(template, line, value):
    try:
        found = objects(template, a=value)
    except InputError as error:
        assert error.where is not None
        assert error.where.path == "templates/web/web.yaml.j2"
        assert error.where.line in (line, line + 1)
    else:  # a comment or braces around a value that they do not touch
        assert value in _nodes(found)


def _nodes(node):
    yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _nodes(inner)


def test_inside_a_block_of_text_is_refused():
    with pytest.raises(RenderError, match="not the whole YAML node"):
        manifest("script: |\n  run: {{ a }}\n", a="x")


def test_a_comment_cannot_become_part_of_a_text():
    with pytest.raises(RenderError, match="not the whole YAML node"):
        manifest("key: {{ a }}\n    # secret\nnext: 1\n", a="x\ny\n")


def test_broken_yaml_names_the_rendered_and_the_template_line():
    error = refused("a: 1\nb: [\nc: {{ a }}\n", RenderError, a=1)
    assert error.where.path == "templates/web/web.yaml.j2"
    assert error.origins[0][1].path == PATH
    assert error.origins[0][1].line == error.where.line + 1  # the first line says who wrote the file


def test_two_equal_keys_are_an_error():
    error = refused("m:\n  a: 1\n  {{ k }}: 2\n", RenderError, k="a")
    assert (error.where.line, error.origins[0][1].text) == (3, "  a: 2")


def test_texts_of_macros_and_set_blocks_are_one_value():
    template = """\
{% macro entry(x) %}
a: {{ x }}
{% endmacro %}
{% set block %}
- {{ v }}
{% endset %}
macro: {{ entry(v) }}
twice: {{ entry(entry(v)) }}
set: {{ block }}
safe: {{ v | safe }}
"""
    (found,) = objects(template, v="x: y\n- z")
    inner = {"a": "x: y\n- z"}
    assert load_all(found["macro"]) == [inner]
    assert load_all(load_all(found["twice"])[0]["a"]) == [inner]
    assert load_all(found["set"]) == [["x: y\n- z"]]
    assert found["safe"] == "x: y\n- z"


def test_templates_share_text_by_include_extends_and_blocks():
    texts = {
        "base/a.yaml.j2": "kind: {{ kind }}\n{% block spec %}\nspec: {}\n{% endblock %}\n",
        "web/a.yaml.j2": '{% extends "base/a.yaml.j2" %}\n{% block spec %}\nspec:\n'
        '{% include "_lib/x.j2" %}\n{% endblock %}\n',
        "_lib/x.j2": "  x: {{ x }}",
    }
    pieces = Engine(texts).pieces("web/a.yaml.j2", {"kind": "on", "x": {"a": [1]}})
    made = assemble(PATH, "web/a.yaml.j2", Draft(pieces), "o", tuple(spans_of(pieces)))
    assert made is not None
    assert made.objects == ({"kind": "on", "spec": {"x": {"a": [1]}}},)
    assert str(made.template_line(2)) == "templates/base/a.yaml.j2:1"
    assert str(made.template_line(3)) == "templates/web/a.yaml.j2:3"
    assert [str(made.template_line(line)) for line in (4, 5, 6)] == ["templates/_lib/x.j2:1"] * 3


def test_control_lines_leave_no_trace():
    template = "{# head #}\na:\n{% for x in v %}\n  {% if x %}\n- {{ x }}\n  {% endif %}\n{% endfor %}\nb: 1\n"
    assert manifest(template, v=[1, 0, 2]).text.split("\n", 1)[1] == "a:\n- 1\n- 2\nb: 1\n"


def test_raw_text_may_hold_braces():
    assert objects("a: 1\n{% raw %}\nb: '{{ $labels.pod }}'\n{% endraw %}\n") == [{"a": 1, "b": "{{ $labels.pod }}"}]


def test_a_manifest_without_objects_is_none():
    assert manifest("{% if false %}\na: 1\n{% endif %}\n# only a comment\n") is None


def test_null_is_null_and_keys_may_be_numbers():
    assert objects("a: {{ none }}\n{{ 8080 }}: {{ 80 }}\n") == [{"a": None, "8080": 80}]


@pytest.mark.parametrize(
    ("expression", "message"),
    {
        "missing": "'missing' is not defined",
        "v.nme": "'nme' is not defined here; did you mean 'name'?",
        "[v.nme]": "'nme' is not defined here",
        "v if false": "no `else`",
        "v | map('upper')": "| list",
        "range": "no YAML value",
        "{1.5: 2}": "a key is a string",
        "'\\ud800'": "half of a character",
    }.items(),
)
def test_what_cannot_be_written_is_an_error_on_its_line(expression, message):
    error = refused(f"a: 1\nb: {{{{ {expression} }}}}\n", v={"name": 1})
    assert message in error.what
    assert (error.where.line, error.where.text) == (2, f"b: {{{{ {expression} }}}}")


@pytest.mark.parametrize("key", ["none", "true", "[1]", "'k' * 2", "long"])
def test_what_is_no_key_is_an_error(key):
    assert refused(f"{{{{ {key} }}}}: 1\n", long="k" * 2000).where.line == 1


def test_values_nested_too_deeply_are_an_error():
    deep: object = 1
    for _ in range(MAX_DEPTH + 2):
        deep = [deep]
    assert "levels" in refused("a: {{ v }}\n", v=deep).what


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_of_json_is_an_error(number):
    assert "not a number that Kubernetes can hold" in refused("a: {{ v }}\n", v=number).what


@pytest.mark.parametrize("number", [0.1, 1e300, 5e-324, 1.0676809313315038e17, -0.0, 2**64 - 1])
def test_numbers_are_written_exactly(number):
    assert float(objects("a: {{ v }}\n", v=number)[0]["a"]) == float(number)
