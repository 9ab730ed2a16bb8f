"""What rules of a schema mean, and what they cannot mean."""

import pytest

from generator.custom.rules import Mistaken, Understood, read

TEXT = {"type": "string"}
LIST = {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}}
FIELDS = {"text": TEXT, "list": LIST, "free": {"x-kubernetes-preserve-unknown-fields": True}}


def rules(*texts, **beside):
    return {"x-kubernetes-validations": [{"rule": text, **beside} for text in texts]}


def mistakes(schema):
    return [(".".join(map(str, one.pointer)), one.message) for one in read(schema) if isinstance(one, Mistaken)]


def test_rules_of_the_root_know_what_every_object_has():
    texts = (
        "self.kind == 'A' && self.apiVersion != ''",
        "self.metadata.name.size() < 9",
        "self.metadata.labels.size() < 9",
    )
    place = "x-kubernetes-validations.2.rule"
    assert mistakes({"type": "object", **rules(*texts)}) == [
        (place, "self.metadata.labels: there is no field labels"),
    ]


def test_embedded_objects_have_it_too():
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, **rules("self.metadata.name != ''")}
    assert mistakes({"type": "object", "properties": {"a": embedded}}) == []


def test_words_of_cels_own_name_fields_as_they_are_too():
    fields = {"properties": {"namespace": TEXT, "a-b": TEXT}}
    assert mistakes({"type": "object", **fields, **rules("has(self.namespace) && self.__namespace__ == ''")}) == []
    told = [message for _, message in mistakes({"type": "object", **fields, **rules("has(self.if)")})]
    assert told == ["self.if: there is no field if"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("self.list.all(x, x.name == '')", ""),
        ("self.list.all(x, x.names == '')", "x.names: there is no field names"),
        ("self.list.all(x, x == '')", "== cannot be applied to (object, string)"),
        ("self.?text.orValue(1) == 'x'", "orValue cannot be applied to (optional_type(string), int)"),
        ("size(self) > 1", "size cannot be applied to (object)"),
        ("self == {'text': 'a'}", "== cannot be applied to (object, map(string, string))"),
        ("self.free.a", "self.free: there is no field free"),
        ("self.text", "it has to be of the type bool, and is string"),
        ("self.text {", "it is no CEL: mismatched input '<EOF>'"),
        ("self.text == Text{a: 1}", ""),
        (" ", ""),
    ],
)
def test_what_a_rule_cannot_mean_is_told(text, message):
    assert [told for _, told in mistakes({"type": "object", "properties": FIELDS, **rules(text)})] == [message][
        : bool(message)
    ]


@pytest.mark.parametrize(
    ("text", "beside", "message"),
    [
        ("self.text == oldSelf.text", {}, ""),
        (
            "self.text == oldSelf.text",
            {"optionalOldSelf": True},
            "== cannot be applied to (string, optional_type(string))",
        ),
        ("oldSelf.hasValue()", {"optionalOldSelf": True}, ""),
        ("true", {"messageExpression": "self.text"}, ""),
        ("true", {"messageExpression": "self.list"}, "it has to be of the type string, and is list(object)"),
    ],
)
def test_what_was_before_may_be_nothing_and_messages_are_texts(text, beside, message):
    found = mistakes({"type": "object", "properties": FIELDS, **rules(text, **beside)})
    assert "".join(told for _, told in found) == message


def test_rules_about_what_nothing_is_said_of_are_refused():
    lists = {"type": "array", "items": FIELDS["free"], **rules("true")}
    (found,) = mistakes({"type": "object", "properties": {"a": lists, "b": LIST}})
    assert found[0] == "properties.a.x-kubernetes-validations"


def test_a_value_may_be_there_as_often_as_the_limits_around_it_allow():
    text = {**TEXT, **rules("self == ''")}
    limited = {"type": "array", "maxItems": 5, "items": {"type": "object", "additionalProperties": text}}
    schema = {"type": "object", "properties": {"a": limited, "b": {**limited, "items": text}, "c": text}}
    found = [one for one in read(schema) if isinstance(one, Understood)]
    request = 3 * 2**20
    assert [one.subject.often for one in found] == [request // 3, 5, 1]
    assert [one.subject.around for one in found] == [(("properties", "a", "items"),), (), ()]
