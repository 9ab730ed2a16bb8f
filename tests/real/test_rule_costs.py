"""What CEL rules may cost: we and the API server say the same of each rule, to the last digit of its factor.

The API server tells a cost only as a factor of the budget, and only of what is over it. So what a rule is about is put
into maps whose limits bring its cost just below and just above the budget: a difference of one is a difference there.
"""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from generator.custom.budget import RULE, SCHEMA, factor, priced
from tests.real.cel_rules import Made, Schema
from tests.testbed.api_server import ApiServer

GROUP = "costs.example.com"
SEEDS = range(150)
AT_ONCE = 20
_TOO_MUCH = re.compile(r"estimated (?:rule|messageExpression) cost exceeds budget by factor of (.*?) \(")
_TOGETHER = re.compile(r"estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of (.*?) \(")

Factors = dict[str, str]
"""What is over its budget, by where it stands in the schema, and by which factor."""


def test_we_agree_with_the_api_server_about_what_rules_cost(kubernetes: ApiServer) -> None:
    schemas = [schema for seed in SEEDS for schema in _around_the_budget(Made(seed).schema())]
    differ, over, exact = [], 0, 0
    for start in range(0, len(schemas), AT_ONCE):
        root = {"type": "object", "properties": {f"s{at}": one for at, one in enumerate(schemas[start:][:AT_ONCE])}}
        said, ours = _theirs(kubernetes, root), _ours(root)
        over += len(ours)
        exact += sum(not told.startswith("more") for told in ours.values())
        differ += [
            (path, said.get(path), ours.get(path), root)
            for path in {**said, **ours}
            if said.get(path) != ours.get(path)
        ]
    assert differ == []
    assert over > 1000 and exact > 300


def _around_the_budget(schema: Schema) -> Iterator[Schema]:
    """A schema, and maps of it, as large as to bring each of its rules just below and just above the budget."""
    yield schema
    for one in priced(schema):
        if one.pointer[-1] == "rule" and 0 < one.cost <= RULE:
            most = RULE // one.cost
            for length in (most, most + 1):  # not lists, for their items have no oldSelf
                yield {"type": "object", "maxProperties": length, "additionalProperties": schema}


def _ours(root: Schema) -> Factors:
    found = list(priced(root))
    over = {_path(one.pointer): factor(one.cost, RULE) for one in found if one.cost > RULE}
    together = sum(one.cost for one in found)
    return {**over, **({"": factor(together, SCHEMA)} if together > SCHEMA else {})}


def _path(pointer: tuple[Any, ...]) -> str:
    """As the API server writes it."""
    found = ""
    steps = iter(pointer)
    for step in steps:
        found += f"[{step}]" if isinstance(step, int) else f".{step}"
        found += f"[{next(steps)}]" if step == "properties" else ""
    return found


def _theirs(kubernetes: ApiServer, root: Schema) -> Factors:
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"things.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": "Thing", "listKind": "ThingList", "plural": "things", "singular": "thing"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": root}}],
        },
    }
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All"
    answer = kubernetes.call("POST", path, json.dumps(definition))
    found: Factors = {}
    for cause in answer.body.get("details", {}).get("causes", ()) if answer.status != HTTPStatus.CREATED else ():
        place = cause["field"].partition("openAPIV3Schema")[2]
        told = _TOO_MUCH.search(cause["message"]) or _TOGETHER.search(cause["message"])
        if told is not None:
            found[place] = told[1]
        else:
            assert "contributed to estimated rule cost total" in cause["message"], cause
    return found
