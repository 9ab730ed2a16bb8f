"""Templates reach nothing but their values, and what they can use up in memory is limited where it can be."""

import pytest

from generator.errors import InputError, Location
from generator.k8syaml import load_all
from generator.rendering.filters import MIRRORS
from generator.rendering.provenance import located
from generator.rendering.sandbox import MAX_OUTPUT, MAX_PIECES, MAX_RANGE, MAX_TEMPLATE, Engine

CONTEXT = {"v": {"name": "web", "pop": "p", "items": "i"}, "text": "ab", "list": [1, 2]}


def written(expression, **context):
    pieces = Engine({"t/t.yaml.j2": f"k: {{{{ {expression} }}}}\n"}).pieces("t/t.yaml.j2", CONTEXT | context)
    return load_all("".join(pieces))[0]["k"]


ATTACKS = {
    "attributes": "v.__class__",
    "attributes by key": "v['__class__']",
    "attributes of texts": "text.__class__.__mro__",
    "attributes by filter": "v | attr('__class__')",
    "attributes by map": "[v] | map(attribute='__class__') | list",
    "attributes by sort": "[v, v] | sort(attribute='__class__')",
    "attributes by groupby": "[v] | groupby('__class__')",
    "format strings": "'{0.__class__}'.format(v)",
    "format maps": "'{v.__class__}'.format_map({'v': v})",
    "printf formats": "'%s' % v",
    "the format filter": "'%s' | format(v)",
    "jinja's globals": "cycler.__init__.__globals__",
    "jinja's objects": "self.__init__",
    "templates": "self._TemplateReference__context",
    "the context": "_context",
    "dunder of a range": "range.__call__",
    "changing a list": "list.append(3)",
    "changing a map": "v.update({'a': 1})",
    "chance": "list | random",
    "lorem ipsum": "lipsum()",
    "repeated text": "'a' * 1000000000",
    "repeated lists": "list * 1000000000",
    "products": " * ".join(["18446744073709551615"] * 5),
    "rounding": "2 | round(-100000000)",
    "powers": "10 ** 1000000000",
    "padding": "text.ljust(1000000000)",
    "padded formats": "'{:>1000000000}'.format(1)",
    "centred text": "text | center(1000000000)",
    "ranges": f"range({MAX_RANGE + 1}) | list",
    "sliced lists": "list | slice(1000000000) | list",
}


@pytest.mark.parametrize("expression", ATTACKS.values(), ids=ATTACKS)
def test_attacks_end_in_an_error_at_their_line(expression):
    with pytest.raises(InputError) as caught:
        written(expression)
    assert caught.value.where == Location("templates/t/t.yaml.j2", 1, None, f"k: {{{{ {expression} }}}}")


@pytest.mark.parametrize(
    ("expression", "value"),
    {
        "text.upper() ~ 1": "AB1",
        "v.pop": "p",
        "v['items']": "i",
        "v.get('none', 'x')": "x",
        "(v.items() | list)[0]": ["name", "web"],
        "range(3) | list": [0, 1, 2],
        "2 * 3 % 4": 2,
        "2.345 | round(1)": 2.3,
        "true | string": "true",
        "8080 | string": "8080",
        "text | string": "ab",
        "'70%' | percent": 70,
        "v | without('name', 'pop')": {"items": "i"},
        "{'a': 1} | merge({'b': 2}) | merge(none)": {"a": 1, "b": 2},
        "'ghcr.io/acme/web:1' | mirrored": "mirror.example/acme/web:1",
        "text | safe": "ab",
    }.items(),
)
def test_what_templates_can_use(expression, value):
    found = written(expression, **{MIRRORS: {"ghcr.io": "mirror.example"}})
    assert (type(found), found) == (type(value), value)


def test_a_checksum_changes_with_the_value_and_not_with_the_order():
    first, second = written("{'a': 1, 'b': 2} | checksum"), written("{'b': 2, 'a': 1} | checksum")
    assert first == second != written("{'a': 1, 'b': 3} | checksum")


