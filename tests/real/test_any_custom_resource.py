"""Random definitions, and random objects of what they define: we and the API server say the same of each."""

import json
from http import HTTPStatus
from random import Random
from typing import Any

import pytest

from generator.custom.crds import defined
from tests.real.cases import Case
from tests.real.conftest import ORACLE_VERSION
from tests.real.definitions import DEFINITIONS, fields_of, wait_for
from tests.real.schemas import schema, value
from tests.real.verdicts import Says, our_environment, ours
from tests.testbed.api_server import ApiServer

DRY = "dryRun=All&fieldValidation=Strict"
PLACE = our_environment(ORACLE_VERSION)
FIELDS = 60
OBJECTS = 15
"""For each field."""


def takes(kubernetes: ApiServer, path: str, thing: dict[str, Any]) -> str:
    """Nothing where the API server takes an object both created and applied, else its words."""
    text = json.dumps(thing)
    created = kubernetes.call("POST", f"{path}?{DRY}", text)
    if created.status != HTTPStatus.CREATED:
        return created.message or "refused"
    apply = f"{path}/{thing['metadata']['name']}?fieldManager=test&force=true&{DRY}"
    applied = kubernetes.call("PATCH", apply, text, "application/apply-patch+yaml")
    return "" if applied.status == HTTPStatus.CREATED else applied.message or "refused"


@pytest.mark.parametrize("seed", range(4))
def test_we_agree_about_definitions_and_their_objects(kubernetes: ApiServer, seed: int) -> None:
    random, group = Random(seed), f"seed{seed}.example.com"
    differ: list[tuple[Any, ...]] = []
    fields = {}
    for number in range(FIELDS):
        node = schema(random)
        one = fields_of(group, {"field": node})
        said = takes(kubernetes, DEFINITIONS, one)
        mine = ours(Case("CustomResourceDefinition", "random", "", json.dumps(one)), PLACE)
        if bool(said) is not (mine.says is Says.REFUSES):
            differ.append((node, said or mine.why))
        if not said:
            fields[f"field{number}"] = node
    whole = fields_of(group, fields)
    assert kubernetes.call("POST", DEFINITIONS, json.dumps(whole)).status == HTTPStatus.CREATED
    path = f"/apis/{group}/v1/namespaces/default/things"
    wait_for(kubernetes, path)
    (kind,) = defined(whole, "crd.yaml")
    taken = 0
    for name, node in fields.items():
        for _ in range(OBJECTS):
            thing = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "a"}, name: value(random, node)}
            said = takes(kubernetes, path, thing)
            taken += not said
            if bool(said) is not bool(found := kind.validate(ORACLE_VERSION, thing)):
                differ.append((node, thing[name], said or [error.message for error in found]))
    kubernetes.call("DELETE", f"{DEFINITIONS}/things.{group}")
    assert differ == []
    assert len(fields) > FIELDS / 2 and taken > len(fields) * OBJECTS / 4
