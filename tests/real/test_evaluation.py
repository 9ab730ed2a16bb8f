"""CEL rules, evaluated: we and the API server say the same of every rule about every object, and with the same words.

Each rule has a message of its own, so the API server tells of each whether it is broken, or comes to no value.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from random import Random
from typing import Any

import pytest

from generator.custom.crds import CustomKind, defined
from tests.real.cel_rules import Made
from tests.real.conftest import ORACLE_VERSION
from tests.real.definitions import DEFINITIONS, fields_of, wait_for
from tests.real.evaluated_rules import MESSAGES, RULES
from tests.real.evaluated_values import SPEC, value
from tests.real.test_any_custom_resource import DRY
from tests.testbed.api_server import ApiServer

OBJECTS = 60
RANDOM_RULES = 80
ASKED_AGAIN = 6
"""How often the API server is asked once more where it differs from us: it goes through maps in any order."""
_EVALUATING = re.compile(r"(?:evaluating rule|signature for rule): (rule \d+)$", re.DOTALL)
Outcome = dict[str, str]
"""Whether rules are broken or come to no value, by their messages."""


def _rules(seed: int) -> list[dict[str, Any]]:
    if seed == 0:
        texts = [one.strip() for one in RULES]
    else:
        made = Made(seed)
        texts = [text for _ in range(RANDOM_RULES) if ".find" not in (text := made.condition({"self": SPEC}))]
    return [{"rule": text, "message": f"rule {number}"} for number, text in enumerate(dict.fromkeys(texts))]


@pytest.mark.parametrize("seed", range(8))
def test_we_evaluate_rules_as_the_api_server_does(kubernetes: ApiServer, seed: int) -> None:
    group, random = f"evaluated{seed}.example.com", Random(seed)
    whole = _installed(kubernetes, group, _rules(seed))
    rules = _told(whole)
    assert len(rules) > RANDOM_RULES / 3
    (kind,) = defined(whole, "crd.yaml")
    skipped, differ, broken = kind.unknown_rules(), [], Counter[str]()
    for _ in range(OBJECTS):
        thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": value(random, SPEC)}
        ours = _ours(kind, thing, rules)
        theirs = _theirs(kubernetes, group, thing)
        broken.update(theirs.values())
        applied = dict(_outcomes(_said(kubernetes, group, thing, is_applied=True)))
        wrong = {name for said in (theirs, applied) for name, _ in ours.items() ^ said.items()}
        for _ in range(ASKED_AGAIN if wrong else 0):
            again = _theirs(kubernetes, group, thing)
            wrong = {message for message in wrong if ours.get(message) != again.get(message)}
        for message in wrong:
            rule = next((one["rule"] for one in rules if one["message"] == message), message)
            differ.append((rule, thing["spec"], ours.get(message), theirs.get(message)))
    kubernetes.call("DELETE", f"{DEFINITIONS}/things.{group}")
    print(f"{seed}: {len(rules)} rules, {skipped} not evaluated, {len(rules) * OBJECTS} pairs, {dict(broken)}")
    assert differ == []
    assert broken["broken"] > OBJECTS and broken["no value"] > OBJECTS


def test_we_say_what_the_api_server_says(kubernetes: ApiServer) -> None:
    group, random = "words.example.com", Random(0)
    rules = [{"rule": "self.n == 12345", "messageExpression": one.strip()} for one in MESSAGES]
    rules = [{**one, "fieldPath": ".t"} if number % 5 == 0 else one for number, one in enumerate(rules)]
    whole = _installed(kubernetes, group, rules)
    (kind,) = defined(whole, "crd.yaml")
    differ = []
    for _ in range(OBJECTS):
        spec = {**value(random, SPEC), "n": 1}
        thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
        ours = sorted(
            error.message.replace("breaks the rule", "failed rule:") for error in kind.validate(ORACLE_VERSION, thing)
        )
        theirs = sorted(" ".join(one.split()) for one in _said(kubernetes, group, thing))
        if ours != theirs:
            differ.append((spec, sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))))
    kubernetes.call("DELETE", f"{DEFINITIONS}/things.{group}")
    assert differ == []


def _installed(kubernetes: ApiServer, group: str, rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A definition with those rules that the API server takes."""
    while True:
        whole = fields_of(group, {"spec": {**SPEC, "x-kubernetes-validations": rules}})
        answer = kubernetes.call("POST", f"{DEFINITIONS}", json.dumps(whole))
        if answer.status == HTTPStatus.CREATED:
            break
        places = {cause["field"]: cause["message"] for cause in answer.body["details"]["causes"]}
        wrong = {int(found[1]) for place in places if (found := re.search(r"validations\[(\d+)\]", place))}
        assert wrong, answer.body
        rules = [rule for number, rule in enumerate(rules) if number not in wrong]
    wait_for(kubernetes, f"/apis/{group}/v1/namespaces/default/things")
    return whole


def _told(whole: dict[str, Any]) -> list[dict[str, Any]]:
    root = whole["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return list(root["properties"]["spec"]["x-kubernetes-validations"])


def _theirs(kubernetes: ApiServer, group: str, thing: dict[str, Any]) -> Outcome:
    return dict(_outcomes(_said(kubernetes, group, thing)))


def _said(kubernetes: ApiServer, group: str, thing: dict[str, Any], *, is_applied: bool = False) -> list[str]:
    path, text = f"/apis/{group}/v1/namespaces/default/things", json.dumps(thing)
    if is_applied:
        path = f"{path}/a?fieldManager=test&force=true&{DRY}"
        answer = kubernetes.call("PATCH", path, text, "application/apply-patch+yaml")
    else:
        answer = kubernetes.call("POST", f"{path}?{DRY}", text)
    causes = answer.body.get("details", {}).get("causes", ()) if answer.status != HTTPStatus.CREATED else ()
    return [re.sub(r'^Invalid value: ("object": )?', "", cause["message"]) for cause in causes]


def _outcomes(messages: Sequence[str]) -> Iterator[tuple[str, str]]:
    for message in messages:
        found = _EVALUATING.search(message)
        yield (found[1], "no value") if found else (message, "broken")


def _ours(kind: CustomKind, thing: dict[str, Any], rules: Sequence[dict[str, Any]]) -> Outcome:
    names = {" ".join(rule["rule"].split()): rule["message"] for rule in rules}
    found: Outcome = {}
    for error in kind.validate(ORACLE_VERSION, thing):
        failed = re.match(r"the rule (.*?) fails: ", error.message)
        found[names[failed[1]] if failed else error.message] = "no value" if failed else "broken"
    return found
