"""CEL: we and the API server say the same of what each rule means, and of what it costs, to the last digit.

The API server tells a cost only as a factor of the budget, and only of what is over it. So what a rule is about is put
into maps whose limits bring its cost just below and just above the budget: a difference of one is a difference there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from generator.checks.expressions import expressions
from generator.checks.structure import not_structural
from generator.custom.budget import RULE, SCHEMA, Priced, factor, priced
from generator.custom.cel_types import mistake
from generator.custom.rules import Understood, read
from tests.real.cel_rules import EITHER, TEXT, Made, Schema
from tests.real.definitions import DEFINITIONS, definition
from tests.testbed.api_server import ApiServer

GROUP = "costs.example.com"
VERSION = "1.36"
SEEDS = range(150)
AT_ONCE = 20
TOO_MUCH = re.compile(r"estimated (?:rule|messageExpression) cost exceeds budget by factor of (.*?) \(")
TOGETHER = re.compile(r"estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of (.*?) \(")
CONTRIBUTED = "contributed to estimated rule cost total"
ONLY_THERE = re.compile(r"instantiation failed|if oldSelf is not used")
"""What goes wrong where an expression is computed beforehand, and what is said of every rule that means nothing."""

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
TEXTS = {"type": "array", "items": TEXT}
NAMED = {"type": "object", "properties": {"name": TEXT, "labels": {"type": "object", "additionalProperties": TEXT}}}
USER = {"type": "object", "properties": {"username": TEXT, "groups": TEXTS}}
ANY: Schema = {EITHER: True}
REQUEST = {"type": "object", "properties": {"name": TEXT, "namespace": TEXT, "userInfo": USER, "options": ANY}}
CONDITION = {"type": "object", "properties": {"type": TEXT, "reason": TEXT}}
STATUS = {"type": "object", "properties": {"conditions": {"type": "array", "items": CONDITION}}}
NAMESPACE = {"type": "object", "properties": {"metadata": NAMED, "status": STATUS}}

Told = dict[str, str]
"""What is wrong with a schema, by where it stands in it."""


def test_we_agree_with_the_api_server_about_what_rules_cost(kubernetes: ApiServer) -> None:
    schemas = [schema for seed in SEEDS for schema in _around_the_budget(Made(seed).schema())]
    differ, over, exact = [], 0, 0
    for root in _together(schemas):
        said, ours = _factors(_theirs(kubernetes, root)), _costs(root)
        over += len(ours)
        exact += sum(not told.startswith("more") for told in ours.values())
        places = [place for place in said | ours if said.get(place) != ours.get(place)]
        differ += [(place, said.get(place), ours.get(place)) for place in places]
    assert differ == []
    assert over > 1000 and exact > 300


def test_we_agree_with_the_api_server_about_what_rules_mean(kubernetes: ApiServer) -> None:
    missed, false_alarms, agreed = [], [], 0
    for root in _together([Made(seed, slips=0.06).schema() for seed in SEEDS]):
        said, ours = _theirs(kubernetes, root), _ours(root)
        said.pop("", None)  # what is wrong with a rule hides what it costs
        unheard = {place for place in ours if place.removesuffix("messageExpression") + "rule" in said}
        ours = {place: message for place, message in ours.items() if place in said or place not in unheard}
        agreed += len(said.keys() & ours.keys())
        false_alarms += [(place, ours[place]) for place in ours.keys() - said.keys()]
        missed += [(place, said[place]) for place in said.keys() - ours.keys() if not ONLY_THERE.search(said[place])]
    assert (false_alarms, missed) == ([], [])
    assert agreed > 300


def test_we_agree_with_the_api_server_about_what_conditions_of_policies_mean(kubernetes: ApiServer) -> None:
    scope: dict[str, Schema] = {"request": REQUEST, "namespaceObject": NAMESPACE, "object": ANY, "params": ANY}
    missed, false_alarms, agreed = [], [], 0
    for seed in SEEDS:
        made = Made(seed, slips=0.04)
        conditions = [made.condition(scope) for _ in range(AT_ONCE)]
        policy = _policy(conditions)
        ours = {_path(one.pointer): mistake(one.text, one.known, one.wanted) for one in expressions(policy)}
        said = dict(_causes(kubernetes, POLICIES, policy))
        for at, condition in enumerate(conditions):
            place = f"spec.validations[{at}].expression"
            told, found = said.get(place, ""), ours[f".{place}"]
            agreed += bool(told and found)
            false_alarms += [(condition, found)] if found and not told else []
            missed += [(condition, told)] if told and not found and not ONLY_THERE.search(told) else []
    assert (false_alarms, missed) == ([], [])
    assert agreed > 300


def _policy(conditions: Sequence[str]) -> dict[str, Any]:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "conditions"},
        "spec": {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": condition} for condition in conditions],
        },
    }


def _together(schemas: Sequence[Schema]) -> Iterator[Schema]:
    for start in range(0, len(schemas), AT_ONCE):
        fields = {f"s{at}": one for at, one in enumerate(schemas[start : start + AT_ONCE])}
        yield {"type": "object", "properties": fields}


def _around_the_budget(schema: Schema) -> Iterator[Schema]:
    """A schema, and maps of it, as large as to bring each of its rules just below and just above the budget."""
    yield schema
    for one in _priced(schema):
        if one.expression.pointer[-1] == "rule" and 0 < one.cost <= RULE:
            most = RULE // one.cost
            for length in (most, most + 1):  # not lists, for their items have no oldSelf
                yield {"type": "object", "maxProperties": length, "additionalProperties": schema}


def _priced(schema: Schema) -> list[Priced]:
    return [priced(one) for one in read(schema) if isinstance(one, Understood)]


def _costs(root: Schema) -> Told:
    found = _priced(root)
    over = {_path(one.expression.pointer): factor(one.cost, RULE) for one in found if one.cost > RULE}
    together = sum(one.cost for one in found)
    return {**over, **({"": factor(together, SCHEMA)} if together > SCHEMA else {})}


def _ours(root: Schema) -> Told:
    return {_path(pointer): message for pointer, message in not_structural(VERSION, root) if pointer}


def _path(pointer: Sequence[Any]) -> str:
    """As the API server writes it."""
    found = ""
    steps = iter(pointer)
    for step in steps:
        found += f"[{step}]" if isinstance(step, int) else f".{step}"
        found += f"[{next(steps)}]" if step == "properties" else ""
    return found


def _factors(said: Mapping[str, str]) -> Told:
    found = {place: TOO_MUCH.search(message) or TOGETHER.search(message) for place, message in said.items()}
    return {place: told[1] if told else said[place] for place, told in found.items()}


def _theirs(kubernetes: ApiServer, root: Schema) -> Told:
    told = [
        (place.partition("openAPIV3Schema")[2], message)
        for place, message in _causes(kubernetes, DEFINITIONS, definition(GROUP, root))
    ]
    return {place: message for place, message in reversed(told) if CONTRIBUTED not in message}


def _causes(kubernetes: ApiServer, path: str, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    answer = kubernetes.call("POST", f"{path}?dryRun=All", json.dumps(value))
    causes = answer.body.get("details", {}).get("causes", ()) if answer.status != HTTPStatus.CREATED else ()
    return [(cause["field"], cause["message"]) for cause in causes]
