"""What is written again without running a template is what a run writes, whatever it asks of its values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.rendering import replay
from generator.rendering.nodes import literal
from tests.generator.rendering.replaying import CHOICES, CONTEXTS, EVERY, TEXTS, Asked, context, held


@pytest.mark.parametrize("start", range(len(CHOICES)))
def test_expressions_are_replayed_as_they_run(start):
    for expression in EVERY[start :: len(CHOICES)]:
        held(Asked(CHOICES[start].format(expression)), CONTEXTS)


@given(
    st.lists(st.tuples(st.sampled_from(CHOICES), st.sampled_from(EVERY)), min_size=1, max_size=4),
    st.lists(
        st.builds(
            context,
            st.sampled_from(["web", "api", "b"]),
            st.sampled_from(TEXTS),
            st.sampled_from(TEXTS),
            st.integers(1, 3),
            st.lists(st.sampled_from(TEXTS), min_size=2, max_size=2),
        ),
        min_size=4,
        max_size=8,
    ),
    st.none() | st.sampled_from(EVERY),
)
def test_random_templates_are_replayed_as_they_run(parts, contexts, when):
    held(Asked("\n".join(choice.format(expression) for choice, expression in parts), when), contexts)


@pytest.mark.parametrize(
    "expression",
    [
        "v.a",
        "v.a ~ '-' ~ v.n",
        "v.m|checksum",
        "{'k': v.a}|merge(v.m)",
        "{1: v.a}",
        "v.n|string",
        "v.m.get('a', 'x')",
        "v.a|default('x')",
    ],
)
def test_what_only_passes_values_on_is_replayed_for_everybody(expression):
    assert looked_at(expression) == [()]


@pytest.mark.parametrize(
    ("expression", "leaves"), [("v.a == 'a'", 1), ("v.a|upper", 1), ("v.a in v.l", 2), ("images[service]", 1)]
)
def test_what_looks_at_values_is_replayed_for_the_same_ones(expression, leaves):
    ((*looked,),) = looked_at(expression)
    assert len(looked) >= leaves


@pytest.mark.parametrize("expression", ["names.say(v.a)", "images.get(service)", "v.a ~ names"])
def test_what_looks_without_being_seen_is_never_replayed(expression):
    assert looked_at(expression) == []


@pytest.mark.parametrize("expression", ["v.a ~ v.b", "v.l", "v.m", "{'k': v.a, 'l': v.n}", "[v.m]|checksum", "v"])
def test_a_hole_is_remembered_by_all_that_it_is_made_of(expression):
    contexts = [context("web", a, b, n, [a, b]) for a in "xy" for b in "xy" for n in (1, 2)]
    held(Asked(f"k: {{{{ {expression} }}}}"), contexts)


@pytest.mark.parametrize("place", ["k: {{{{ {} }}}}", "- {{{{ {} }}}}", "k:\n  - l: {{{{ {} }}}}\nm: 1"])
@pytest.mark.parametrize(
    "expression",
    [
        "v.m",
        "v.l",
        "{'k': v.a, 'l': [v.n, {'m': v.b ~ v.n}, 'l1\\nl2', 1.0, none, true]}",
        "{'k': v.a, 'l': {1: v.n, 'on': {}, 'blank.0.blank': []}}",
        "[[v.a, ['blank.1.blank']], v.n|string, {'k': 'x\\n', 'l': v.m|checksum}]",
        "{'k': range(2), 'l': v.a}",
    ],
)
def test_maps_and_lists_are_written_again_as_they_are_written(place, expression):
    """Whatever scalars they are then, also such as take lines of their own or quotes, or cannot be written at all."""
    texts = ["x", "on", "1", "a: b # c", "l1\nl2\n", "\n", "\ud800", "\ue0000\ue000", "blank.0.blank"]
    contexts = [context("web", a, "b", n, [a, "c"]) for a in texts for n in (1, -(2**52))]
    held(Asked(place.format(expression)), contexts)


def test_each_replay_may_take_as_many_steps_as_a_run():
    replayed = held(Asked("k: {{ v.m|checksum }}"), [CONTEXTS[0]] * 4)
    (shape,) = replayed._shapes.values()
    for course in shape.courses[()].values():
        course.steps.left = 0
    assert list(replayed.runs(CONTEXTS[0]))


def test_what_cannot_be_written_is_told_as_a_run_tells_it():
    held(Asked("k: {{ v.a }}"), [CONTEXTS[0]] * 4 + [context("web", "\ud800", "b", 1, ["a", "b"])])


def test_a_run_near_a_limit_is_not_remembered():
    """Other values may need more than it did."""
    most = "{% for x in range(9000) %}\n{% for y in [1, 2, 3] %}\n{% endfor %}\n{% endfor %}\n"
    for text, courses in ((most + "k: {{ v.a }}", 0), (most.replace("9000", "900") + "k: {{ v.a }}", 1)):
        replayed = held(Asked(text), [CONTEXTS[0]] * 4)
        assert len([looked for shape in replayed._shapes.values() for looked in shape.courses]) == courses


def test_what_is_not_written_again_as_it_was_is_not_remembered(monkeypatch):
    monkeypatch.setattr(replay, "_hole", lambda _seen: lambda _leaves: literal("k: other\n", "t/t.j2", 1))
    assert looked_at("v.a") == []


def looked_at(expression):
    replayed = held(Asked(f"k: {{{{ {expression} }}}}"), [CONTEXTS[0]] * 4)
    return [looked for shape in replayed._shapes.values() for looked in shape.courses]


def test_a_course_leads_to_no_other_shape():
    """Values that only differ in what is no leaf have shapes of their own."""
    shapes: list[object] = [
        False,
        True,
        None,
        0,
        1,
        1.0,
        "",
        "a",
        "x" * 300,
        2**60,
        [],
        {},
        [1],
        {"a": 1},
        ["a"],
        [True],
        {"b": 1},
        [[]],
        [{}],
    ]
    keys = [replay._flat({**CONTEXTS[0], "values": {"v": shape}}, {})[0] for shape in shapes]
    assert len(set(keys)) == len(shapes)
    assert (
        replay._flat({**CONTEXTS[0], "values": {"v": 2}}, {})[0]
        == replay._flat({**CONTEXTS[0], "values": {"v": 1}}, {})[0]
    )