def test_includes_cannot_leave_the_templates():
    for name in ("../environment.yaml", "/etc/passwd", "t/missing.j2"):
        with pytest.raises(InputError, match="there is no template"):
            Engine({"t/t.j2": f'{{% include "{name}" %}}\n'}).pieces("t/t.j2", {})


def test_a_template_that_includes_itself_ends():
    with pytest.raises(InputError, match="nested too deeply"):
        Engine({"t/t.j2": '{% include "t/t.j2" %}\n'}).pieces("t/t.j2", {})


def test_too_much_output_ends():
    template = f"{{% for x in range({MAX_RANGE}) %}}\n{{% for y in range({MAX_RANGE}) %}}\n- {'x' * 100}\n"
    with pytest.raises(InputError, match=f"more than {MAX_OUTPUT}"):
        Engine({"t/t.j2": template + "{% endfor %}\n{% endfor %}\n"}).pieces("t/t.j2", {})


def test_too_many_values_end():
    text = (
        "{% for number in range(9999) %}\n{% for other in range(9999) %}\n- {{ other }}\n{% endfor %}\n{% endfor %}\n"
    )
    with pytest.raises(InputError, match=f"more than {MAX_OUTPUT} characters or {MAX_PIECES} values"):
        list(Engine({"t/t.yaml.j2": text}).pieces("t/t.yaml.j2", {}))


def test_what_is_missing_is_told_in_the_words_of_yaml():
    with pytest.raises(InputError, match="integer has no 'x'"):
        written("located.x.y", located=located(3))


def test_a_template_that_is_too_large_is_refused():
    with pytest.raises(InputError, match=f"more than {MAX_TEMPLATE}"):
        Engine({"t/t.j2": "#" * MAX_TEMPLATE + "\n"})


def test_a_syntax_error_names_the_included_file():
    with pytest.raises(InputError) as caught:
        Engine({"t/t.j2": '{% include "_lib/x.j2" %}\n', "_lib/x.j2": "a: 1\n{% if %}\n"}).pieces("t/t.j2", {})
    assert caught.value.where == Location("templates/_lib/x.j2", 2, None, "{% if %}")


def test_conditions():
    engine, where = Engine({}), Location("templates/t/template.yaml", 3)
    context = {"values": {"callers": ["a"], "none": None}}
    assert engine.holds("values.callers | length > 0", context, lambda: where)
    assert not engine.holds("values.none", context, lambda: where)
    for broken in ("values.missing", "values.callers |", "values.__class__", "1 / 0"):
        with pytest.raises(InputError) as caught:
            engine.holds(broken, context, lambda: where)
        assert caught.value.where == where
        assert broken in caught.value.what


NESTED = {
    "loops": "".join(f"{{% for a{number} in [1] %}}\n" for number in range(25)) + "a: 1\n" + "{% endfor %}\n" * 25,
    "conditions": "{% if true %}\n" * 110 + "a: 1\n" + "{% endif %}\n" * 110,
    "brackets": "b: 1\na: {{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}\n",
    "filters": "b: 1\na: {{ 1" + "|int" * 2_000 + " }}\n",
    "sums": "b: 1\na: {{ " + "1+" * 4_000 + "1 }}\n",
}


LINES = {"loops": 25, "conditions": 110, "brackets": 2, "filters": 2, "sums": 2}


@pytest.mark.parametrize(("case", "line"), LINES.items())
def test_what_is_nested_too_deeply_is_told_at_its_line(case, line):
    with pytest.raises(InputError, match="nested too deeply") as caught:
        Engine({"t/t.yaml.j2": NESTED[case]}).pieces("t/t.yaml.j2", {})
    assert caught.value.where and (caught.value.where.path, caught.value.where.line) == ("templates/t/t.yaml.j2", line)
